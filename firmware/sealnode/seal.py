"""One seal, whole: its board, contacts, spool, mind and link, driven by `poll`.

`poll` does everything that can be done at once and says how soon it wants to be called again, so a
chip runs one seal and a bench runs a building of them in one loop.

What the gateway commands is for `orders`, which is read in when there is a command or a trial: a
chip's heap has no room for what is seldom used. What comes of it is told in notes.
"""

import gc
import os
import struct
import sys
from binascii import crc32

from sealwire import VERSION, note, own_topics
from sealwire.ccm import cipher
from sealwire.envelope import ORDER, open_up, seal_up, version_of
from sealwire.envelope import UP as TO_GATEWAY
from sealwire.errors import WireError
from sealwire.receipt import unpack
from sealwire.report import HEARTBEAT, SHUT, UNKNOWN, pack

from . import FIRMWARE
from . import link as _link
from . import node as _node
from .contact import Contact
from .hardware import COVER, MAGNET, REED, Hardware
from .link import Link
from .node import Event, Node
from .settings import TRIAL, Settings
from .spool import Spool

TYPE_CHECKING = False  # what a type checker takes for true
if TYPE_CHECKING:
    from .orders import Orders

_SMALL = sys.implementation.name == "micropython"
POLL_MS = 20  # the longest wait while the link may have something to say
FORGET_MS = 2000  # a receipt reaches the flash this late at most; until then it would be sent again
FLASH_RETRY_MS = 1000
WIFI_MS_MAX = 30_000
_MEMORY = ">4sIIHIBBB"  # magic, epoch, counter, heartbeat due (6 bytes), switches, misses, bounces
_MAGIC = b"MSR1"


