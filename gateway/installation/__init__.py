"""A machine becomes a gateway, and stops being one: what `menshen install` and `uninstall` do.

To be read in this order: `place` (where everything lies, and whose it is), `machine` (what it must
have beforehand), `steps` (one after the other, each done once, each repeatable), `wish` (what is
wanted), then the steps themselves: `site` (user, settings, broker, console, database, first
administrator), `owned_files` (whose they are), `services` (systemd's units, in `units/`), and
`removal`.
"""
