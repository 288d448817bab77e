"""The seal as a thing, from one source each.

What it is made of, plain data that every test can read: `circuit` (parts and nets), `dimensions`
(the case, in millimetres). What is drawn or worked out from them by `make hardware`, with heavy
libraries that no test needs: `schematic` (electrical rules, netlist, bill of materials),
`draw_schematic`, `draw_wiring`, `enclosure` (solids), `solids` (files of them), `pictures`,
`magnets` (fields) and `labels`. `fingerprint` remembers from which sources, so that a test sees
what is stale.
"""
