"""The board of a seal whose program lies in a slot: a bench's, in the place of the chip's."""

import sys

from bench_board import BenchBoard

FLASH = "/"
RESTARTED, ASLEEP = 10, 42  # what the interpreter ends with


class Board(BenchBoard):
    def __init__(self, wifi, mains):
        super().__init__(FLASH)

    def restart(self):
        sys.exit(RESTARTED)

    def sleep(self, ms):
        sys.exit(ASLEEP)
