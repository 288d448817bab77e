"""An `esp32.Partition` as MicroPython's ESP32 port has it (esp32_partition.c), with two places.

What is written is and-ed into what is there, as flash does, so an erasure that was left out shows.
`set_boot` refuses what does not begin as an image does, with the chip's own error.
"""

BLOCK_BYTES = 4096
BLOCKS = 8
INVALID = -5379  # ESP_ERR_OTA_VALIDATE_FAILED
IMAGE_MAGIC = 0xE9


class Chip:
    """What outlives a reset: the bytes, which place boots, which is on trial."""

    def __init__(self):
        self.places = {
            name: bytearray(b"\x5a" * BLOCKS * BLOCK_BYTES) for name in ("ota_0", "ota_1")
        }
        self.running = self.boots = "ota_0"
        self.valid = {"ota_0"}

    def reset(self):
        """As the boot loader does it: an image that nobody called valid runs once."""
        if self.boots == self.running and self.running not in self.valid:
            self.boots = "ota_1" if self.running == "ota_0" else "ota_0"
        self.running = self.boots


class Partition:
    """One place of `chip`; `partition_on` makes the class for a chip."""

    BOOT, RUNNING = 0, 1
    chip = None

    def __init__(self, which):
        chip = self.chip
        self._name = {0: chip.boots, 1: chip.running}.get(which, which)

    def info(self):
        """(type, subtype, address, size, label, encrypted)"""
        return 0, 16, 0x10000, BLOCKS * BLOCK_BYTES, self._name, False

    def get_next_update(self):
        return type(self)("ota_1" if self._name == "ota_0" else "ota_0")

    def readblocks(self, block, buffer, offset=0):
        start = block * BLOCK_BYTES + offset
        buffer[:] = self.chip.places[self._name][start : start + len(buffer)]

    def writeblocks(self, block, data, offset=None):
        if offset is None:
            self.ioctl(6, block)
            offset = 0
        start = block * BLOCK_BYTES + offset
        there = self.chip.places[self._name]
        if start + len(data) > len(there):
            raise OSError(-260)  # ESP_ERR_INVALID_SIZE
        for i in range(len(data)):
            there[start + i] &= data[i]

    def ioctl(self, operation, argument):
        if operation == 6:
            start = argument * BLOCK_BYTES
            erased = b"\xff" * BLOCK_BYTES
            self.chip.places[self._name][start : start + BLOCK_BYTES] = erased
            return 0
        return {4: BLOCKS, 5: BLOCK_BYTES}.get(operation)

    def set_boot(self):
        if self.chip.places[self._name][0] != IMAGE_MAGIC:
            raise OSError(INVALID)
        self.chip.boots = self._name
        self.chip.valid.discard(self._name)

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        cls.chip.valid.add(cls.chip.running)


def partition_on(chip):
    """The class `esp32.Partition` of this chip."""

    class OfChip(Partition):
        pass

    OfChip.chip = chip
    return OfChip
