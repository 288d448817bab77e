"""main.py itself, with a bench's board in place of the chip's: as after power-on."""

import sys

import file_disk

from bench_board import BenchBoard
from sealnode import waking


class Board(BenchBoard):
    cause = waking.POWERED

    def __init__(self):
        super().__init__("/flash/")

    def boots(self):
        return 1

    def well(self, boots=0):
        print("well", boots)

    def dips(self):
        return 0

    def is_case_open(self):
        return True

    def settle(self, wifi, mains):
        pass

    def release(self):
        print("released")

    def restart(self):
        print("restarted")
        sys.exit(3)


class _BoardModule:
    FLASH = "/flash/"
    Board = Board


def main(disk, settings=None):
    """Run main.py on the flash in `disk`, after putting `settings` there."""
    folder = file_disk.mount(disk)
    if settings is not None:
        with open(folder + "seal.json", "w") as file:
            file.write(settings)
    sys.modules["board"] = _BoardModule
    __import__("main")
