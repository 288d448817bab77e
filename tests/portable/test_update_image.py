"""MicroPython itself as an update, on a partition that follows the real one's API."""

import json
import sys
import unittest

import flash
import golden
from fake_partition import Chip, partition_on

import chooser
import slot_file
from sealupdate import image, install
from sealwire.update import BLOCK_BYTES

VECTORS = golden.load("releases")
WINDOW = 4 * BLOCK_BYTES


def image_bytes():
    image = bytearray(VECTORS["image_bytes"])
    image[0] = 0xE9
    for i in range(1, len(image)):
        image[i] = (i - 1) * 31 & 255
    return bytes(image)


def data_of(name):
    return bytes.fromhex(VECTORS["images"][name]) + image_bytes()


class Seal:
    """A seal's flash and chip: it pulls, is cut, looks at what came, and starts."""

    def __init__(self, floor=0):
        self.folder = flash.empty_folder()
        self.chip = Chip()
        self.partition = partition_on(self.chip)
        with open(self.folder + install.TRUST, "w") as file:
            json.dump({"key": VECTORS["key"], "board": 1}, file)
        chooser.Slots(self.folder).floor = floor

    def pull(self, data, start=0, end=None):
        """Take `data` in windows from `start` on, as Updates hands it over."""
        path = self.folder + install.PULLED
        if start == 0:
            with open(path, "wb") as file:
                file.write(bytes(10))
        sink = image.Sink(self.folder, path, len(data), self.partition)
        if start:
            sink.reached(0)
        for offset in range(start, end or len(data), WINDOW):
            window = data[offset : offset + WINDOW]
            parts = [window[i : i + BLOCK_BYTES] for i in range(0, len(window), BLOCK_BYTES)]
            sink.take(offset, parts)
        if end is None:
            sink.finish(len(data))

    def start(self):
        """A start with whatever the line says, and a receipt at once."""
        slots = chooser.Slots(self.folder)
        slots.begin(False)
        if slots.state == slot_file.INSTALL:
            self.install(slots)
            self.chip.reset()
        else:
            answered(self, slots)

    def install(self, slots):
        """With a chip's `esp32` in the place of this machine's."""

        class Esp32:
            Partition = self.partition

        known = sys.modules.get("esp32")
        sys.modules["esp32"] = Esp32
        try:
            install.run(slots)
        finally:
            del sys.modules["esp32"]
            if known is not None:
                sys.modules["esp32"] = known

    def look(self):
        """Start to look at it."""
        slots = chooser.Slots(self.folder)
        slots.install("010203040506")
        self.install(slots)
        self.chip.reset()
        return chooser.Slots(self.folder)


class PowerGone(Exception):
    """Before what was to be done next."""


class Supply:
    """Power for so many writes of the line, of the note, and for so many calls of the chip."""

    def __init__(self, seal, left):
        self.seal, self.left = seal, left
        self.kept = slot_file.write, image.note
        slot_file.write, image.note = self.limited(slot_file.write), self.limited(image.note)
        seal.partition.set_boot = self.limited(seal.partition.set_boot)

    def limited(self, real):
        def call(*arguments):
            self.left -= 1
            if self.left < 0:
                raise PowerGone
            real(*arguments)

        return call

    def restore(self):
        slot_file.write, image.note = self.kept
        self.left = 1 << 30


def answered(seal, slots):
    """A receipt, as sealnode.asking takes it."""
    if slots.state == slot_file.IMAGE:
        if image.confirm(seal.folder, seal.partition):
            slots.good()
        else:
            slots.refuse(slots.trying, chooser.CRASHED)


