"""Whatever act of the flash fails in a life with commands, a trial and an update: the door is
watched and told of all the same, once, and everything comes to its end."""

import json
import unittest

from failing_flash import EIO, ENOSPC, SMALL, FailingFlash
from test_seal_updates import DATA, RELEASE

import chooser
import slot_file
from sealnode import offline, settings
from sealnode.hardware import REED
from sealnode.seal import Seal
from sealwire import ccm, command, envelope, gateway_end, note, receipt, update, update_answer
from sealwire.gateway_end import Note
from sealwire.receipt import Receipt
from sealwire.report import EDGE, HEARTBEAT, UNKNOWN

try:
    from bench_board import BenchBoard
except ImportError:  # the other Python
    from tests.bench_board import BenchBoard

KEY, SEAL_ID = bytes(range(32)), "00112233445566aa"
ID = bytes.fromhex(SEAL_ID)
FIELDS = {
    "id": SEAL_ID, "key": KEY.hex(), "broker": "127.0.0.1", "port": 1, "ca": None,
    "server_name": "a", "user": SEAL_ID, "password": "p", "heartbeat_s": 2, "mains": True,
    "wifi": {"ssid": "old", "password": "old"},
}  # fmt: skip
STEP_MS, STEPS, SETTLE_STEPS = 200, 90, 900
# Every so many-th act: a save of the spool has four, so each kind has its turn. 1 takes seconds.
EVERY = 23 if SMALL else 3
TOGGLE_EVERY = 9  # steps: no more than a contact may tell of one by one (flutter)
TROUBLE_MS = 30_000  # as main.py waits after a crash
ASKS = (
    (command.HEARTBEAT, ((1).to_bytes(3, "big"),)),
    (command.WIFI, (b"new", b"new password")),
    (command.OVER, ()),
    (command.WATCH, ()),
)


class Gateway:
    """Stores, answers, commands one thing after the other, and gives a release out."""

    def __init__(self):
        self.cipher = ccm.cipher(KEY)
        self.mark, self.texts, self.journal = (0, 0), {}, {}
        self.asks, self.ticket, self.refused = list(ASKS), 1, 0
        self.reason = ""

    def hear(self, frame):
        """What goes back."""
        if frame[0] == update.REQUEST:
            return self.give(frame)
        _, epoch, counter, plain = envelope.open_up(self.cipher, ID, frame)
        numbers = epoch, counter
        assert self.texts.setdefault(numbers, plain) == plain, "a nonce met a second text"
        assert numbers > self.mark, "it said what is past"
        self.mark, seq = numbers, 0
        said = gateway_end.unpack(plain, envelope.version_of(frame))
        if isinstance(said, Note):
            self.noted(said)
        else:
            seq = said.seq
            self.reported(said)
        sealed = receipt.pack(Receipt(seq))
        answers = [envelope.seal_up(self.cipher, ID, envelope.DOWN, *numbers, sealed)]
        if self.asks:
            kind, parts = self.asks[0]
            packed = gateway_end.pack_command(kind, self.ticket, parts)
            asked = envelope.seal_up(
                self.cipher, ID, envelope.ORDER, *numbers, packed, salt=bytes(6)
            )
            answers.insert(0, asked)
        return answers

    def reported(self, said):
        if said.seq:
            known = self.journal.setdefault(said.seq, said)
            same = known.contact, known.edges, known.kind, known.first
            assert same == (said.contact, said.edges, said.kind, said.first), "a number came twice"
        if said.kind == HEARTBEAT and self.asks:
            shown = command.OVER if said.contact == UNKNOWN else command.WATCH
            if self.asks[0][0] == shown:
                self.done()

    def noted(self, said):
        if not self.asks or said.ticket != self.ticket:
            return
        if said.outcome == note.WORKED:
            self.done()
        elif said.outcome in (note.REFUSED, note.FELL_BACK):
            self.refused += 1
            self.ticket += 1  # somebody asks once more

    def done(self):
        self.asks.pop(0)
        self.ticket += 1

    def give(self, frame):
        epoch, counter, asked = update_answer.open_request(self.cipher, ID, frame)
        numbers = epoch, counter
        self.reason = update_answer.REASONS[asked.reason] or self.reason
        if asked.kind == update.FETCH:
            blocks = range(asked.count)
            return [self.block(epoch, counter + i, asked.offset, i) for i in blocks]
        is_wanted = asked.running < 7 and not asked.reason
        what = (RELEASE, len(DATA), 7) if is_wanted else (update.NOTHING, 0, 0)
        return [update_answer.seal_offer(self.cipher, ID, *numbers, *what)]

    def block(self, epoch, counter, offset, i):
        at = offset + i * update.BLOCK_BYTES
        part = DATA[at : at + update.BLOCK_BYTES]
        return update_answer.seal_block(self.cipher, ID, epoch, counter, RELEASE, at, part)


