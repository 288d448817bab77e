"""The seal at work (app.py) with a bench's board in place of the chip's: as after power-on."""

import sys

import file_disk

from bench_board import BenchBoard


class Board(BenchBoard):
    def __init__(self, wifi, mains):
        super().__init__("/flash/")

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
    import app

    app.FLASH = folder
    app.main("good")
