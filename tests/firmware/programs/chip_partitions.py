"""A chip's two places for MicroPython's image, its boot loader, and its `esp32`, over files.

    chip_partitions.start()     as after a reset: the boot loader chooses, and what it chose runs

chip.json holds which place runs, which boots next, which were called valid, and where the power is
to go ("before set_boot", "after set_boot"). An image with DEAD in it comes up and crashes at once:
the interpreter here is the same whichever place runs. The status is 10 for a reset, 9 for no power.
"""

import json
import sys

import ffi

BLOCK_BYTES = 4096
RESET, NO_POWER = 10, 9
STATE, DEAD = "chip.json", b"DEAD"
INVALID = -5379  # ESP_ERR_OTA_VALIDATE_FAILED
_DEAD_AT, _PART, _STATE_BYTES = 64, 256, 1024


files = {}  # opened before the flash takes the root's place, and open while powered


def _read():
    files[STATE].seek(0)
    return json.loads(files[STATE].read(_STATE_BYTES))


def _write(chip):
    """In one write, so that who looks from outside sees the one or the other."""
    text = json.dumps(chip).encode()
    files[STATE].seek(0)
    files[STATE].write(text + b" " * (_STATE_BYTES - len(text)))
    files[STATE].flush()


def _power(when):
    """Gone, if it is to go now; nothing is closed or written any more."""
    chip = _read()
    if chip["cut"] == when:
        chip["cut"] = ""
        _write(chip)
        ffi.open(None).func("v", "_exit", "i")(NO_POWER)


class Partition:
    BOOT, RUNNING = 0, 1

    def __init__(self, which):
        chip = _read()
        self._name = {0: chip["boots"], 1: chip["running"]}.get(which, which)
        self._file = files[self._name]
        self._blocks = self._file.seek(0, 2) // BLOCK_BYTES

    def info(self):
        return 0, 16, 0x10000, self._blocks * BLOCK_BYTES, self._name, False

    def get_next_update(self):
        return Partition("ota_1" if self._name == "ota_0" else "ota_0")

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, data, offset):
        at, there = block * BLOCK_BYTES + offset, bytearray(len(data))
        if at + len(data) > self._blocks * BLOCK_BYTES:
            raise OSError(-260)  # ESP_ERR_INVALID_SIZE
        self._file.seek(at)
        self._file.readinto(there)
        for i in range(len(data)):
            there[i] &= data[i]
        self._file.seek(at)
        self._file.write(there)
        self._file.flush()

    def ioctl(self, operation, argument):
        if operation == 6:
            self._file.seek(argument * BLOCK_BYTES)
            for _ in range(BLOCK_BYTES // _PART):
                self._file.write(b"\xff" * _PART)
            self._file.flush()
            return 0
        return {4: self._blocks, 5: BLOCK_BYTES}.get(operation)

    def set_boot(self):
        _power("before set_boot")
        self._file.seek(0)
        if self._file.read(1) != b"\xe9":
            raise OSError(INVALID)
        chip = _read()
        chip["boots"] = self._name
        chip["valid"] = [name for name in chip["valid"] if name != self._name]
        _write(chip)
        _power("after set_boot")

    @staticmethod
    def mark_app_valid_cancel_rollback():
        chip = _read()
        chip["valid"] = chip["valid"] + [chip["running"]]
        _write(chip)


def start():
    """What nobody called valid runs once; then the other place runs again."""
    for name, path in (("ota_0", "ota_0.bin"), ("ota_1", "ota_1.bin"), (STATE, STATE)):
        files[name] = open(path, "r+b")  # noqa: SIM115
    chip = _read()
    if chip["boots"] == chip["running"] and chip["running"] not in chip["valid"]:
        chip["boots"] = "ota_1" if chip["running"] == "ota_0" else "ota_0"
    chip["running"] = chip["boots"]
    chip["ran"] = chip["ran"] + [chip["running"]]
    _write(chip)
    files[chip["running"]].seek(_DEAD_AT)
    if files[chip["running"]].read(len(DEAD)) == DEAD:
        sys.exit(RESET)
    sys.modules["esp32"] = sys.modules["chip_partitions"]
