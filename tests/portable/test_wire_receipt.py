"""Version 1's receipts: golden bytes both ways, and everything that is nearly one."""

import unittest

import golden

from sealwire import ccm, envelope, receipt
from sealwire.errors import OVERSIZED, TRUNCATED, WireError
from sealwire.receipt import Receipt

VECTORS = golden.load("receipts")


def key_and_id(vector):
    return ccm.portable_cipher(bytes.fromhex(vector["key"])), bytes.fromhex(vector["id"])


class Golden(unittest.TestCase):
    def test_a_receipt_becomes_its_golden_bytes(self):
        for vector in VECTORS["receipts"]:
            cipher, seal_id = key_and_id(vector)
            plain = receipt.pack(Receipt(vector["seq"], vector["verdict"]))
            self.assertEqual(plain.hex(), vector["plain"], vector["name"])
            frame = envelope.seal_up(
                cipher, seal_id, envelope.DOWN, vector["epoch"], vector["counter"], plain, 1
            )
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(len(frame), 19)

    def test_golden_bytes_become_their_receipt(self):
        for vector in VECTORS["receipts"]:
            cipher, seal_id = key_and_id(vector)
            frame = bytes.fromhex(vector["frame"])
            direction, epoch, counter, plain = envelope.open_up(cipher, seal_id, frame)
            self.assertEqual(
                (direction, epoch, counter), (envelope.DOWN, vector["epoch"], vector["counter"])
            )
            self.assertEqual(
                receipt.unpack(plain), Receipt(vector["seq"], vector["verdict"]), vector["name"]
            )


class Refused(unittest.TestCase):
    def test_each_refusal_has_its_reason(self):
        for vector in VECTORS["refused"]:
            cipher, seal_id = key_and_id(vector)
            with self.assertRaises(WireError) as caught:
                envelope.open_up(cipher, seal_id, bytes.fromhex(vector["frame"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_plaintext_without_sense_is_malformed(self):
        for vector in VECTORS["refused_plain"]:
            with self.assertRaises(WireError) as caught:
                receipt.unpack(bytes.fromhex(vector["plain"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_a_receipt_cut_short_or_with_rubbish_behind_is_refused(self):
        for vector in VECTORS["receipts"]:
            cipher, seal_id = key_and_id(vector)
            frame = bytes.fromhex(vector["frame"])
            for start in golden.every_start(frame):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, start)
                self.assertEqual(caught.exception.reason, TRUNCATED, vector["name"])
            for rubbish in (b"\x00", bytes(100)):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, frame + rubbish)
                self.assertEqual(caught.exception.reason, OVERSIZED, vector["name"])

    def test_a_receipt_with_any_bit_flipped_is_refused(self):
        for vector in VECTORS["receipts"]:
            cipher, seal_id = key_and_id(vector)
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["frame"])):
                with self.assertRaises(WireError):
                    envelope.open_up(cipher, seal_id, flipped)

    def test_plaintext_with_any_bit_flipped_is_another_receipt_or_none(self):
        for vector in VECTORS["receipts"]:
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["plain"])):
                try:
                    self.assertFalse(receipt.unpack(flipped) == Receipt(vector["seq"]))
                except WireError:
                    pass

    def test_numbers_out_of_range_are_never_packed(self):
        for seq, verdict in ((-1, 0), (1 << 24, 0), (1, 2)):
            with self.assertRaises(ValueError):
                receipt.pack(Receipt(seq, verdict))
