"""What an installer does: flash, label, and set up the broker.

To be read in this order: `flash` (from a bare board to an enrolled seal), `firmware_bundle`,
`board_link` and `board_scripts` (what it puts on a board, and how), `flash_screen` (what the
installer sees), `label`, `door_label` (for the door itself); then for the site: `certificates`,
`broker_config`, `broker_record` (what was chosen before), `site_authority` (there is one),
`private_file`. Over the air: `asking` seals for something, and `rotation` for another identity.
"""
