"""One seal, whole: its board, contacts, spool, mind and link, driven by `poll`.

`poll` does everything that can be done at once and says how soon it wants to be called again, so a
chip runs one seal and a bench runs a building of them in one loop. What the gateway commands is for
`commands`; what comes of it is told in notes.
"""

import os

from sealwire import VERSION, own_topics
from sealwire.ccm import cipher
from sealwire.envelope import ORDER, open_up, seal_up, version_of
from sealwire.envelope import UP as TO_GATEWAY
from sealwire.errors import WireError
from sealwire.receipt import unpack
from sealwire.report import HEARTBEAT, pack

from . import FIRMWARE
from . import memory as _memory
from . import node as _node
from . import offline as _link
from .flutter import PACE_MS
from .hardware import COVER, MAGNET, REED, Hardware
from .node import Event, Node
from .settings import OVER, TRIAL, Settings
from .spool import Spool
from .switches import Switches

TYPE_CHECKING = False  # what a type checker takes for true
if TYPE_CHECKING:
    from .asking import Asking
    from .beacon import Beacon
    from .commands import Commands
    from .link import Link
    from .over import Lamp

_ANSWER = b"\x15"  # how an answer about an update begins (sealwire.update)
POLL_MS = 20  # the longest wait while the link may have something to say
FORGET_MS = 2000  # a receipt reaches the flash this late at most; until then it would be sent again
FLASH_RETRY_MS = 1000
MUTE_MS_MAX = 300_000  # that nothing can be said, until a fresh start mounts the flash anew
WIFI_MS_MAX = 30_000


