"""The real firmware without a chip.

To be read in this order: `firmware_path` (where the firmware is found), `board` (a board of air),
`reed` (how a contact bounces), `canary` (the seal and the robot phone that prove the way).
"""
