"""The quiet room: `step(door, event, now_ms, rules) -> door, effects`.

No clock, no loop, no disk, no network, no randomness. The same door, event and time give the same
answer on any machine, so a journal can be lived through again.
"""
