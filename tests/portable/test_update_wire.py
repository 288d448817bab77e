"""The frames by which a seal pulls an update: golden bytes, and everything that is nearly one."""

import unittest

import golden

from sealwire import ccm, release, update, update_answer
from sealwire.errors import WireError

VECTORS = golden.load("updates")
KEY = bytes.fromhex(VECTORS["key"])
ID = bytes.fromhex(VECTORS["id"])


def cipher():
    return ccm.portable_cipher(KEY)


def request_of(vector):
    fields = vector["request"]
    return tuple(fields[:5] + [bytes.fromhex(fields[5])] + fields[6:])


def told(request):
    return (
        request.kind, request.running, request.chip, request.board, request.reason,
        request.release, request.offset, request.count,
    )  # fmt: skip


class Requests(unittest.TestCase):
    def test_a_request_becomes_its_golden_bytes_and_back(self):
        for vector in VECTORS["requests"]:
            request = request_of(vector)
            numbers = vector["epoch"], vector["counter"]
            frame = update.seal_request(cipher(), ID, numbers[0], numbers[1], request)
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(len(frame), 36)
            epoch, counter, said = update_answer.open_request(cipher(), ID, frame)
            self.assertEqual((epoch, counter, told(said)), numbers + (request,))

    def test_nothing_that_is_nearly_a_request_is_one(self):
        frame = bytes.fromhex(VECTORS["requests"][0]["frame"])
        one = cipher()
        for wrong in golden.every_bit_flipped(frame):
            with self.assertRaises(WireError):
                update_answer.open_request(one, ID, wrong)
        for wrong in golden.every_start(frame):
            with self.assertRaises(WireError):
                update_answer.open_request(one, ID, wrong)
        with self.assertRaises(WireError):
            update_answer.open_request(one, ID, frame + b"\x00")
        with self.assertRaises(WireError):
            update_answer.open_request(one, bytes(8), frame)

    def test_a_request_that_makes_no_sense_is_refused(self):
        good = request_of(VECTORS["requests"][2])
        for place, value in ((0, 2), (4, 11), (6, update.OFFSET_MAX + 1), (7, 0), (7, 5)):
            wrong = good[:place] + (value,) + good[place + 1 :]
            frame = update.seal_request(cipher(), ID, 1, 1, wrong)
            with self.assertRaises(WireError):
                update_answer.open_request(cipher(), ID, frame)
        frame = update.seal_request(cipher(), ID, 1, 0xFFFFFF, good)  # four counters from there
        with self.assertRaises(WireError):
            update_answer.open_request(cipher(), ID, frame)

    def test_the_seal_s_words_are_the_gateway_s(self):
        from sealnode import updates

        self.assertEqual(updates.REASONS, update_answer.REASONS)
        self.assertEqual(updates.CHIPS, release.CHIPS)


class Answers(unittest.TestCase):
    def test_an_answer_becomes_its_golden_bytes_and_back(self):
        for vector in VECTORS["answers"]:
            epoch, counter = vector["epoch"], vector["counter"]
            what = bytes.fromhex(vector["release"])
            if "size" in vector:
                numbers = vector["size"], vector["number"]
                frame = update_answer.seal_offer(
                    cipher(), ID, epoch, counter, what, numbers[0], numbers[1]
                )
                said = (update.OFFER, numbers[0], numbers[1], b"")
            else:
                data = bytes([i & 255 for i in range(vector["length"])])
                frame = update_answer.seal_block(
                    cipher(), ID, epoch, counter, what, vector["offset"], data
                )
                said = (update.BLOCK, vector["offset"], 0, data)
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            found = update.open_answer(cipher(), ID, frame)
            self.assertEqual(found, (epoch, counter, what) + said)

    def test_nothing_that_is_nearly_an_answer_is_one(self):
        one = cipher()
        for vector in VECTORS["answers"][:2]:
            frame = bytes.fromhex(vector["frame"])
            for wrong in golden.every_bit_flipped(frame):
                with self.assertRaises(WireError):
                    update.open_answer(one, ID, wrong)
            for wrong in golden.every_start(frame):
                with self.assertRaises(WireError):
                    update.open_answer(one, ID, wrong)

    def test_a_packet_with_a_whole_block_fits_into_what_a_seal_takes(self):
        frame = update_answer.seal_block(cipher(), ID, 1, 1, bytes(6), 0, bytes(update.BLOCK_BYTES))
        topic = "seals/0011223344556677/receipt"
        self.assertTrue(3 + 2 + len(topic) + len(frame) <= 256)

    def test_neither_is_taken_for_the_other(self):
        request = bytes.fromhex(VECTORS["requests"][0]["frame"])
        answer = bytes.fromhex(VECTORS["answers"][0]["frame"])
        with self.assertRaises(WireError):
            update.open_answer(cipher(), ID, request)
        with self.assertRaises(WireError):
            update_answer.open_request(cipher(), ID, answer)
