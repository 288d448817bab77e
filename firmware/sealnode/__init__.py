"""The seal's mind: no pin, no radio and no clock of its own, so a whole seal runs on a bench.

    board ─▶ contact ─▶ node ─▶ seal ─▶ link ─▶ broker
                         │ ▲
                         ▼ │
                        spool

`seal.Seal` ties the parts together, `asking` reads in `updates` now and then;
`hardware.Hardware` is what it asks of a board.
"""
