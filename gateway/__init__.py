"""Menshen's gateway: from a seal's report to the warden's phone, with everything written first.

To be read in this order: `core` (pure: what every event means), `ingest` (what comes in), `engine`
(write, acknowledge, notify), `store` (what is kept), `notify` and `channels` (how a page leaves),
`web` (what people see and do, in a process of its own over a `link`), `language` (every word that
they read), `registry` and `accounts` (who and what is known), `keys` (with which that is sealed),
`photos` (of reports), `settings`. Then `service`, which runs all of it, and `cli`, which starts it;
`replay` and `feeds` (what is made of the journal), `charts` (the engineers' dashboards, drawn),
`provisioning` (seals and brokers), `installation` (a machine becomes a gateway), `updates` (of the
seals' own program), `backup` (a copy of the whole site, and back), `ending` (everything goes, on
time), `power` (how long cells last), and `virtual_seal`, `simulate` and `demo` (the world without
hardware).
"""
