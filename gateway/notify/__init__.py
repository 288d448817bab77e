"""From a page that is due to the person.

`addressing` (by which channels, as entries of the outbox), then `delivery` (from the outbox to a
channel, until it went out). The channels themselves are in `gateway.channels`.
"""