class Seal:
    """Build it after each power-on or wake; it raises SpoolError or OSError if it must not run."""

    def __init__(self, board: Hardware, settings: Settings, now_ms: "int | None" = None) -> None:
        now_ms = board.now_ms() if now_ms is None else now_ms
        self.board = board
        self.settings = settings
        self.updater = None  # takes the bytes of an update's command; what came of it, as in `note`
        self.refused = 0  # messages that were no receipt and no command of ours
        self.receipts = 0
        self.sent = 0
        self.flash_failures = 0
        self.asleep = False
        self.answer = 0, note.NOTHING  # the latest command's ticket, and what came of it
        self._orders: "Orders | None" = None  # until it is read in
        self.identify(settings)
        self.spool = Spool(board.flash)
        memory = _recall(board)
        woken = self.spool.boot(memory[1], memory[2])
        # Of the transmissions of this wake that no command has answered yet: all above it.
        self.fresh_counter, self.answered_ms = self.spool.counter, now_ms
        self._retry_ms = self._forget_ms = now_ms
        if not woken:
            self.spool.save()  # the new epoch, before its first use; without it there is no seal
        self.node = Node(
            self.spool, settings.heartbeat_ms, settings.mains, board.random_below, now_ms, woken
        )
        switches = UNKNOWN
        if woken:
            switches = memory[5]
            self.node.heartbeat_due_ms = memory[3] << 32 | memory[4]
            self.node.misses, self.node.bounces = memory[6], memory[7]
        self._contacts = [
            Contact(switches >> i & 1 if woken else UNKNOWN) for i in (REED, COVER, MAGNET)
        ]
        if woken:
            self.node.contact = self._contacts[REED].contact
            self.node.cover = bool(self._contacts[COVER].contact)
            self.node.magnet = bool(self._contacts[MAGNET].contact)
        self.link = Link(
            settings.broker,
            settings.port,
            settings.ca_der(),
            settings.server_name,
            settings.user,
            settings.user,
            settings.password,
            own_topics.receipt(settings.seal_id),
        )
        self._wanted_ms: "int | None" = None  # since when the node wants a connection
        if not woken:
            self.node.note(now_ms)
        if TRIAL in os.listdir(board.flash):
            try:
                self._commanded().go_on(now_ms, woken)
            except MemoryError:  # by what is in force, rather than not at all
                self._put_away()

    @property
    def online(self) -> bool:
        """Whether the broker has let this seal in."""
        return self.link.state == _link.UP

    @property
    def waiting(self) -> int:
        """How many reports wait for their receipt."""
        return self.spool.count

    def poll(self, now_ms: int) -> int:
        """Do what is to be done; in how many ms to come again, at the latest."""
        if self.asleep:
            return POLL_MS
        self.board.feed()
        self._sample(now_ms)
        if self._orders is not None:
            self._orders.poll(now_ms)
            if self._orders.is_done:
                self._put_away()
        self._converse(now_ms)
        self._step(Event(_node.TICK), now_ms)
        if self.spool.stale and now_ms >= self._forget_ms:
            self._save(now_ms)
        return self._wait_ms(now_ms)

    def wait(self, ms: int) -> bool:
        """Sleep up to `ms`, less if the link has something. False, at once, if there is no link."""
        return self.link.wait(ms)

    def close(self) -> None:
        """Leave the broker and write down what there is to remember. For an orderly end."""
        self.link.close()
        if self.spool.unsaved or self.spool.stale:
            self.spool.save()

    def identify(self, settings: Settings) -> None:
        """Speak under this identity."""
        self._id = bytes.fromhex(settings.seal_id)
        self._cipher = cipher(settings.key)
        self._report_topic = own_topics.report(settings.seal_id)

    def hang_up(self, now_ms: int) -> None:
        """End the session; the node asks for the next one."""
        self.link.close()
        self._wanted_ms = None
        self._step(Event(_node.DOWN), now_ms)

    def _sample(self, now_ms: int) -> None:
        """Switches to events. Changes are fetched before levels, so that none falls between."""
        node = self.node
        before = self._contacts[REED].contact
        for contact, at_ms in self._edges(REED, now_ms):
            self._step(Event(_node.EDGED, contact, at_ms), now_ms)
        node.bounces += self._contacts[REED].take_bounces()
        for switch in (COVER, MAGNET):
            fresh = self._contacts[switch].contact == UNKNOWN
            edges = self._edges(switch, now_ms)
            if fresh:
                edges = []
                self._tell_tampers()
            for level, at_ms in edges:
                cover = bool(level) if switch == COVER else node.cover
                magnet = bool(level) if switch == MAGNET else node.magnet
                event = Event(_node.TAMPERED, at_ms=at_ms, cover=cover, magnet=magnet)
                self._step(event, now_ms)
        if before == UNKNOWN:
            self._step(Event(_node.FIRST, self._contacts[REED].contact, now_ms), now_ms)

    def _tell_tampers(self) -> None:
        self.node.cover = self._contacts[COVER].contact == 1
        self.node.magnet = self._contacts[MAGNET].contact == 1

    def _edges(self, switch: int, now_ms: int) -> "list[tuple[int, int]]":
        ages_ms = self.board.take_latches(switch)
        return self._contacts[switch].see(now_ms, self.board.level(switch), ages_ms)

    def _converse(self, now_ms: int) -> None:
        """Bring the link on, and hand what it brings to the node."""
        link = self.link
        if self._wanted_ms is not None:
            self._connect(now_ms)
        if link.state != _link.DOWN and not self.board.wifi(True):
            link.fail("the network is gone")
        link.poll(now_ms)
        while link.inbox:
            self._hear(link.inbox.pop(0)[1], now_ms)
        if link.state == _link.UP and not self.node.linked:
            self._step(Event(_node.UP), now_ms)
        elif link.state == _link.DOWN and self._wanted_ms is None:
            self._step(Event(_node.DOWN), now_ms)  # no news to a node that knows

    def _connect(self, now_ms: int) -> None:
        if self.board.wifi(True):
            self._wanted_ms = None
            self.link.open(now_ms)
        elif self._wanted_ms is not None and now_ms >= self._wanted_ms + WIFI_MS_MAX:
            self._wanted_ms = None
            self.link.fail("no network")

    def _hear(self, payload: bytes, now_ms: int) -> None:
        try:
            direction, epoch, counter, plain = open_up(self._cipher, self._id, payload)
            if direction == TO_GATEWAY or version_of(payload) != VERSION:
                raise WireError("malformed", "neither a receipt nor a command of this version")
            if direction == ORDER:
                self._take(epoch, counter, plain, now_ms)
                return
            receipt = unpack(plain)
        except WireError:
            self.refused += 1
            return
        self.receipts += 1
        noting = self.node.noting
        event = Event(_node.RECEIPTED, seq=receipt.seq, epoch=epoch, counter=counter)
        self._step(event, now_ms)
        if self._orders is not None and noting and not self.node.noting:
            self._orders.heard_of(now_ms)

    def _take(self, epoch: int, counter: int, plain: bytes, now_ms: int) -> None:
        """Obey a command, if the heap has room for that; else it is asked again."""
        try:
            self._commanded().obey(epoch, counter, plain, now_ms)
        except MemoryError:
            self.refused += 1
            self._put_away()

    def _put_away(self) -> None:
        """What was read in for a command goes again, for the heap is small."""
        self._orders = None
        if not _SMALL:
            return
        for name in ("sealnode.orders", "sealnode.trial", "sealwire.command"):
            package, _, module = name.partition(".")
            if sys.modules.pop(name, None) and hasattr(sys.modules[package], module):
                delattr(sys.modules[package], module)
        gc.collect()

    def _commanded(self) -> "Orders":
        if self._orders is None:
            from .orders import Orders

            self._orders = Orders(self)
        return self._orders

    def _step(self, event: Event, now_ms: int) -> None:
        if self.asleep:
            return
        stale = self.spool.stale
        effects = self.node.step(event, now_ms)
        if self.spool.unsaved and now_ms >= self._retry_ms:
            self._save(now_ms)
        elif self.spool.stale and not stale:
            self._forget_ms = now_ms + FORGET_MS
        for effect, number in effects:
            self._do(effect, number, now_ms)

    def _do(self, effect: int, number: int, now_ms: int) -> None:
        if effect == _node.SEND:
            self._send(number, now_ms)
        elif effect == _node.CONNECT:
            self._wanted_ms = now_ms
        elif effect == _node.DROP:
            self.link.fail("no receipt for too long")
            self._step(Event(_node.DOWN), now_ms)
        else:
            self._sleep(number, now_ms)

    def _send(self, seq: int, now_ms: int) -> None:
        plain = self._note() if seq == _node.NOTE else self._report(seq, now_ms)
        if plain is None:
            return
        counter = self.spool.take_counter()
        if self.spool.stored_epoch != self.spool.epoch and not self._save(now_ms):
            return  # an epoch that is not in the flash might come twice; the node asks again
        frame = seal_up(self._cipher, self._id, TO_GATEWAY, self.spool.epoch, counter, plain)
        if self.link.publish(self._report_topic, frame, now_ms, _node.REPORT_QOS):
            self.sent += 1
            if seq == _node.NOTE:
                self.node.note_counter = counter

    def _report(self, seq: int, now_ms: int) -> "bytes | None":
        report = self.node.report(seq, now_ms, self.board.battery_mv())
        if report is None:
            return None
        if report.kind == HEARTBEAT:
            report.signal_dbm = self.board.signal_dbm()
        return pack(report)

    def _note(self) -> bytes:
        ticket, outcome = self.answer
        board = self.board
        cause, signal_dbm, battery_mv = board.reset_cause(), board.signal_dbm(), board.battery_mv()
        return note.pack(cause, FIRMWARE, ticket, outcome, signal_dbm, battery_mv)

    def _save(self, now_ms: int) -> bool:
        """Write the spool. A flash that fails is tried again; the report goes out all the same,
        for the gateway can hold what the flash cannot."""
        try:
            self.spool.save()
        except OSError:
            self.flash_failures += 1
            self._retry_ms = self._forget_ms = now_ms + FLASH_RETRY_MS
            return False
        return True

    def _sleep(self, ms: int, now_ms: int) -> None:
        if any([contact.due_ms() is not None for contact in self._contacts]):
            return
        for switch in (REED, COVER, MAGNET):
            if self.board.level(switch) != self._contacts[switch].contact:
                return  # something moves: check again before sleeping
        if (self.spool.unsaved or self.spool.stale) and not self._save(now_ms):
            return
        self.link.close()
        self.board.wifi(False)
        self.board.remember(self._memory())
        self.asleep = True
        self.board.sleep(ms)

    def _memory(self) -> bytes:
        switches = 0
        for i, contact in enumerate(self._contacts):
            switches |= (contact.contact & 1) << i
        node = self.node
        memory = struct.pack(
            _MEMORY,
            _MAGIC,
            self.spool.epoch,
            self.spool.counter,
            node.heartbeat_due_ms >> 32,
            node.heartbeat_due_ms & 0xFFFFFFFF,
            switches,
            min(node.misses, 255),
            min(node.bounces, 255),
        )
        return memory + struct.pack(">I", crc32(memory))

    def _wait_ms(self, now_ms: int) -> int:
        due = min(self.node.due_ms(now_ms), self.link.due_ms(now_ms))
        for contact in self._contacts:
            rest_ms = contact.due_ms()
            if rest_ms is not None:
                due = min(due, rest_ms)
        if self.spool.stale:
            due = min(due, self._forget_ms)
        if self.spool.unsaved:
            due = min(due, self._retry_ms)
        if self.link.state != _link.DOWN or self._wanted_ms is not None:
            due = min(due, now_ms + POLL_MS)
        return max(due - now_ms, 0)


def _recall(board: Hardware) -> "tuple[bytes, int, int, int, int, int, int, int]":
    """What the board remembered, all 0 if nothing or rubbish.

    It is forgotten before it is used: were it found again after a crash, the counter would go back
    to where it was when the seal fell asleep, and numbers would come twice.
    """
    memory = board.recall()
    board.remember(b"")
    size = struct.calcsize(_MEMORY)
    if len(memory) == size + 4 and crc32(memory[:size]) == int.from_bytes(memory[size:], "big"):
        memories: "tuple[bytes, int, int, int, int, int, int, int]"
        memories = struct.unpack(_MEMORY, memory[:size])
        if memories[0] == _MAGIC:
            return memories
    return _MAGIC, 0, 0, 0, 0, SHUT, 0, 0
