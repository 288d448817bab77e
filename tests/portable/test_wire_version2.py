"""Version 2 of the wire: golden bytes in both directions, and everything that is nearly one."""

import unittest

import golden

from sealwire import ccm, command, envelope, gateway_end, note, receipt, report
from sealwire.errors import MALFORMED, OVERSIZED, TRUNCATED, UNKNOWN_VERSION, WRONG_KEY, WireError
from sealwire.gateway_end import Note
from sealwire.receipt import Receipt
from sealwire.report import Report

VECTORS = golden.load("version2")


def told(fields):
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
        fields["signal_dbm"],
    )


def noted(fields):
    return (
        fields["reset_cause"],
        tuple(fields["firmware"]),
        fields["ticket"],
        fields["outcome"],
        fields["signal_dbm"],
        fields["battery_mv"],
    )


def ordered(vector):
    parts = [bytes.fromhex(part) for part in vector["parts"]]
    return vector["kind"], vector["ticket"], parts


def unpack(plain):
    return gateway_end.unpack(plain, 2)


def key_and_id(vector):
    return ccm.portable_cipher(bytes.fromhex(vector["key"])), bytes.fromhex(vector["id"])


KINDS = (
    ("reports", envelope.UP, 27, lambda v: report.pack(told(v["fields"]))),
    ("notes", envelope.UP, 27, lambda v: note.pack(*noted(v["fields"]))),
    ("receipts", envelope.DOWN, 19, lambda v: receipt.pack(Receipt(v["seq"], v["verdict"]))),
    ("commands", envelope.ORDER, 213, lambda v: gateway_end.pack_command(*ordered(v))),
)


def every_frame():
    for name, direction, size, pack in KINDS:
        for vector in VECTORS[name]:
            yield direction, size, pack, vector


class Golden(unittest.TestCase):
    def test_everything_becomes_its_golden_bytes(self):
        for direction, size, pack, vector in every_frame():
            cipher, seal_id = key_and_id(vector)
            plain = pack(vector)
            self.assertEqual(plain.hex(), vector["plain"], vector["name"])
            salt = bytes.fromhex(vector.get("salt", ""))
            numbers = vector["epoch"], vector["counter"]
            frame = envelope.seal_up(cipher, seal_id, direction, *numbers, plain, salt=salt)
            self.assertEqual(frame.hex(), vector["frame"], vector["name"])
            self.assertEqual(len(frame), size)

    def test_golden_bytes_open_as_what_they_were(self):
        for direction, _, _, vector in every_frame():
            cipher, seal_id = key_and_id(vector)
            frame = bytes.fromhex(vector["frame"])
            opened = envelope.open_up(cipher, seal_id, frame)
            numbers = direction, vector["epoch"], vector["counter"]
            self.assertEqual(opened, numbers + (bytes.fromhex(vector["plain"]),), vector["name"])
            self.assertEqual(envelope.version_of(frame), 2)

    def test_golden_plaintext_says_what_it_said(self):
        for vector in VECTORS["reports"]:
            said = unpack(bytes.fromhex(vector["plain"]))
            self.assertEqual(said, told(vector["fields"]), vector["name"])
        for vector in VECTORS["notes"]:
            said = unpack(bytes.fromhex(vector["plain"]))
            self.assertEqual(said, Note(*noted(vector["fields"])), vector["name"])
        for vector in VECTORS["commands"]:
            plain = bytes.fromhex(vector["plain"])
            self.assertEqual(command.unpack(plain), ordered(vector), vector["name"])

    def test_version_1_has_neither_signal_nor_note(self):
        for vector in (VECTORS["reports"][0], VECTORS["notes"][0]):
            with self.assertRaises(WireError) as caught:
                gateway_end.unpack(bytes.fromhex(vector["plain"]), 1)
            self.assertEqual(caught.exception.reason, MALFORMED)

    def test_a_signal_beyond_the_scale_saturates(self):
        for dbm, arrives in ((-130, -127), (0, -1), (20, -1), (None, None), (-60, -60)):
            beat = Report(0, report.HEARTBEAT, 0, 0, signal_dbm=dbm)
            self.assertEqual(unpack(report.pack(beat)).signal_dbm, arrives)


