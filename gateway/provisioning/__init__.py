"""What an installer does: flash, label, and set up the broker.

To be read in this order: `site_check` (what must be right before the first byte goes to a board),
`flash` (from a bare board to an enrolled seal), `board_image` and `image_writer` (MicroPython
itself), `firmware_bundle`, `romfs_image` (the same where it is not read), `usb_ports`, `board_link`
and `board_scripts` (what it puts on a board, and how), `joining` (whether that reaches its broker),
`flash_batch` (many boards), `flash_screen` (what the installer sees), `label`, `label_sheet`,
`printer`, `door_label` (for the door itself), `notice_sheet` (for the household); then for the
site: `certificates`, `broker_config`, `broker_record` (what was chosen before), `seal_logins`,
`spare_logins`, `broker_logins` and `broker_reload` (whom the broker lets in), `site_authority`
(there is one). And at a seal's end: `retirement` (it leaves the broker) and `board_wipe`. Over the
air: `asking` seals for something, `rotation` for another identity, and `flash_places` (what a seal
has room for).
"""
