"""From a page that is due to the person.

`connecting` wires it. `addressing` (by which channels, as entries of the outbox), then `delivery`
(from the outbox to a channel, until it went out) with its `destination` (one address: what waits,
when it is tried). The channels themselves are in `gateway.channels`.
"""
