"""The journal lived again.

To be read in this order: `replay` (the same, byte for byte), `what_if` (under other rules),
`coverage` (what was seen of a door, by the rules of its time).
"""
