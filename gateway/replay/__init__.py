"""The journal lived again: replay, the same under other rules, and what was seen of a door."""
