"""A release that can never be taken: refused once, by its reason, and not pulled again."""

import json
import os
import sys
import unittest

import flash
import golden
from failing_flash import EIO, ENOSPC, SMALL, FailingFlash
from fake_partition import BLOCK_BYTES, BLOCKS, Chip, partition_on
from test_seal_updates import DATA, RELEASE, Gateway, Seal

import chooser
import slot_file
from sealnode import updates
from sealnode.updates import TRUST
from sealupdate import install
from sealwire import update, update_answer

HEAD_BYTES = 300


def asked(gateway):
    """(kind, why the release that it names is refused) of each question."""
    return [(one.kind, update_answer.REASONS[one.reason]) for one in gateway.requests]


class ImageGateway(Gateway):
    """Offers MicroPython itself, of `size` bytes behind a head of `head`."""

    def __init__(self, size, head=HEAD_BYTES):
        data = bytearray(i * 7 & 255 for i in range(head + size))
        length = head - 6 - 64
        data[:6] = b"MENS" + bytes((length >> 8, length & 255))
        Gateway.__init__(self, data=bytes(data))

    def offer(self, epoch, counter):
        return update_answer.seal_offer(
            self.cipher, self.seal_id, epoch, counter, RELEASE, len(self.data), 7, True
        )


class OnChip:
    """`esp32` with these places, as long as the test goes on."""

    def __init__(self, partition):
        self.partition = partition

    def __enter__(self):
        class Esp32:
            Partition = self.partition

        self.known = sys.modules.get("esp32")
        sys.modules["esp32"] = Esp32

    def __exit__(self, *_):
        del sys.modules["esp32"]
        if self.known is not None:
            sys.modules["esp32"] = self.known


class Refused(unittest.TestCase):
    def refuses(self, reason, gateway, seal=None):
        """It says so at once, and is asked no byte of it again, also after a restart."""
        seal = seal or Seal()
        seal.run(gateway)
        self.assertTrue(seal.updates.is_over)
        self.assertEqual(asked(gateway)[-1], (update.ASK, reason))
        line = slot_file.read(seal.folder)
        self.assertEqual((line[1], line[7:9]), (slot_file.GOOD, [RELEASE.hex(), reason]))
        self.assertFalse(updates.PULLED in os.listdir(seal.folder))
        fetched = asked(gateway).count((update.FETCH, ""))
        for _ in range(3):
            seal.start()
            seal.run(gateway)
        self.assertEqual(asked(gateway).count((update.FETCH, "")), fetched)
        return fetched

    def test_a_program_for_which_the_flash_has_no_room(self):
        with FailingFlash() as disk:
            disk.free = updates.ROOM_BYTES + len(DATA) - 1
            self.assertEqual(self.refuses("full", Gateway(), Seal(folder=disk.folder)), 0)
            disk.free += 1
            seal = Seal(folder=disk.folder)
            chooser.Slots(disk.folder).refuse("0a0b0c0d0e0f", "crashed")
            seal.start()
            seal.run(Gateway())
            self.assertTrue(seal.updates.is_whole)

    def offered(self, disk, errno):
        """A seal that has written the offer down, and whose flash takes no block after it."""
        seal, gateway = Seal(folder=disk.folder), Gateway()
        seal.run(gateway, polls=1)
        disk.first, disk.count, disk.errno = disk.acts + 1, 1, errno
        return seal, gateway

    def test_what_fills_the_flash_as_it_comes(self):
        with FailingFlash() as disk:
            seal, gateway = self.offered(disk, ENOSPC)
            self.assertEqual(self.refuses("full", gateway, seal), 1)

    def test_an_image_that_is_larger_than_its_place(self):
        place = BLOCKS * BLOCK_BYTES
        with OnChip(partition_on(Chip())):
            self.assertEqual(self.refuses("full", ImageGateway(place + 1)), 1)
            seal, gateway = Seal(), ImageGateway(place)
            seal.run(gateway)
            self.assertTrue(seal.updates.is_whole)

    def test_an_image_for_a_board_with_one_place(self):
        class OnePlace:
            RUNNING = 1

            def __init__(self, which):
                raise OSError(-261)

        with OnChip(OnePlace):
            self.assertEqual(self.refuses("incompatible", ImageGateway(100)), 0)

    def test_a_flash_that_fails_for_once_is_tried_again(self):
        with FailingFlash() as disk:
            seal, gateway = self.offered(disk, EIO)
            seal.run(gateway)
            self.assertEqual(asked(gateway), [(update.ASK, ""), (update.FETCH, "")])
            seal.start()
            seal.run(gateway)
            self.assertTrue(seal.updates.is_whole)

    def test_who_is_told_a_damaged_key_says_that_it_has_none(self):
        for text in ("", "{", "[]", "7", "null", "{}", '{"board": "x"}', '{"board": 300}'):
            seal, gateway = Seal(), Gateway()
            with open(seal.folder + TRUST, "w") as file:
                file.write(text)
            seal.start()
            seal.run(gateway)
            self.assertEqual(asked(gateway), [(update.ASK, "nokey")], text)
            self.assertTrue(seal.updates.is_over)

    def test_who_is_on_trial_pulls_nothing(self):
        seal, gateway = Seal(), Gateway()
        chooser.Slots(seal.folder).try_other("0a0b0c0d0e0f", 6)
        seal.start()
        seal.run(gateway)
        self.assertEqual(gateway.requests, [])