class Seal:
    """Build it after each power-on or wake; it raises SpoolError or OSError if it must not run.
    `slots`: the folder with the slots; without one it takes no updates."""

    def __init__(
        self,
        board: Hardware,
        settings: Settings,
        now_ms: "int | None" = None,
        slots: "str | None" = None,
        on_trial: bool = False,
    ) -> None:
        now_ms = board.now_ms() if now_ms is None else now_ms
        self.board = board
        self.settings = settings
        self.is_called = False  # the gateway says that there may be an update: ask with its receipt
        self.refused = 0  # messages that were no receipt and no command of ours
        self.receipts = self.sent = self.flash_failures = 0
        self.asleep = False
        self.answer = 0, 0  # the latest command's ticket, and what came of it (sealwire.note)
        self.commands: "Commands | None" = None  # until there is one
        self.beacon: "Beacon | None" = None
        self.asking: "Asking | None" = None  # until the first receipt
        self.identify(settings)
        self.spool = Spool(board.flash)
        memory = _memory.recall(board)
        woken = self.spool.boot(memory[0], memory[1])
        # Of the transmissions of this wake that no command has answered yet: all above it.
        self.fresh_counter, self.answered_ms = self.spool.counter, now_ms
        self._retry_ms = self._forget_ms = self._began_ms = now_ms
        if not woken:
            self._save(now_ms)  # the new epoch, before its first use: without it nothing is said
        its = settings.mains, board.random_below, now_ms, woken, settings.bluetooth
        self.node = Node(self.spool, settings.heartbeat_ms, *its)
        bits, flutter = (memory[3], memory[7]) if woken else (None, b"")
        self.switches = Switches(board, settings.mains, now_ms, bits, flutter)
        if woken:
            _memory.tell(memory, self.node, self.switches)
        self.link: "Link | _link.Offline" = _link.Offline()
        self.slots = None if slots is None else (slots, on_trial, woken)
        self._wanted_ms: "int | None" = None  # since when the node wants a connection
        if not woken:
            self.node.note(now_ms)
        self.lamp: "Lamp | None" = None  # while no order holds at its door
        kept = os.listdir(board.flash)
        if OVER in kept:
            from .over import resume  # a seal under an order does not pay for it

            resume(self, now_ms, woken)
        if TRIAL in kept:
            self._read_commands().go_on(now_ms, woken)

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
        if self.lamp is not None:
            self.node.showing = self.lamp.poll(now_ms)
        if self.commands is not None:
            self.commands.poll(now_ms)
        self._converse(now_ms)
        self._speak(now_ms)
        self._step(Event(_node.TICK), now_ms)
        self._speak(now_ms)
        if self.asking is not None:
            self._pull(self.asking, now_ms)
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
        self._acting = settings
        self._id = bytes.fromhex(settings.seal_id)
        self._cipher = cipher(settings.key)
        self._report_topic = own_topics.report(settings.seal_id)
        if self.asking is not None:
            self.asking.identify(settings.seal_id, self._cipher)
        if settings.bluetooth:
            from .beacon import Beacon  # a small heap pays for it only where it is wanted

            if self.beacon is not None:
                self.beacon.end(self.board)
            self.beacon = Beacon(settings.key)

    def read_link(self) -> bool:
        """Read in what a session needs. False if heap or certificate are not good for it yet."""
        acting = self._acting
        own = acting.user, acting.password, own_topics.receipt(acting.seal_id)
        try:
            from .link import Link

            self.link = Link(acting.broker, acting.port, acting.ca_der(), acting.server_name, *own)
        except (MemoryError, OSError, ValueError) as error:
            if isinstance(error, MemoryError) and self.node.misses >= _link.ROOMLESS_MAX:
                raise
            self.link.fail(str(error))
        return not isinstance(self.link, _link.Offline)

    def hang_up(self, now_ms: int) -> None:
        """End the session; the node asks for the next one."""
        self.link.close()
        self._wanted_ms = None
        self._step(Event(_node.DOWN), now_ms)

    def _sample(self, now_ms: int) -> None:
        """Switches to events. Changes are fetched before levels, so that none falls between."""
        node, switches = self.node, self.switches
        fresh = switches.is_fresh()
        for contact, at_ms, count in switches.edges(REED, now_ms):
            self._step(Event(_node.EDGED, contact, at_ms, edges=count), now_ms)
        node.bounces += switches.take_bounces()
        for switch in (COVER, MAGNET):
            for level, at_ms, _ in switches.edges(switch, now_ms):
                cover = bool(level) if switch == COVER else node.cover
                magnet = bool(level) if switch == MAGNET else node.magnet
                event = Event(_node.TAMPERED, at_ms=at_ms, cover=cover, magnet=magnet)
                self._step(event, now_ms)
        if fresh:
            contact, cover_off, foreign = switches.levels()
            node.cover, node.magnet = cover_off == 1, foreign == 1
            self._step(Event(_node.FIRST, contact, now_ms), now_ms)

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
            if self.node.trying:
                self.board.unreachable()
            self._step(Event(_node.DOWN), now_ms)  # no news to a node that knows

    def _connect(self, now_ms: int) -> None:
        if self.board.wifi(True):
            self._wanted_ms = None
            self.link.open(now_ms)
        elif self._wanted_ms is not None and now_ms >= self._wanted_ms + WIFI_MS_MAX:
            self._wanted_ms = None
            self.link.fail("no network")

    def _hear(self, payload: bytes, now_ms: int) -> None:
        if payload[:1] == _ANSWER:
            self.refused += self.asking is None or not self.asking.hear(payload)
            return
        try:
            direction, epoch, counter, plain = open_up(self._cipher, self._id, payload)
            if direction == TO_GATEWAY or version_of(payload) != VERSION:
                raise WireError("malformed", "neither a receipt nor a command of this version")
            if direction == ORDER:
                # One that there was no room for is asked again.
                self.refused += not self._read_commands().take(epoch, counter, plain, now_ms)
                return
            receipt = unpack(plain)
        except WireError:
            self.refused += 1
            return
        self._receipted(receipt.seq, receipt.verdict, epoch, counter, now_ms)

    def _receipted(self, seq: int, verdict: int, epoch: int, counter: int, now_ms: int) -> None:
        self.receipts += 1
        noting = self.node.noting
        event = Event(_node.RECEIPTED, seq=seq, epoch=epoch, counter=counter, verdict=verdict)
        if self.slots is not None and epoch == self.spool.epoch:
            self._answered(counter, now_ms)
        self._step(event, now_ms)
        if noting and not self.node.noting and self.commands is not None:
            self.commands.heard_of(now_ms)

    def _answered(self, counter: int, now_ms: int) -> None:
        """Who has a receipt may ask for an update; who only beats by air never reads that in."""
        if self.asking is None and self.slots is not None:
            from .asking import Asking

            self.asking = Asking(*self.slots, self._acting.seal_id, self._cipher)
        if self.asking is not None:
            self.asking.answered(counter, now_ms, self.is_called)
            self.is_called = False

    def _pull(self, asking: "Asking", now_ms: int) -> None:
        """Bring an update on, behind everything that is to be told; restart once it lies there."""
        if self.asleep or self.spool.count or self.link.state != _link.UP:
            return
        is_whole = asking.pull(self.spool, self.link, now_ms) and self.switches.is_at_rest()
        if is_whole and self._is_kept(now_ms) and asking.restart():
            self.link.close()
            self.asleep = True
            self.board.restart()

    def _step(self, event: Event, now_ms: int) -> None:
        if self.asleep:
            return
        if self.lamp is not None and event.kind in (_node.EDGED, _node.TAMPERED):
            self.lamp.show(now_ms)
        stale = self.spool.stale
        effects = self.node.step(event, now_ms)
        if self.spool.unsaved and now_ms >= self._retry_ms:
            self._save(now_ms)
        elif self.spool.stale and not stale:
            # The next report of a contact that flutters writes it along with itself.
            self._forget_ms = now_ms + (
                2 * PACE_MS if self.switches.flutters[REED].is_spent else FORGET_MS
            )
        for effect, number in effects:
            self._do(effect, number, now_ms)

    def _do(self, effect: int, number: int, now_ms: int) -> None:
        if effect == _node.SEND:
            self._send(number, now_ms)
        elif effect == _node.ADVERTISE:
            if self.beacon:
                self.beacon.say(number)
        elif effect == _node.CONNECT:
            if not isinstance(self.link, _link.Offline) or self.read_link():
                self._wanted_ms = now_ms
        elif effect == _node.DROP:
            self.link.fail("no receipt for too long")
            self._step(Event(_node.DOWN), now_ms)
        else:
            self._sleep(number, now_ms)

    def _number(self, seq: int, now_ms: int) -> "tuple[int, bytes] | None":
        """A transmission's counter, which no other has whichever way it goes, and its text."""
        plain = self._note() if seq == _node.NOTE else self._report(seq, now_ms)
        if plain is None:
            return None
        counter = self.spool.take_counter()
        if not self.spool.may_speak and not self._save(now_ms):
            return None  # an epoch that is not in the flash might come twice; the node asks again
        return counter, plain

    def _speak(self, now_ms: int) -> None:
        """By air: let go what has been said often enough, and begin with the next."""
        beacon = self.beacon
        if not beacon:
            return
        while not beacon.is_on_air(now_ms) and beacon.waiting:
            numbered = self._number(beacon.waiting.pop(0), now_ms)
            if numbered:
                counter, plain = numbered
                advert = beacon.advert(self._cipher, self._id, self.spool.epoch, counter, plain)
                beacon.begin(self.board, advert, now_ms)
        self.node.airing = beacon.is_on_air(now_ms)
        if not self.node.airing:
            beacon.end(self.board)

    def _send(self, seq: int, now_ms: int) -> None:
        numbered = self._number(seq, now_ms)
        if not numbered:
            return
        counter, plain = numbered
        frame = seal_up(self._cipher, self._id, TO_GATEWAY, self.spool.epoch, counter, plain)
        if self.link.publish(self._report_topic, frame, now_ms, _node.REPORT_QOS):
            self.sent += 1
            if seq == _node.NOTE:
                self.node.note_counter = counter

    def _report(self, seq: int, now_ms: int) -> "bytes | None":
        report = self.node.report(seq, now_ms, self.board.battery_mv())
        if report is not None and report.kind == HEARTBEAT:
            report.signal_dbm = self.board.signal_dbm()
        return None if report is None else pack(report)

    def _read_commands(self) -> "Commands":
        if self.commands is None:
            from .commands import Commands

            self.commands = Commands(self)
        return self.commands

    def _note(self) -> bytes:
        from sealwire import note  # once a start, and when a command was answered

        measured = self.board.signal_dbm(), self.board.battery_mv()
        return note.pack(self.board.reset_cause(), FIRMWARE, *self.answer, *measured)

    def _save(self, now_ms: int) -> bool:
        """Write the spool. If the flash fails, later; the gateway holds what it cannot."""
        try:
            self.spool.save()
        except OSError:
            if now_ms >= self._began_ms + MUTE_MS_MAX and not self.spool.may_speak:
                raise
            self.flash_failures += 1
            self._retry_ms = self._forget_ms = now_ms + FLASH_RETRY_MS
            return False
        return True

    def _is_kept(self, now_ms: int) -> bool:
        """Whether the flash has all; of a receipt that it has not, the report is said once more."""
        is_kept = not (self.spool.unsaved or self.spool.stale) or self._save(now_ms)
        return is_kept or not self.spool.unsaved

    def _sleep(self, ms: int, now_ms: int) -> None:
        if self.beacon and (self.beacon.waiting or self.beacon.is_on_air(now_ms)):
            return
        muted, muted_ms = self.switches.muted(now_ms)
        if not self.switches.is_at_rest(muted):
            return  # check again before sleeping
        is_up = self.link.state == _link.UP
        if self.asking is not None and is_up and self.asking.keeps_awake(now_ms):
            return
        if not self._is_kept(now_ms):
            return
        self.link.close()
        self.board.wifi(False)
        self.board.remember(_memory.of(self.spool, self.node, self.switches))
        self.asleep = True
        self.board.sleep(min(ms, muted_ms) if muted else ms, muted)

    def _wait_ms(self, now_ms: int) -> int:
        due = min(self.node.due_ms(now_ms), self.link.due_ms(now_ms))
        wanted_ms = self.switches.due_ms()
        due = due if wanted_ms is None else min(due, wanted_ms)
        if self.beacon and self.beacon.until_ms is not None:
            due = min(due, self.beacon.until_ms)
        if self.lamp is not None:
            due = min(due, self.lamp.due_ms(now_ms))
        if self.spool.stale:
            due = min(due, self._forget_ms)
        if self.spool.unsaved:
            due = min(due, self._retry_ms)
        if self.asking is not None and self.link.state == _link.UP:
            due = min(due, self.asking.due_ms(now_ms))
        if self.link.state != _link.DOWN or self._wanted_ms is not None:
            due = min(due, now_ms + POLL_MS)
        return max(due - now_ms, 0)
