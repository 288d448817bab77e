"""The firmware from a ROMFS image, as a chip has it: mapped, not in the heap.

from_rom.main(image)     mounts it at /rom, and modules come from there
"""

import sys

import rom_partition


def main(image):
    rom_partition.mount_at_rom(rom_partition.mapped(image))
    sys.path.insert(0, "/rom")
