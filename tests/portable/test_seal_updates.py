"""A seal pulls a release: through losses, sleep, power cuts, and answers that are not for it."""

import json
import unittest

import flash
import golden

import chooser
import slot_file
from sealnode.updates import ANSWER_MS, PULLED, TRIES_MAX, TRUST, WINDOW, Updates
from sealwire import ccm, release, update, update_answer

KEY, SEAL_ID = bytes(range(32)), "00112233445566aa"
ID = bytes.fromhex(SEAL_ID)
DATA = bytes.fromhex(golden.load("releases")["releases"]["seventh"])
END = 6 + release.read_head(DATA[:6])
RELEASE = release.identify(DATA[6:END], DATA[END : END + 64])


class FakeSpool:
    """A seal's numbers."""

    def __init__(self):
        self.epoch = self.stored_epoch = 1
        self.counter = 0

    def take_counter(self):
        self.counter += 1
        return self.counter


class Gateway:
    """In the place of link and gateway: answers, and loses every n-th answer."""

    def __init__(self, data=DATA, lose=0):
        self.cipher, self.seal_id = ccm.portable_cipher(KEY), ID
        self.data, self.lose, self.said = data, lose, 0
        self.requests, self.answers = [], []
        self.is_offered = True

    def publish(self, topic, frame, now_ms):
        assert topic == "seals/" + SEAL_ID + "/update"
        epoch, counter, request = update_answer.open_request(self.cipher, ID, frame)
        self.requests.append(request)
        if not self.is_offered:
            self._say(update_answer.seal_offer(
                self.cipher, ID, epoch, counter, update.NOTHING, 0, 0))  # fmt: skip
        elif request.kind == update.ASK:
            self._say(self.offer(epoch, counter))
        else:
            for i in range(request.count):
                at = request.offset + i * update.BLOCK_BYTES
                part = self.data[at : at + update.BLOCK_BYTES]
                self._say(update_answer.seal_block(
                    self.cipher, ID, epoch, counter + i, RELEASE, at, part))  # fmt: skip
        return True

    def offer(self, epoch, counter):
        return update_answer.seal_offer(self.cipher, ID, epoch, counter, RELEASE, len(self.data), 7)

    def _say(self, frame):
        self.said += 1
        if not self.lose or self.said % self.lose:
            self.answers.append(frame)


class Seal:
    """A flash, numbers, and an updater on them."""

    def __init__(self, floor=0, folder=None):
        self.folder = folder or flash.empty_folder()
        with open(self.folder + TRUST, "w") as file:
            json.dump({"key": "00" * 32, "board": 2}, file)
        slots = chooser.Slots(self.folder)
        slots.floor = floor
        if floor:
            slots.next = floor
            slots.good()
        self.spool, self.now_ms = FakeSpool(), 1000
        self.start()

    def start(self):
        self.updates = Updates(self.folder, SEAL_ID, ccm.portable_cipher(KEY), self.now_ms)

    def run(self, gateway, polls=400):
        """Poll until nothing more is to be had; the answers come between, in turned order."""
        for _ in range(polls):
            self.updates.poll(self.spool, gateway, self.now_ms)
            answers, gateway.answers = gateway.answers, []
            for frame in reversed(answers):
                self.updates.hear(frame)
            if self.updates.is_over or self.updates.is_whole:
                return
            self.now_ms += ANSWER_MS

    def pulled(self):
        with open(self.folder + PULLED, "rb") as file:
            return file.read()[10:]


