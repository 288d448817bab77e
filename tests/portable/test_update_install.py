"""From what was pulled to a slot on trial, on a real littlefs: what is taken, what is refused."""

import json
import os
import unittest

import flash
import golden

import chooser
from sealupdate import install
from sealwire import release

VECTORS = golden.load("releases")
KEY = VECTORS["key"]


def data_of(name):
    return bytes.fromhex(VECTORS["releases"][name])


def put(folder, name, data):
    with open(folder + name, "wb") as file:
        file.write(data)


def pulled(data, key=KEY, board=1, floor=0):
    """The slots of a seal that has pulled `data` and starts to look at it."""
    folder = flash.empty_folder()
    if key:
        put(folder, install.TRUST, json.dumps({"key": key, "board": board}).encode())
    head = b"\x01\x02\x03\x04\x05\x06"
    put(folder, install.PULLED, head + len(data).to_bytes(4, "big") + data)
    slots = chooser.Slots(folder)
    slots.floor = floor
    slots.install(head.hex())
    return slots


def holds(path):
    with open(path, "rb") as file:
        return file.read()


class Taken(unittest.TestCase):
    def test_a_genuine_release_is_on_trial_whole(self):
        data = data_of("seventh")
        slots = pulled(data, floor=6)
        install.run(slots)
        self.assertEqual((slots.current, slots.state, slots.next), ("b", chooser.TRIAL, 7))
        self.assertEqual(holds(slots.folder + "b/app.mpy"), b"program of seven")
        self.assertEqual(holds(slots.folder + "b/sealnode/node.mpy"), b"x" * 700)
        with self.assertRaises(OSError):
            holds(slots.folder + install.PULLED)

    def test_what_was_in_the_slot_is_gone(self):
        slots = pulled(data_of("seventh"))
        os.mkdir(slots.folder + "b")
        os.mkdir(slots.folder + "b/sealnode")
        put(slots.folder, "b/sealnode/old.mpy", b"old")
        install.run(slots)
        self.assertEqual(slots.state, chooser.TRIAL)
        with self.assertRaises(OSError):
            holds(slots.folder + "b/sealnode/old.mpy")


class Refused(unittest.TestCase):
    def refuses(self, reason, data, **seal):
        slots = pulled(data, **seal)
        install.run(slots)
        self.assertEqual((slots.current, slots.state), ("a", chooser.GOOD))
        self.assertEqual(slots.reason, reason)
        again = chooser.Slots(slots.folder)
        self.assertEqual((again.failed, again.reason), (slots.failed, reason))

    def test_what_is_older_or_the_same(self):
        self.refuses(install.OLDER, data_of("seventh"), floor=7)
        self.refuses(install.OLDER, data_of("seventh"), floor=8)

    def test_another_key_s(self):
        self.refuses(install.UNSIGNED, data_of("seventh"), key="00" * 31 + "01")
        self.refuses(install.UNSIGNED, data_of("stranger's"))

    def test_unsigned(self):
        data = data_of("seventh")
        end = release.HEAD_BYTES + release.read_head(data[:6])
        self.refuses(install.UNSIGNED, data[:end] + bytes(64) + data[end + 64 :])

    def test_a_seal_that_was_told_no_key_takes_none(self):
        self.refuses(install.NO_KEY, data_of("seventh"), key=None)

    def test_for_another_chip_board_or_wire(self):
        self.refuses(install.INCOMPATIBLE, data_of("other chip"))
        self.refuses(install.INCOMPATIBLE, data_of("seventh"), board=2)
        self.refuses(install.INCOMPATIBLE, data_of("far wire"))

    def test_cut_short_or_added_to(self):
        data = data_of("seventh")
        for end in range(0, len(data), 97):
            slots = pulled(data[:end])
            install.run(slots)
            self.assertEqual(slots.state, chooser.GOOD)
        self.refuses(install.DAMAGED, data[:-1])
        self.refuses(install.DAMAGED, data + b"\x00")

    def test_one_bit(self):
        data = data_of("seventh")
        for i in range(3, len(data) * 8, len(data) * 8 // 12):
            changed = bytearray(data)
            changed[i // 8] ^= 1 << i % 8
            slots = pulled(bytes(changed))
            install.run(slots)
            self.assertEqual((slots.state, slots.current), (chooser.GOOD, "a"), "bit %d" % i)


class Manifests(unittest.TestCase):
    def test_only_one_spelling_is_a_manifest(self):
        data = data_of("seventh")
        text = data[release.HEAD_BYTES : release.HEAD_BYTES + release.read_head(data[:6])]
        self.assertEqual(release.parse(text).render(), text)
        good = str(text, "utf-8")
        for old, new in VECTORS["misspelt"]:
            self.assertIn(old, good)
            with self.assertRaises(release.WireError):
                release.parse(good.replace(old, new).encode())
        for end in range(0, len(text), 7):
            if text[:end].endswith(b".mpy\n"):
                continue  # one file less is a manifest too, which nobody signed
            with self.assertRaises(release.WireError):
                release.parse(text[:end])