class Images(unittest.TestCase):
    def test_one_with_a_head_shorter_than_a_block_comes_whole(self):
        for head in (70, 100, update.BLOCK_BYTES - 1, update.BLOCK_BYTES, 200):
            chip, seal, gateway = Chip(), Seal(), ImageGateway(5000, head)
            with OnChip(partition_on(chip)):
                seal.run(gateway)
            self.assertTrue(seal.updates.is_whole, head)
            self.assertEqual(seal.pulled(), gateway.data[:head])
            self.assertEqual(bytes(chip.places["ota_1"][:5000]), gateway.data[head:])


class Full(unittest.TestCase):
    """The last block of the flash is gone when it is looked at."""

    def test_a_slot_that_does_not_fit_is_refused_and_the_board_starts(self):
        seal, gateway = Seal(), Gateway()
        with open(seal.folder + TRUST, "w") as file:
            json.dump({"key": golden.load("releases")["key"], "board": 1}, file)
        seal.start()
        seal.run(gateway)
        slots = chooser.Slots(seal.folder)
        slots.install(RELEASE.hex())
        filled = _fill(seal.folder)
        if filled:  # a real littlefs without a free block
            install.run(slots)
            after = chooser.Slots(seal.folder)
            self.assertEqual((after.state, after.reason), (chooser.GOOD, install.NO_ROOM))
            self.assertFalse(install.PULLED in os.listdir(seal.folder))

    def test_room_is_what_is_free_but_for_the_seal_s_own(self):
        folder = flash.empty_folder()
        before = updates.room(folder)
        if SMALL:
            self.assertTrue(0 < before < flash.BLOCKS * flash.BLOCK_BYTES - updates.ROOM_BYTES)
            with open(folder + "more", "wb") as file:
                file.write(bytes(3 * flash.BLOCK_BYTES))
            self.assertTrue(before - updates.room(folder) >= 3 * flash.BLOCK_BYTES)
        else:
            self.assertTrue(before > 0)


def _fill(folder):
    """Write until the flash takes no more; False on a disk that no test may fill."""
    if not SMALL:
        return False
    for size in (8192, 512):
        number = 0
        try:
            while True:
                with open("%sfill%d.%d" % (folder, size, number), "wb") as file:
                    file.write(b"f" * size)
                number += 1
        except OSError:
            pass
    return True