class Pulling(unittest.TestCase):
    def test_it_comes_whole(self):
        seal, gateway = Seal(), Gateway()
        seal.run(gateway)
        self.assertTrue(seal.updates.is_whole)
        self.assertEqual(seal.pulled(), DATA)
        ask = gateway.requests[0]
        self.assertEqual((ask.kind, ask.running, ask.board), (update.ASK, 0, 2))
        seal.updates.restart()
        self.assertEqual(slot_file.read(seal.folder)[1], slot_file.INSTALL)

    def test_it_comes_whole_over_losses(self):
        for lose in (2, 3, 5, 7):
            seal = Seal()
            gateway = Gateway(lose=lose)
            for _ in range(40):
                seal.run(gateway)
                if seal.updates.is_whole:
                    break
                seal.start()
            self.assertTrue(seal.updates.is_whole, "every %d-th is lost" % lose)
            self.assertEqual(seal.pulled(), DATA)

    def test_after_a_power_cut_it_goes_on_where_it_was(self):
        seal, gateway = Seal(), Gateway()
        seal.run(gateway, polls=2)  # the offer, and one window
        seal.start()
        seal.run(gateway)
        self.assertEqual(seal.pulled(), DATA)
        kinds = [request.kind for request in gateway.requests]
        self.assertEqual(kinds.count(update.ASK), 1)
        self.assertEqual(gateway.requests[2].offset, WINDOW * update.BLOCK_BYTES)

    def test_without_an_answer_it_gives_up_for_now(self):
        seal, gateway = Seal(), Gateway(lose=1)
        seal.run(gateway)
        self.assertTrue(seal.updates.is_over)
        self.assertEqual(len(gateway.requests), TRIES_MAX)

    def test_what_is_not_given_out_any_more_is_dropped(self):
        seal, gateway = Seal(), Gateway()
        seal.run(gateway, polls=2)
        gateway.is_offered = False
        seal.run(gateway)
        self.assertTrue(seal.updates.is_over)
        with self.assertRaises(OSError):
            seal.pulled()

    def test_what_is_no_newer_or_failed_before_is_not_pulled(self):
        seal, gateway = Seal(floor=7), Gateway()
        seal.run(gateway)
        self.assertTrue(seal.updates.is_over)
        self.assertEqual(gateway.requests[0].running, 7)
        seal = Seal()
        chooser.Slots(seal.folder).refuse(RELEASE.hex(), "crashed")
        seal.start()
        gateway = Gateway()
        seal.run(gateway)
        self.assertTrue(seal.updates.is_over)
        ask = gateway.requests[0]
        reason = update_answer.REASONS[ask.reason]
        self.assertEqual((ask.release, reason, len(gateway.requests)), (RELEASE, "crashed", 1))

    def test_a_seal_that_was_told_no_key_does_not_ask(self):
        seal, gateway = Seal(), Gateway()
        import os

        os.remove(seal.folder + TRUST)
        seal.start()
        seal.run(gateway)
        self.assertEqual(gateway.requests, [])

    def test_answers_that_are_not_for_this_question_change_nothing(self):
        seal, gateway = Seal(), Gateway()
        seal.run(gateway, polls=1)
        seal.updates.poll(seal.spool, gateway, seal.now_ms)
        good = list(gateway.answers)
        stranger = ccm.portable_cipher(bytes(32))
        request = gateway.requests[-1]
        for frame in (
            b"",
            good[0][:-1],
            update_answer.seal_block(stranger, ID, 1, 2, RELEASE, 0, bytes(192)),
            update_answer.seal_block(gateway.cipher, ID, 1, 1, RELEASE, 0, bytes(192)),
            update_answer.seal_block(gateway.cipher, ID, 2, 2, RELEASE, 0, bytes(192)),
            update_answer.seal_block(gateway.cipher, ID, 1, 9, RELEASE, 0, bytes(192)),
            update_answer.seal_block(gateway.cipher, ID, 1, 2, b"others", 0, bytes(192)),
        ):
            self.assertFalse(seal.updates.hear(frame))
        self.assertEqual(request.count, WINDOW)
        for frame in good:
            self.assertTrue(seal.updates.hear(frame))
        gateway.answers = []
        seal.run(gateway)
        self.assertEqual(seal.pulled(), DATA)

    def test_what_is_left_of_a_release_that_is_on_trial_is_forgotten(self):
        seal, gateway = Seal(), Gateway()
        seal.run(gateway)
        slots = chooser.Slots(seal.folder)
        slots.try_other(RELEASE.hex(), 7)
        seal.start()
        self.assertFalse(seal.updates.is_whole)
        with self.assertRaises(OSError):
            seal.pulled()
