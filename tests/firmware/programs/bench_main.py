"""The seal at work (app.py) with a bench's board in place of the chip's: as after power-on."""

import sys

import file_disk

from bench_board import BenchBoard
from sealnode import waking


class Board(BenchBoard):
    cause = waking.POWERED
    starts, is_open = 1, True

    def __init__(self, wifi, mains):
        super().__init__("/flash/")

    def boots(self):
        return self.starts

    def well(self, boots=0):
        print("well", boots)

    def is_case_open(self):
        return self.is_open

    def release(self):
        print("released")

    def restart(self):
        print("restarted")
        sys.exit(3)


class _Interpreter:
    def kbd_intr(self, character):
        print("cable", character)  # the Unix port's own would end the interpreter


class _BoardModule:
    FLASH = "/flash/"
    Board = Board


def main(disk, settings=None, starts=1, is_open=True):
    """Run main.py on the flash in `disk`, after putting `settings` there. So many `starts`, this
    one too, came to nothing; the case is open or not."""
    folder = file_disk.mount(disk)
    if settings is not None:
        with open(folder + "seal.json", "w") as file:
            file.write(settings)
    Board.starts, Board.is_open = starts, is_open
    sys.modules["board"] = _BoardModule
    sys.modules["micropython"] = _Interpreter()
    import app

    app.FLASH = folder
    app.main("good")
