"""MQTT packets: golden bytes out, golden bytes in, whole, in pieces, and wrong."""

import unittest

import golden

from sealnode import packets
from sealnode.packets import PacketError, Reader

VECTORS = golden.load("mqtt")


def argument(value):
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def everything(reader):
    found = []
    packet = reader.take()
    while packet is not None:
        found.append(packet)
        packet = reader.take()
    return found


class Packets(unittest.TestCase):
    def test_each_packet_becomes_its_golden_bytes(self):
        for vector in VECTORS["packets"]:
            arguments = [argument(value) for value in vector["arguments"]]
            made = getattr(packets, vector["call"])(*arguments)
            self.assertEqual(made.hex(), vector["packet"], vector["name"])

    def test_the_reader_gives_back_what_was_packed(self):
        for vector in VECTORS["packets"]:
            packet = bytes.fromhex(vector["packet"])
            reader = Reader()
            reader.feed(packet)
            head, body = reader.take()
            self.assertEqual(head, packet[0])
            self.assertEqual(packet[-len(body) :] if body else b"", body, vector["name"])
            if vector["call"] == "publish":
                arguments = [argument(value) for value in vector["arguments"]] + [0, 0]
                self.assertEqual(
                    packets.read_publish(head, body), tuple(arguments[:4]), vector["name"]
                )

    def test_incoming_packets_are_read(self):
        for vector in VECTORS["incoming"]:
            reader = Reader()
            reader.feed(bytes.fromhex(vector["packet"]))
            wanted = (vector["head"], bytes.fromhex(vector["body"]))
            self.assertEqual(everything(reader), [wanted], vector["name"])

    def test_a_packet_cut_short_anywhere_waits_for_its_rest(self):
        for vector in VECTORS["incoming"]:
            whole = bytes.fromhex(vector["packet"])
            for start in golden.every_start(whole):
                reader = Reader()
                reader.feed(start)
                self.assertIsNone(reader.take(), vector["name"])
                reader.feed(whole[len(start) :])
                self.assertEqual(len(everything(reader)), 1, vector["name"])

    def test_packets_in_a_row_come_out_in_their_order_however_they_are_cut(self):
        stream = b"".join([bytes.fromhex(vector["packet"]) for vector in VECTORS["incoming"]])
        wanted = [(v["head"], bytes.fromhex(v["body"])) for v in VECTORS["incoming"]]
        for size in (1, 2, 3, 7, len(stream)):
            reader, found = Reader(), []
            for start in range(0, len(stream), size):
                reader.feed(stream[start : start + size])
                found += everything(reader)
            self.assertEqual(found, wanted)

    def test_a_stream_that_is_no_mqtt_or_too_long_is_refused(self):
        for vector in VECTORS["refused"]:
            reader = Reader()
            with self.assertRaises(PacketError):
                reader.feed(bytes.fromhex(vector["bytes"]))
                reader.take()

    def test_a_packet_that_is_too_long_passes_by_and_the_next_is_read(self):
        long = packets.publish("seals/x/receipt", bytes(1000))
        wanted = packets.publish("a", b"b")
        for size in (1, 5, 64, 200):
            reader, found, stream = Reader(), [], long + wanted + long + wanted
            for start in range(0, len(stream), size):
                reader.feed(stream[start : start + size])
                found += everything(reader)
                self.assertTrue(reader.room() > 0)
            self.assertEqual(found, [(wanted[0], wanted[2:])] * 2)
            self.assertEqual(reader.skipped, 2)

    def test_a_publish_without_sense_is_refused(self):
        for vector in VECTORS["refused_publish"]:
            with self.assertRaises(PacketError):
                packets.read_publish(vector["head"], bytes.fromhex(vector["body"]))

    def test_any_flipped_bit_gives_packets_or_a_refusal_and_nothing_else(self):
        for vector in VECTORS["incoming"]:
            for flipped in golden.every_bit_flipped(bytes.fromhex(vector["packet"])):
                reader = Reader()
                reader.feed(flipped)
                try:
                    for head, body in everything(reader):
                        packets.read_publish(head, body)
                except PacketError:
                    pass

    def test_the_reader_never_holds_more_than_its_limit(self):
        reader = Reader(16)
        reader.feed(bytes(16))
        with self.assertRaises(PacketError):
            reader.feed(b"x")

    def test_answers_of_a_wrong_length_are_refused(self):
        for read in (packets.read_connack, packets.read_suback):
            for body in (b"", b"\x00", bytes(4)):
                with self.assertRaises(PacketError):
                    read(body)
        self.assertEqual(packets.read_suback(b"\x01\x02\x80"), (258, packets.REFUSED))
        self.assertEqual(packets.read_connack(b"\x00\x05"), 5)

    def test_packet_ids_are_never_0(self):
        for wrong in (0, -1, 0x10000):
            with self.assertRaises(ValueError):
                packets.puback(wrong)
            with self.assertRaises(ValueError):
                packets.publish("a", b"", 1, wrong)
