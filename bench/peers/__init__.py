"""Menshen and what one would take in its place, side by side on one machine (`make bench-peers`).

Read in this order: `systems` (who is measured, and how each is set up), `menshen` (we ourselves),
`script` (the twenty lines), `load` (doors that open and close), `rig` (one system at work between a
broker and a webhook), `scenarios` (what is done to it), `figures` (what comes of it), `__main__`.
"""
