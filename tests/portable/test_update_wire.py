"""The frames by which a seal pulls an update: golden bytes, and everything that is nearly one."""

import unittest

import golden

from sealwire import ccm, update
from sealwire.errors import WireError
from sealwire.update import Request

VECTORS = golden.load("updates")
KEY = bytes.fromhex(VECTORS["key"])
ID = bytes.fromhex(VECTORS["id"])


def cipher():
    return ccm.portable_cipher(KEY)


def request_of(vector):
    fields = vector["request"]
    release = bytes.fromhex(fields[5])
    return Request(*(fields[:5] + [release] + fields[6:]))


class Requests(unittest.TestCase):
    def test_a_request_becomes_its_golden_bytes_and_back(self):
        for vector in VECTORS["requests"]:
            request = request_of(vector)
            numbers = vector["epoch"], vector["counter"]
            frame = update.seal_request(cipher(), ID, numbers[0], numbers[1], request)
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(len(frame), 36)
            self.assertEqual(update.direction(frame), update.REQUEST)
            self.assertEqual(update.open_request(cipher(), ID, frame), numbers + (request,))

    def test_nothing_that_is_nearly_a_request_is_one(self):
        frame = bytes.fromhex(VECTORS["requests"][0]["frame"])
        one = cipher()
        for wrong in golden.every_bit_flipped(frame):
            with self.assertRaises(WireError):
                update.open_request(one, ID, wrong)
        for wrong in golden.every_start(frame):
            with self.assertRaises(WireError):
                update.open_request(one, ID, wrong)
        with self.assertRaises(WireError):
            update.open_request(one, ID, frame + b"\x00")
        with self.assertRaises(WireError):
            update.open_request(one, bytes(8), frame)

    def test_a_request_out_of_range_is_not_made(self):
        for wrong in (
            Request(2, 1, 1, 1),
            Request(0, -1, 1, 1),
            Request(1, 1, 1, 1, 0, bytes(6), 0, 5),
            Request(1, 1, 1, 1, 0, bytes(6), update.OFFSET_MAX + 1, 1),
        ):
            with self.assertRaises(ValueError):
                update.seal_request(cipher(), ID, 1, 1, wrong)


class Answers(unittest.TestCase):
    def test_an_answer_becomes_its_golden_bytes_and_back(self):
        for vector in VECTORS["answers"]:
            epoch, counter = vector["epoch"], vector["counter"]
            release = bytes.fromhex(vector["release"])
            if "size" in vector:
                numbers = vector["size"], vector["number"]
                frame = update.seal_offer(
                    cipher(), ID, epoch, counter, release, numbers[0], numbers[1]
                )
                said = (update.OFFER, numbers[0], numbers[1], b"")
            else:
                data = bytes([i & 255 for i in range(vector["length"])])
                frame = update.seal_block(
                    cipher(), ID, epoch, counter, release, vector["offset"], data
                )
                said = (update.BLOCK, vector["offset"], 0, data)
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(update.direction(frame), update.ANSWER)
            told = update.open_answer(cipher(), ID, frame)
            self.assertEqual(told, (epoch, counter, release) + said)

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
        frame = update.seal_block(cipher(), ID, 1, 1, bytes(6), 0, bytes(update.BLOCK_BYTES))
        topic = "seals/0011223344556677/receipt"
        self.assertTrue(3 + 2 + len(topic) + len(frame) <= 256)

    def test_neither_is_taken_for_the_other_or_for_a_receipt(self):
        request = bytes.fromhex(VECTORS["requests"][0]["frame"])
        answer = bytes.fromhex(VECTORS["answers"][0]["frame"])
        self.assertEqual(update.direction(b""), -1)
        self.assertEqual(update.direction(b"\x11" + bytes(18)), -1)
        with self.assertRaises(WireError):
            update.open_answer(cipher(), ID, request)
        with self.assertRaises(WireError):
            update.open_request(cipher(), ID, answer)
