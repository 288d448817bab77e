"""A fleet that lives: households, doors, seals, radio and wardens, around the real rules.

The truth is made first, door by door, from a scenario and a seed. Simulated seals tell of it over a
bad radio, `gateway.core.doors.step` makes of that what it makes, and the two are compared. No rule
is written here a second time."""