class Wire:
    """In place of a Link: always up at once, and loses nothing."""

    def __init__(self, gateway):
        self.gateway, self.state, self.why, self.inbox = gateway, offline.DOWN, "", []

    def open(self, now_ms):
        self.state = offline.UP

    def poll(self, now_ms):
        pass

    def publish(self, topic, payload, now_ms, qos=0):
        if self.state != offline.UP:
            return False
        self.inbox += [("", frame) for frame in self.gateway.hear(payload)]
        return True

    def due_ms(self, now_ms):
        return now_ms + 30_000

    def speak_as(self, user, password, topic):
        pass

    def fail(self, why=""):
        self.state = offline.DOWN

    close = fail


class Board(BenchBoard):
    def join(self, wifi):
        pass


class Life:
    """A seal on `disk` from its first start to all that was asked of it."""

    def __init__(self, disk):
        self.disk, self.now_ms, self.gateway, self.toggles = disk, 1_000_000, Gateway(), []
        self.board = Board(disk.folder, lambda: self.now_ms)
        self.starts = 0
        with open(disk.folder + settings.FILE, "w") as file:
            json.dump(FIELDS, file)
        with open(disk.folder + "update.json", "w") as file:
            json.dump({"key": "00" * 32, "board": 2}, file)

    def start(self):
        """As main.py does it: what cannot start is tried again."""
        self.board.memory = b""
        while True:
            self.starts += 1
            on_trial = self.line()[1] == slot_file.TRIAL
            try:
                own = settings.read(self.disk.folder)
                self.seal = Seal(self.board, own, self.now_ms, self.disk.folder, on_trial)
                break
            except OSError:
                self.now_ms += TROUBLE_MS
        self.seal.link = Wire(self.gateway)
        self.seal.poll(self.now_ms)  # what moves before its first look is no edge

    def step(self, is_toggled):
        if is_toggled:
            self.toggles.append(1 - self.board.level(REED))
            self.board.set_switch(REED, self.toggles[-1])
        self.seal.poll(self.now_ms)
        self.now_ms += STEP_MS
        if self.board.restarts:
            self.board.restarts = 0
            self.look()
            self.start()

    def look(self):
        """What `install` does, which has tests of its own: the release is good."""
        self.disk.is_looked_at = True
        slots = chooser.Slots(self.disk.folder)
        assert slots.state == slot_file.INSTALL, slots.state
        slots.try_other(RELEASE.hex(), 7)
        import os

        os.remove(self.disk.folder + "update")
        self.disk.is_looked_at = False

    def line(self):
        self.disk.is_looked_at = True
        line = slot_file.read(self.disk.folder)
        self.disk.is_looked_at = False
        return line

    def live(self):
        self.start()
        for number in range(STEPS):
            asks = self.gateway.asks
            # Nobody opens a door of which nothing is to be said: that would be no edge.
            is_watched = not self.seal.node.is_over and not (
                asks and asks[0][0] in (command.OVER, command.WATCH)
            )
            self.step(is_watched and number % TOGGLE_EVERY == 2)
        for _ in range(SETTLE_STEPS):
            if self.is_settled():
                return
            self.step(False)
        raise AssertionError("it does not settle: %r" % self.gateway.asks)

    def is_settled(self):
        if self.seal.waiting or self.gateway.asks or self.seal.node.on_trial:
            return False
        line = self.line()
        return line[1] == slot_file.GOOD and (line[4] == 7 or self.gateway.reason == "full")

    def check(self):
        """Every edge is there, once and in its order, and what was asked is in force."""
        told = [one for _, one in sorted(self.gateway.journal.items())]
        told = [one for one in told if one.kind == EDGE and not one.first]
        assert [one.contact for one in told] == self.toggles, (told, self.toggles)
        assert [one.edges for one in told] == list(range(1, len(told) + 1))
        assert self.seal.settings.wifi[0] == "new", self.seal.settings.wifi
        assert not self.seal.node.is_over


class Lives(unittest.TestCase):
    def lives(self, first, count, errno):
        """A life of which these acts fail; how many acts it had in all, and how many starts."""
        with FailingFlash() as disk:
            life = Life(disk)
            disk.acts, disk.first, disk.count, disk.errno = 0, first, count, errno
            try:
                life.live()
                disk.count = 0
                life.check()
            except Exception as error:  # noqa: BLE001 - told with what failed
                self.fail("acts %d to %d: %r" % (first, first + count - 1, error))
            return disk.acts, life.starts

    def test_one_act_fails_or_many_in_a_row_whichever_they_are(self):
        acts, starts = self.lives(0, 0, EIO)
        self.assertTrue(acts > 60, acts)
        self.assertEqual(starts, 2)
        for number in range(1, acts + 1, EVERY):
            self.lives(number, 1, (EIO, ENOSPC)[number % 2])
        for number in range(2, acts + 1, 5 * EVERY):
            self.lives(number, 20, (EIO, ENOSPC)[number % 2])