class Images(unittest.TestCase):
    def test_power_cut_at_any_step_and_the_line_never_speaks_of_an_image_that_does_not_run(self):
        cut, ends = 0, []
        while not ends or ends[-1] != "whole":
            seal = Seal()
            with open(seal.folder + image.NOTE, "w") as file:
                file.write("ota_0")  # from an image update before, which was good
            seal.pull(data_of("image"))
            chooser.Slots(seal.folder).install("010203040506")
            supply, end = Supply(seal, cut), "whole"
            try:
                seal.start()
                seal.start()
            except PowerGone:
                end = "cut"
            supply.restore()
            seal.chip.reset()
            for _ in range(3):
                seal.start()
            slots = chooser.Slots(seal.folder)
            self.assertEqual(slots.state, "good")
            is_new = seal.chip.running == "ota_1"
            self.assertEqual(slots.floor, 8 if is_new else 0)
            self.assertTrue(seal.chip.running in seal.chip.valid)
            ends.append(end)
            cut += 1
        self.assertTrue(len(ends) > 5)

    def test_an_image_runs_on_trial_and_stays_after_a_receipt(self):
        seal = Seal()
        seal.pull(data_of("image"))
        slots = seal.look()
        self.assertEqual((slots.state, slots.current, slots.next), ("image", "a", 8))
        self.assertEqual(seal.chip.running, "ota_1")
        self.assertEqual(bytes(seal.chip.places["ota_1"][: len(image_bytes())]), image_bytes())
        self.assertTrue(image.confirm(seal.folder, seal.partition))
        slots.good()
        seal.chip.reset()
        self.assertEqual((seal.chip.running, chooser.Slots(seal.folder).floor), ("ota_1", 8))

    def test_one_that_nobody_calls_valid_is_left_by_the_boot_loader(self):
        seal = Seal()
        seal.pull(data_of("image"))
        seal.look()
        seal.chip.reset()  # it crashed
        self.assertEqual(seal.chip.running, "ota_0")
        self.assertFalse(image.confirm(seal.folder, seal.partition))

    def test_three_starts_without_a_receipt_go_back(self):
        seal = Seal()
        seal.pull(data_of("image"))
        seal.look()
        for _ in range(3):
            slots = chooser.Slots(seal.folder)
            slots.begin(False)
        self.assertEqual((slots.state, slots.current, slots.reason), ("good", "a", "crashed"))

    def test_a_cut_in_the_middle_goes_on_at_a_mark(self):
        data = data_of("image")
        seal = Seal()
        image.MARK_BYTES, kept = 4096, image.MARK_BYTES
        try:
            seal.pull(data, 0, WINDOW * 20)
            sink = image.Sink(seal.folder, seal.folder + install.PULLED, len(data), seal.partition)
            head = sink.reached(0) or sink.reached(len(data))
            self.assertTrue(4096 <= head < WINDOW * 20)
            seal.pull(data, head)
        finally:
            image.MARK_BYTES = kept
        self.assertEqual(seal.look().state, "image")

    def test_what_is_not_its_manifest_s_is_refused(self):
        for place in (9000, 20, 200):
            seal = Seal()
            data = bytearray(data_of("image"))
            data[place] ^= 4
            seal.pull(bytes(data))
            slots = seal.look()
            self.assertEqual((slots.state, seal.chip.running), ("good", "ota_0"))
            self.assertIn(slots.reason, (install.DAMAGED, install.UNSIGNED))

    def test_signed_rubbish_is_refused_by_the_chip(self):
        seal = Seal()
        head = bytes.fromhex(VECTORS["images"]["rubbish"])
        seal.pull(head + bytes(VECTORS["image_bytes"]))
        slots = seal.look()
        self.assertEqual((slots.state, slots.reason), ("good", install.DAMAGED))
        self.assertEqual(seal.chip.running, "ota_0")

    def test_a_board_with_one_place_takes_none(self):
        class OnePlace:
            RUNNING = 1

            def __init__(self, which):
                pass

            def get_next_update(self):
                raise OSError(-261)

        with self.assertRaises(image.NoPlaceError):
            image.place(OnePlace)
        with self.assertRaises(image.NoPlaceError):
            image.place()  # no chip at all
