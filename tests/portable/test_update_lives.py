"""Many releases over one seal's flash, cut and changed anywhere: what is whole is what was sent."""

import json
import random
import sys
import unittest

import flash
from fake_partition import Chip, partition_on

import chooser
from sealnode.updates import ANSWER_MS, PULLED, TRUST, Updates
from sealupdate import image
from sealwire import ccm, update, update_answer

KEY, SEAL_ID = bytes(range(32)), "00112233445566aa"
ID = bytes.fromhex(SEAL_ID)
HEAD_BYTES, MARK_BYTES = 300, 4096  # small marks, for small images
LIVES, STEPS = 8, 400


class Release:
    """`content` follows a head as long as every release's here."""

    def __init__(self, number, size, is_image):
        self.number, self.is_image = number, is_image
        self.release_id = bytes([number] * 6)
        length = HEAD_BYTES - 6 - 64
        head = b"MENS" + bytes([length >> 8, length & 255])
        self.data = bytearray(HEAD_BYTES + size)  # in one piece: a heap is small
        self.data[:6] = head
        for i in range(6, len(self.data)):
            self.data[i] = (number * 7 + i) & 255


class Gateway:
    """Offers one release at a time, and has blocks of no other. One answer in sixteen is lost."""

    def __init__(self):
        self.cipher, self.answers, self.known = ccm.portable_cipher(KEY), [], {}

    def offer(self, release):
        self.offered = self.known[release.release_id] = release

    def publish(self, _topic, frame, _now_ms):
        epoch, counter, asked = update_answer.open_request(self.cipher, ID, frame)
        one, asks = self.offered, asked.kind == update.ASK
        if asks or asked.release != one.release_id:
            what = one.release_id, len(one.data), one.number, one.is_image
            what = what if asks else (update.NOTHING, 0, 0)
            self._say(update_answer.seal_offer(self.cipher, ID, epoch, counter, *what))
            return True
        for i in range(asked.count):
            at = asked.offset + i * update.BLOCK_BYTES
            assert at < len(one.data), "it asks for what lies behind the end"
            block = bytes(one.data[at : at + update.BLOCK_BYTES])
            self._say(update_answer.seal_block(
                self.cipher, ID, epoch, counter + i, one.release_id, at, block))  # fmt: skip
        return True

    def _say(self, frame):
        if random.getrandbits(4):
            self.answers.append(frame)


class Numbers:
    """In the place of the spool."""

    epoch = stored_epoch = 1
    counter = 0

    def take_counter(self):
        self.counter += 1
        return self.counter

    def save(self):
        self.stored_epoch = self.epoch


class Life:
    """A seal on one flash and one chip, and a gateway that changes its mind."""

    def __init__(self):
        self.gateway, self.numbers = Gateway(), Numbers()
        self.folder, self.chip = flash.empty_folder(), Chip()
        with open(self.folder + TRUST, "w") as file:
            json.dump({"key": "00" * 32, "board": 2}, file)
        self.now_ms, self.number, self.whole = 1000, 0, []
        self.change()
        self.start()

    def change(self):
        """Another release is offered from now on."""
        self.number += 1
        is_image = random.getrandbits(2) > 0
        size = 1 + random.getrandbits(14 if is_image else 11)
        self.gateway.offer(Release(self.number, size, is_image))

    def start(self):
        """After a cut, sleep, or because nothing more was to be had."""
        self.gateway.answers.clear()
        self.updates = Updates(self.folder, SEAL_ID, self.gateway.cipher, self.now_ms)

    def step(self):
        """A question and what comes back of it; then perhaps a power cut or another release."""
        if self.updates.is_whole:
            self.look()
        elif self.updates.is_over or not random.getrandbits(5):
            self.start()
        if not random.getrandbits(6):
            self.change()
        self.updates.poll(self.numbers, self.gateway, self.now_ms)
        while self.gateway.answers and random.getrandbits(7):
            self.updates.hear(self.gateway.answers.pop())
        if self.gateway.answers:
            self.start()
        self.now_ms += ANSWER_MS

    def look(self):
        """What `install` would find is what the gateway sent. It is not taken, for this chip runs
        nothing: the next one goes to the same place."""
        with open(self.folder + PULLED, "rb") as file:
            found = file.read()
        release, data = self.gateway.known[found[:6]], found[10:]
        if release.is_image:
            assert len(data) == HEAD_BYTES, "content in the file"
            data += bytes(self.chip.places["ota_1"][: len(release.data) - HEAD_BYTES])
        assert data == release.data, "release %d is damaged" % release.number
        self.whole.append(release.is_image)
        chooser.Slots(self.folder).refuse(found[:6].hex(), "damaged")
        self.change()
        self.start()


class Lives(unittest.TestCase):
    def test_what_is_whole_is_what_was_sent(self):
        class Esp32:
            pass

        known, mark = sys.modules.get("esp32"), image.MARK_BYTES
        sys.modules["esp32"], image.MARK_BYTES = Esp32, MARK_BYTES
        whole = []
        try:
            for seed in range(LIVES):
                random.seed(seed)
                life = Life()
                Esp32.Partition = partition_on(life.chip)
                try:
                    for _ in range(STEPS):
                        life.step()
                except AssertionError as error:
                    self.fail("seed %d: %s" % (seed, error))
                whole.extend(life.whole)
        finally:
            image.MARK_BYTES = mark
            del sys.modules["esp32"]
            if known is not None:
                sys.modules["esp32"] = known
        self.assertTrue(min(whole.count(True), whole.count(False)) >= LIVES, whole)
