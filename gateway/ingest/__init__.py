"""What comes in from the broker and by Bluetooth: bytes to events, or a counted refusal.

To be read in this order: `authenticate` (whom to believe), `mqtt` (the only file that knows MQTT),
`attention` (how long a report may have waited for us to read it), `twin` (whether another gateway
has our id), `mqtt_probe` (whether the broker answers), `connection_cause` (why it does not, for
people), `broker_limits` (what it does not do for us), `mqtt_sweep` (a retired seal's last session).
The second way: `advert_ids` (whose an advertisement is), `ble` (the only file that knows
Bluetooth). Contacts of other makers: `adapters` (what their messages mean), `contacts` (which of
that may be an event), `contact_broker` (where they come from).
"""
