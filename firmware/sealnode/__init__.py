"""The seal's mind: no pin, no radio and no clock of its own, so a whole seal runs on a bench.

    board ─▶ contact ─▶ node ─▶ seal ─▶ link ─▶ broker
                         │ ▲
                         ▼ │
                        spool

`seal.Seal` ties the parts together, and reads in `updates` when there may be one;
`hardware.Hardware` is what it asks of a board.
"""
