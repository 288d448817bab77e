"""The demonstration: a building of twelve sealed doors on one machine, with nothing pretended.

    supervisor ─┬─ broker     (mosquitto, or the NATS server)
                ├─ gateway    (`menshen run`, as anywhere else; may be killed at any time)
                └─ building   (twelve seals, each the real firmware on a board of air)

The supervisor serves the one page, which therefore survives the gateway, and shows the gateway's
own console in it through a proxy.

To be read in this order: `supervisor`; what it starts: `child`, `ports`,
`broker`, `gateway_process`, `building` with `building_client`, `house` (who lives there),
`walk_tests` (its seals are tested first); what it
shows: `app`, `view_model`, `seen`, `power_cut`, `story`, `proxy`, `words`.
"""
