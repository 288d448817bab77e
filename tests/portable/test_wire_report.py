"""Version 1's reports: golden bytes both ways, and everything that is nearly one."""

import unittest

import golden

from sealwire import ccm, envelope, report
from sealwire.errors import OVERSIZED, TRUNCATED, WireError
from sealwire.report import Report

VECTORS = golden.load("reports")


def made(fields):
    return Report(
        fields["contact"],
        fields["kind"],
        fields["seq"],
        fields["edges"],
        fields["bounces"],
        fields["age_ms"],
        fields["battery_mv"],
        fields["first"],
        fields["cover"],
        fields["magnet"],
    )


def key_and_id(vector):
    return ccm.portable_cipher(bytes.fromhex(vector["key"])), bytes.fromhex(vector["id"])


class Golden(unittest.TestCase):
    def test_a_report_becomes_its_golden_bytes(self):
        for vector in VECTORS["reports"]:
            cipher, seal_id = key_and_id(vector)
            plain = report.pack(made(vector["fields"]))
            self.assertEqual(plain.hex(), vector["plain"], vector["name"])
            frame = envelope.seal_up(
                cipher, seal_id, envelope.UP, vector["epoch"], vector["counter"], plain, 1
            )
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(len(frame), 27)

    def test_golden_bytes_become_their_report(self):
        for vector in VECTORS["reports"]:
            cipher, seal_id = key_and_id(vector)
            frame = bytes.fromhex(vector["frame"])
            direction, epoch, counter, plain = envelope.open_up(cipher, seal_id, frame)
            self.assertEqual(
                (direction, epoch, counter), (envelope.UP, vector["epoch"], vector["counter"])
            )
            self.assertEqual(report.unpack(plain), made(vector["fields"]), vector["name"])

    def test_what_is_beyond_a_field_saturates(self):
        for vector in VECTORS["saturating"]:
            arrived = report.unpack(report.pack(made(vector["fields"])))
            self.assertEqual(arrived, made(vector["arrives_as"]), vector["name"])

    def test_a_field_that_must_not_saturate_is_refused(self):
        for field, value in (("contact", 3), ("kind", 3), ("seq", 1 << 24), ("edges", 1 << 16)):
            fields = dict(VECTORS["reports"][1]["fields"])
            fields[field] = value
            with self.assertRaises(ValueError):
                report.pack(made(fields))


class Refused(unittest.TestCase):
    def test_each_refusal_has_its_reason(self):
        for vector in VECTORS["refused"]:
            cipher, seal_id = key_and_id(vector)
            with self.assertRaises(WireError) as caught:
                envelope.open_up(cipher, seal_id, bytes.fromhex(vector["frame"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])
            self.assertTrue(len(caught.exception.text) > 5)

    def test_plaintext_without_sense_is_malformed(self):
        for vector in VECTORS["refused_plain"]:
            with self.assertRaises(WireError) as caught:
                report.unpack(bytes.fromhex(vector["plain"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_a_report_cut_short_anywhere_is_truncated(self):
        for vector in VECTORS["reports"]:
            cipher, seal_id = key_and_id(vector)
            for start in golden.every_start(bytes.fromhex(vector["frame"])):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, start)
                self.assertEqual(caught.exception.reason, TRUNCATED, vector["name"])

    def test_a_report_with_rubbish_behind_is_oversized(self):
        for vector in VECTORS["reports"]:
            cipher, seal_id = key_and_id(vector)
            for rubbish in (b"\x00", b"\xff", b"\n", bytes(range(200))):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, bytes.fromhex(vector["frame"]) + rubbish)
                self.assertEqual(caught.exception.reason, OVERSIZED, vector["name"])

    def test_a_report_with_any_bit_flipped_is_refused(self):
        for vector in VECTORS["reports"]:
            cipher, seal_id = key_and_id(vector)
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["frame"])):
                with self.assertRaises(WireError):
                    envelope.open_up(cipher, seal_id, flipped)

    def test_plaintext_with_any_bit_flipped_is_another_report_or_none(self):
        for vector in VECTORS["reports"]:
            told = made(vector["fields"])
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["plain"])):
                try:
                    self.assertFalse(report.unpack(flipped) == told, vector["name"])
                except WireError:
                    pass

    def test_a_nonce_serves_one_direction_only(self):
        vector = VECTORS["reports"][0]
        cipher, seal_id = key_and_id(vector)
        up = envelope.seal_up(cipher, seal_id, envelope.UP, 1, 1, bytes(12))
        down = envelope.seal_up(cipher, seal_id, envelope.DOWN, 1, 1, bytes(4))
        self.assertNotEqual(up[7:11], down[7:11])

    def test_numbers_out_of_range_are_never_sealed(self):
        cipher, seal_id = key_and_id(VECTORS["reports"][0])
        for epoch, counter in ((0, 1), (1, 0), (1 << 24, 1), (1, 1 << 24)):
            with self.assertRaises(ValueError):
                envelope.seal_up(cipher, seal_id, envelope.UP, epoch, counter, bytes(12))
