"""The seal's mind: no pin, no radio and no clock of its own, so a whole seal runs on a bench.

    board ─▶ contact ─▶ node ─▶ seal ─▶ link ─▶ broker
                         │ ▲
                         ▼ │
                        spool

`seal.Seal` ties the parts together; `hardware.Hardware` is what it asks of a board.
"""

FIRMWARE = (2, 0, 0)  # told in notes; raised with each change that goes onto seals
