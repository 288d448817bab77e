"""The seal's mind: no pin, no radio and no clock of its own, so a whole seal runs on a bench.

    board ─▶ contact ─▶ flutter ─▶ node ─▶ seal ─▶ link ─▶ broker
                                    │ ▲
                                    ▼ │
                                   spool

`seal.Seal` ties the parts together, with `offline` for a link until the network is wanted;
`asking` reads in `updates` now and then; `hardware.Hardware` is what it asks of a board; `waking`
decides for the board, `running` for its days; `safe_mode` is a seal that only beats, `over` one at
whose door no order holds. What a seal says by air goes through `beacon`, for which nobody answers.
"""

FIRMWARE = (2, 1, 0)  # told in notes; raised with each change that goes onto seals