class Apart(unittest.TestCase):
    """No nonce of one version or direction is one of another's, under one key."""

    def test_one_number_gives_five_keystreams(self):
        cipher, seal_id = key_and_id(VECTORS["reports"][0])
        streams = set()
        for direction, version, salt in (
            (envelope.UP, 1, b""),
            (envelope.DOWN, 1, b""),
            (envelope.UP, 2, b""),
            (envelope.DOWN, 2, b""),
            (envelope.ORDER, 2, b"menshn"),
        ):
            plain = bytes(envelope.PLAIN_BYTES[direction])
            frame = envelope.seal_up(cipher, seal_id, direction, 1, 1, plain, version, salt)
            streams.add(frame[envelope.HEADS[direction] :][:4])
        self.assertEqual(len(streams), 5)

    def test_the_other_version_s_name_opens_nothing(self):
        for direction, _, _, vector in every_frame():
            cipher, seal_id = key_and_id(vector)
            frame = bytes.fromhex(vector["frame"])
            with self.assertRaises(WireError) as caught:
                envelope.open_up(cipher, seal_id, bytes((0x10 | direction,)) + frame[1:])
            wanted = MALFORMED if direction == envelope.ORDER else WRONG_KEY
            self.assertEqual(caught.exception.reason, wanted, vector["name"])

    def test_a_command_has_a_salt_and_nothing_else_has(self):
        cipher, seal_id = key_and_id(VECTORS["reports"][0])
        for direction, salt in (
            (envelope.ORDER, b""),
            (envelope.ORDER, bytes(5)),
            (envelope.UP, bytes(6)),
            (envelope.DOWN, bytes(6)),
        ):
            plain = bytes(envelope.PLAIN_BYTES[direction])
            with self.assertRaises(ValueError):
                envelope.seal_up(cipher, seal_id, direction, 1, 1, plain, salt=salt)


class Refused(unittest.TestCase):
    def test_each_refusal_has_its_reason(self):
        for vector in VECTORS["refused"]:
            cipher, seal_id = key_and_id(vector)
            with self.assertRaises(WireError) as caught:
                envelope.open_up(cipher, seal_id, bytes.fromhex(vector["frame"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_plaintext_without_sense_is_malformed(self):
        for name, read in (
            ("refused_reports", unpack),
            ("refused_notes", unpack),
            ("refused_commands", command.unpack),
        ):
            for vector in VECTORS[name]:
                with self.assertRaises(WireError) as caught:
                    read(bytes.fromhex(vector["plain"]))
                self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_anything_cut_short_anywhere_is_truncated(self):
        for _, _, _, vector in every_frame():
            cipher, seal_id = key_and_id(vector)
            for start in golden.every_start(bytes.fromhex(vector["frame"])):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, start)
                self.assertEqual(caught.exception.reason, TRUNCATED, vector["name"])

    def test_rubbish_behind_is_oversized(self):
        for _, _, _, vector in every_frame():
            cipher, seal_id = key_and_id(vector)
            for rubbish in (b"\x00", b"\n", bytes(range(200))):
                with self.assertRaises(WireError) as caught:
                    envelope.open_up(cipher, seal_id, bytes.fromhex(vector["frame"]) + rubbish)
                self.assertEqual(caught.exception.reason, OVERSIZED, vector["name"])

    def test_any_bit_flipped_is_refused(self):
        frames = VECTORS["reports"][:2] + VECTORS["notes"][:2] + VECTORS["receipts"][:1]
        for vector in frames:
            cipher, seal_id = key_and_id(vector)
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["frame"])):
                with self.assertRaises(WireError):
                    envelope.open_up(cipher, seal_id, flipped)

    def test_any_byte_of_a_command_altered_is_refused(self):
        vector = VECTORS["commands"][1]
        cipher, seal_id = key_and_id(vector)
        frame = bytes.fromhex(vector["frame"])
        for i in range(len(frame)):
            altered = bytearray(frame)
            altered[i] ^= 1 << i % 8
            with self.assertRaises(WireError):
                envelope.open_up(cipher, seal_id, bytes(altered))

    def test_plaintext_with_any_bit_flipped_says_something_else_or_nothing(self):
        for name, read in (
            ("reports", unpack),
            ("notes", unpack),
            ("commands", command.unpack),
        ):
            for vector in VECTORS[name][:2]:
                plain = bytes.fromhex(vector["plain"])
                said = read(plain)
                for flipped in golden.every_bit_flipped(plain):
                    try:
                        self.assertFalse(read(flipped) == said, vector["name"])
                    except WireError:
                        pass

    def test_what_is_out_of_range_is_never_packed(self):
        for kind, ticket, parts in (
            (0, 1, (bytes(3),)),
            (7, 1, ()),
            (command.OVER, 1, (bytes(1),)),
            (command.WATCH, 1, (bytes(1),)),
            (command.HEARTBEAT, 0, (bytes(3),)),
            (command.HEARTBEAT, 1 << 32, (bytes(3),)),
            (command.HEARTBEAT, 1, ()),
            (command.WIFI, 1, (b"", b"")),
            (command.WIFI, 1, (bytes(33), b"")),
            (command.WIFI, 1, (b"n", bytes(65))),
            (command.IDENTITY, 1, (bytes(8), bytes(31), b"p")),
            (command.UPDATE, 1, (bytes(6),)),
        ):
            with self.assertRaises(ValueError):
                gateway_end.pack_command(kind, ticket, parts)

    def test_a_later_version_is_named_as_such(self):
        for version in range(3, 16):
            with self.assertRaises(WireError) as caught:
                envelope.peek(bytes((version << 4,)) + bytes(26))
            self.assertEqual(caught.exception.reason, UNKNOWN_VERSION)
