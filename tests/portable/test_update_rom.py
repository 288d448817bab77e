"""A slot's copy in the ROM: written, read back, cut off, and too large."""

import os
import unittest

import flash
from fake_partition import Chip, partition_on

import chooser
from sealupdate import rom

OLD = (("app.mpy", b"the program before"), ("sealnode/node.mpy", b"o" * 900))
NEW = (
    ("app.mpy", b"program of seven"),
    ("sealnode/node.mpy", b"n" * 5000),
    ("sealnode/x.mpy", b""),
)
RELEASE = "0123456789ab"
IMAGE_OF_OLD = (  # made by mpremote 1.29: romfs build
    bytes.fromhex("d2cd31873d051c076170702e6d707902127468652070726f6772616d206265666f7265")
    + bytes.fromhex("04871c087365616c6e6f6465058710086e6f64652e6d7079028704")
    + b"o" * 900
)


def fill(folder, files):
    os.mkdir(folder)
    for path, content in files:
        if "/" in path and path.split("/")[0] not in os.listdir(folder):
            os.mkdir(folder + "/" + path.split("/")[0])
        with open(folder + "/" + path, "wb") as file:
            file.write(content)


class PowerGone(Exception):
    """In the middle of it."""


class Seal:
    """A seal whose program lies in the ROM, and whose update is to be laid."""

    def __init__(self):
        self.folder = flash.empty_folder()
        fill(self.folder + "a", OLD)
        fill(self.folder + "b", NEW)
        self.chip = Chip()
        self.rom = partition_on(self.chip)("ota_1")  # a partition like any other
        self.writes = 1 << 30
        real = self.rom.writeblocks

        def writeblocks(block, data, offset=None):
            self.writes -= 1
            if self.writes < 0:
                raise PowerGone
            real(block, data, offset)

        self.rom.writeblocks = writeblocks
        slots = chooser.Slots(self.folder)
        slots.place = chooser.ROM
        slots.try_other(RELEASE, 7)

    def start(self, writes=1 << 30):
        """A start, with power for so many writes to the ROM; the state that it is in then."""
        slots = chooser.Slots(self.folder)
        slots.begin(False)
        self.writes = writes
        if slots.state == chooser.LAY:
            try:
                rom.run(slots, self.rom)
            except PowerGone:
                pass
        return chooser.Slots(self.folder)

    def holds(self, folder):
        image = b"".join([bytes(piece) for piece in rom.pieces(self.folder + folder)])
        return bytes(self.chip.places["ota_1"][: len(image)]) == image


class Roms(unittest.TestCase):
    def test_the_image_is_mpremote_s_byte_for_byte(self):
        seal = Seal()
        made = b"".join([bytes(piece) for piece in rom.pieces(seal.folder + "a")])
        self.assertEqual(made, IMAGE_OF_OLD)

    def test_an_update_is_laid_and_goes_on_trial(self):
        seal = Seal()
        slots = seal.start()
        self.assertEqual((slots.current, slots.state, slots.place), ("b", "trial", "rom"))
        self.assertTrue(seal.holds("b"))

    def test_power_cut_at_any_write_and_what_is_started_is_whole(self):
        n, state = 0, "lay"
        while state == "lay":
            seal = Seal()
            state = seal.start(n).state
            n += 1
            if state == "lay":
                self.assertEqual(chooser.Slots(seal.folder).current, "a")  # from its files
                seal.start()
            self.assertTrue(seal.holds("b"))
            self.assertEqual(chooser.Slots(seal.folder).state, "trial")
        self.assertTrue(n > 15)

    def test_a_rom_that_forgets_is_not_started_from(self):
        seal = Seal()
        real = seal.rom.readblocks

        def readblocks(block, buffer, offset=0):
            real(block, buffer, offset)
            buffer[0] ^= 1

        seal.rom.readblocks = readblocks
        slots = seal.start()
        self.assertEqual((slots.current, slots.state, slots.place), ("b", "trial", "files"))

    def test_what_does_not_fit_runs_from_its_files(self):
        seal = Seal()
        seal.rom.ioctl = lambda operation, argument: int(operation == 4)  # one block
        slots = seal.start()
        self.assertEqual((slots.current, slots.state, slots.place), ("b", "trial", "files"))

    def test_a_board_without_one_has_none(self):
        with self.assertRaises((rom.NoRomError, ImportError)):
            rom.place()
