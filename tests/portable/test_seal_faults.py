"""What a seal cannot use or has no room for ends that part of it, and never the watch."""

import json
import unittest

import flash
from test_seal_failing_flash import FIELDS, Board, Gateway, Wire

from sealnode import settings
from sealnode.commands import Commands
from sealnode.hardware import REED
from sealnode.seal import Seal
from sealwire import ccm, command, envelope, gateway_end, receipt, topics
from sealwire.receipt import Receipt

OTHER_ID, OTHER_KEY = "8899aabbccddeeff", bytes(range(32, 64))


class Bench:
    """A seal with these settings, and perhaps others on trial, stepped by hand."""

    def __init__(self, trial=None, **changes):
        self.folder, self.now_ms = flash.empty_folder(), 1_000_000
        fields = dict(FIELDS)
        fields.update(changes)
        if trial:
            both = dict(fields)
            both.update(trial)
            with open(self.folder + settings.TRIAL, "w") as file:
                json.dump({"ticket": 7, "settings": both}, file)
        with open(self.folder + settings.FILE, "w") as file:
            json.dump(fields, file)
        self.board = Board(self.folder, lambda: self.now_ms)
        own = settings.read(self.folder)
        self.seal = Seal(self.board, own, self.now_ms, self.folder)

    def run(self, ms):
        for _ in range(ms // 50):
            self.seal.poll(self.now_ms)
            self.now_ms += 50

    def take(self, plain):
        """A command in answer to a transmission of this wake; whether there was room for it."""
        spool = self.seal.spool
        return self.seal.commands.take(spool.epoch, spool.take_counter(), plain, self.now_ms)


class Unusable(unittest.TestCase):
    def test_without_a_good_certificate_the_door_is_watched_and_the_link_tried_again(self):
        for content in (None, b"", b"rubbish"):
            bench = Bench(ca="ca.der")
            if content is not None:
                with open(bench.folder + "ca.der", "wb") as file:
                    file.write(content)
            bench.run(3000)
            bench.board.set_switch(REED, 1)
            bench.run(3000)
            self.assertEqual(bench.seal.spool.edges, 1)
            self.assertEqual(bench.seal.waiting, 2)  # the first reading and the edge
            self.assertTrue(bench.seal.node.misses > 1)
            self.assertFalse(bench.seal.online)

    def test_without_room_for_the_link_it_watches_for_minutes_and_then_starts_afresh(self):
        bench = Bench()

        def full():
            raise MemoryError

        bench.seal.settings.ca_der = full
        began_ms, level = bench.now_ms, 0
        try:
            for _ in range(1000):
                level = 1 - level
                bench.board.set_switch(REED, level)
                bench.run(30_000)
        except MemoryError:
            pass
        self.assertTrue(60_000 < bench.now_ms - began_ms < 900_000, bench.now_ms)
        self.assertTrue(bench.seal.spool.edges > 1)


class Trials(unittest.TestCase):
    def test_a_command_that_there_is_no_room_for_leaves_the_trial_to_its_end(self):
        bench = Bench(trial={"wifi": {"ssid": "new", "password": ""}})
        seal, gateway = bench.seal, Gateway()
        gateway.asks = []
        self.assertTrue(seal.node.on_trial)

        class Full:
            """Stands for a command, and has no room in the heap."""

            def __getitem__(self, _i):
                raise MemoryError

        self.assertFalse(bench.take(Full()))
        seal.link = Wire(gateway)
        bench.run(2000)
        self.assertFalse(seal.node.on_trial)
        self.assertEqual(settings.read(bench.folder).wifi[0], "new")

    def test_what_was_taken_to_be_tried_does_not_undo_what_came_after_it(self):
        bench, gateway = Bench(), Gateway()
        gateway.asks = []
        bench.seal.commands = Commands(bench.seal)
        for ticket, kind, parts in (
            (1, command.WIFI, (b"new", b"")),
            (2, command.HEARTBEAT, ((9).to_bytes(3, "big"),)),
        ):
            self.assertTrue(bench.take(gateway_end.pack_command(kind, ticket, parts)))
        bench.seal.link = Wire(gateway)
        bench.run(3000)
        kept = settings.read(bench.folder)
        self.assertEqual((kept.wifi[0], kept.heartbeat_ms), ("new", 9000))


class Identity(unittest.TestCase):
    def test_a_seal_that_starts_on_trial_asks_for_updates_by_the_name_it_speaks_by(self):
        bench = Bench(trial={"id": OTHER_ID, "key": OTHER_KEY.hex(), "user": OTHER_ID})
        with open(bench.folder + "update.json", "w") as file:
            json.dump({"key": "00" * 32, "board": 2}, file)
        cipher, raw, said = ccm.cipher(OTHER_KEY), bytes.fromhex(OTHER_ID), []

        class Told(Wire):
            """Only the other identity has a receipt."""

            def publish(self, topic, payload, now_ms, qos=0):
                said.append(topic)
                if topic == topics.report(OTHER_ID):
                    _, epoch, counter, plain = envelope.open_up(cipher, raw, payload)
                    told = gateway_end.unpack(plain, envelope.version_of(payload))
                    sealed = receipt.pack(Receipt(getattr(told, "seq", 0)))
                    numbers = epoch, counter
                    self.inbox.append(
                        ("", envelope.seal_up(cipher, raw, envelope.DOWN, *numbers, sealed))
                    )
                return True

        bench.seal.link = Told(None)
        bench.run(3000)
        self.assertEqual(settings.read(bench.folder).seal_id, OTHER_ID)
        self.assertTrue(topics.update(OTHER_ID) in said, said)
        self.assertFalse(topics.update(FIELDS["id"]) in said, said)
