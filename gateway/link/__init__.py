"""The gateway and its console are two processes; this room is what lies between them.

Begin with `frames`, what they say to each other, and `place`, the socket over which they do. The
gateway's end is `server`, the console's end `client`: a `Gateway` (engine/gateway.py) as the engine
itself is one. `console_process` starts the console and keeps it, and it dies with the gateway by
`parent_death_signal`. `service_manager` is the line to systemd, which starts and watches the
gateway.
"""
