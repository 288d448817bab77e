"""The demonstration: a building of twelve sealed doors on one machine, with nothing pretended.

    supervisor ─┬─ broker     (mosquitto, or the NATS server)
                ├─ gateway    (`menshen run`, as anywhere else; may be killed at any time)
                └─ building   (twelve seals, each the real firmware on a board of air)

The supervisor serves the one page, which therefore survives the gateway, and shows the gateway's
own console in it through a proxy.
"""
