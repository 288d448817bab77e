"""Two seals live one life: the real one (firmware/sealnode), and the fleet's stand-in for it."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.simulate.seal import Seal as SimulatedSeal
from gateway.simulate.seal import Transmission
from sealnode import link as link_states
from sealnode.flutter import PACE_MS
from sealnode.hardware import COVER, MAGNET, REED
from sealnode.link import Link
from sealnode.seal import FORGET_MS
from sealnode.seal import Seal as RealSeal
from sealnode.settings import Settings
from sealwire import ccm, envelope, gateway_end, receipt, report
from sealwire.receipt import Receipt
from tests.bench_board import BenchBoard
from tests.simulate.seal_life import (
    ACTS,
    ANSWER_MS,
    ARRIVES,
    HAPPENS,
    READINGS,
    Heartbeat,
    Life,
    Record,
    World,
)

KEY = bytes(range(32))
SEAL_ID = "0123456789abcdef"
SWITCHES = {"edge": REED, "cover": COVER, "magnet": MAGNET}
CONTACTS = (Contact.SHUT, Contact.OPEN, Contact.UNKNOWN)


class _Dice(Random):
    """Dice that always show the same share of what they could."""

    def __init__(self, share: float) -> None:
        super().__init__(0)
        self._share = share

    def randrange(self, start: int, *_: Any) -> int:  # type: ignore[override]
        return int(start * self._share)


class _OpenAir:
    """In place of the fleet's air: hands every transmission over at once, for the world to lose."""

    def crossings(self, at_ms: int) -> list[int]:
        return [0]

    def carries_heartbeat(self, number: int, at_ms: int) -> bool:
        return True


class SimulatedLife(World):
    """The life of the fleet's seal. `looks_ms`: when to ask it what a heartbeat would say."""

    def __init__(self, truth: Life, readings_ms: list[int]) -> None:
        super().__init__(truth)
        dice = _Dice(truth.throw)
        air: Any = _OpenAir()
        self.seal = SimulatedSeal(SEAL_ID, air, dice, truth.heartbeat_ms, self._plan, self._out)
        self.seal.edges = self.seal.told_edges = truth.edges_before
        self._leaf = Contact.SHUT
        for at_ms, what, value in truth.acts:
            rank = READINGS if what == "reading" else HAPPENS
            self.at(at_ms, rank, self._happens, (what, value))
        for at_ms in readings_ms:
            self.at(at_ms, READINGS, self._heartbeats, None)

    def live(self) -> Record:
        while self.next_ms() < self.truth.end_ms:
            self.do_next()
        self.record.dropped = self.seal.dropped
        return self.record

    def _plan(self, at_ms: int, act: Callable[[Any], None], argument: Any) -> None:
        if act == self._out:
            act(argument)
        else:
            self.at(at_ms, ACTS, act, argument)

    def _out(self, transmission: Transmission) -> None:
        epoch, counter, event = transmission
        self.crosses(event, epoch, counter, self._receipted)

    def _receipted(self, told: tuple[int, int, int]) -> None:
        self.seal.receipted(self.now_ms, told[0])

    def _heartbeats(self, _: None) -> None:
        said = self.seal.heartbeat(self.now_ms)
        if said is not None:
            heartbeat = Heartbeat(self.now_ms, said.contact, said.edges, said.cover, said.magnet)
            self.record.heartbeats.append(heartbeat)

    def _happens(self, what: tuple[str, int]) -> None:
        kind, value = what
        if kind == "reading":
            self.record.readings.append((self.now_ms, self.seal.on and not self.seal.spool))
        elif kind == "power":
            self._power(bool(value))
        elif kind == "edge":
            self._leaf = CONTACTS[value]
            if self.seal.on and self._leaf is not self.seal.contact:
                self.seal.edge(self.now_ms, self._leaf)
        else:
            setattr(self.seal, kind, bool(value))
            if self.seal.on:
                self.seal.tampered(self.now_ms)

    def _power(self, on: bool) -> None:
        if on:
            self.booted()
            self.seal.boot(self.now_ms, self._leaf)
        else:
            self.seal.power_fails(self.now_ms)


class _Board(BenchBoard):
    """A bench's board whose dice show the same share each time; the first throw after power-on,
    which keeps a building's seals apart, shows nought: the simulated seal is linked at once."""

    def __init__(self, flash: str, clock: Callable[[], int], share: float) -> None:
        super().__init__(flash, clock)
        self._share = share
        self.is_booting = True

    def random_below(self, n: int) -> int:
        if self.is_booting:
            self.is_booting = False
            return 0
        return int(n * self._share)


class _Line(Link):
    """In place of a link: it is up as soon as it is light, and hands everything over."""

    def __init__(self, world: "RealLife") -> None:
        self.state = link_states.DOWN
        self.why = ""
        self.inbox: list[tuple[str, bytes]] = []
        self._world = world

    def open(self, now_ms: int) -> None:
        if not self._world.truth.patient and self._world.truth.is_dark(now_ms):
            self._world.record.lost_links += 1
        else:
            self.state = link_states.UP

    def poll(self, now_ms: int) -> None:
        pass

    def publish(self, topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        self._world.out(payload)
        return True

    def due_ms(self, now_ms: int) -> int:
        return now_ms + 30_000

    def fail(self, why: str) -> None:
        self.state = link_states.DOWN
        self._world.record.lost_links += 1

    def close(self) -> None:
        self.state = link_states.DOWN


class RealLife(World):
    """The life of the real seal, on a bench's board, over as many boots as it has."""

    def __init__(self, truth: Life, folder: Path) -> None:
        super().__init__(truth)
        fields = {
            "id": SEAL_ID,
            "key": KEY.hex(),
            "broker": "127.0.0.1",
            "port": 1883,
            "ca": None,
            "server_name": "broker.test",
            "user": SEAL_ID,
            "password": "geheim",
            "wifi": None,
            "heartbeat_s": truth.heartbeat_ms // 1_000,
            "mains": True,
        }
        self._settings = Settings(fields)
        self._cipher = ccm.cipher(KEY)
        self._raw_id = bytes.fromhex(SEAL_ID)
        self.board = _Board(f"{folder}/", lambda: self.now_ms, truth.throw)
        self.seal: RealSeal | None = None
        self._lived_before = False
        for at_ms, what, value in truth.acts:
            rank = READINGS if what == "reading" else HAPPENS
            self.at(at_ms, rank, self._happens, (what, value))

    def live(self) -> Record:
        while (due_ms := self._due_ms()) < self.truth.end_ms:
            self.now_ms = due_ms
            while self.next_ms() <= due_ms and self._heap[0][1] < READINGS:
                self.do_next()
            if self.seal is not None:
                self.seal.poll(self.now_ms)
            while self.next_ms() <= due_ms:
                self.do_next()
        self._ends()
        return self.record

    def _due_ms(self) -> int:
        if self.seal is None:
            return self.next_ms()
        wants_ms = [self.seal.node.due_ms(self.now_ms)]
        wants_ms += [f.due_ms() for f in self.seal.switches.flutters if f.due_ms() is not None]
        return min(self.next_ms(), max(min(wants_ms), self.now_ms + 1))

    def out(self, frame: bytes) -> None:
        """The seal sends. A heartbeat always arrives: the fleet's air has the say in that."""
        _, epoch, counter, plain = envelope.open_up(self._cipher, self._raw_id, frame)
        said = gateway_end.unpack(plain, envelope.version_of(frame))
        if isinstance(said, gateway_end.Note):  # the fleet's seals say nothing of themselves
            if not self.truth.is_dark(self.now_ms):
                self.at(self.now_ms + ANSWER_MS, ARRIVES, self._receipted, (0, epoch, counter))
            return
        contact = CONTACTS[said.contact]
        if said.seq == 0:
            heartbeat = Heartbeat(self.now_ms, contact, said.edges, said.cover, said.magnet)
            self.record.heartbeats.append(heartbeat)
            if not self.truth.is_dark(self.now_ms):
                answer = 0, epoch, counter
                self.at(self.now_ms + ANSWER_MS, ARRIVES, self._receipted, answer)
            return
        event = ReportCame(
            SEAL_ID,
            said.seq,
            contact,
            said.edges,
            said.kind == report.EDGE,
            first=said.first,
            age_ms=said.age_ms,
            cover=said.cover,
            magnet=said.magnet,
        )
        self.crosses(event, epoch, counter, self._receipted)

    def _receipted(self, told: tuple[int, int, int]) -> None:
        if self.seal is None:
            return
        seq, epoch, counter = told
        plain = receipt.pack(Receipt(seq))
        frame = envelope.seal_up(self._cipher, self._raw_id, envelope.DOWN, epoch, counter, plain)
        self.seal.link.inbox.append(("", frame))
        for wait_ms in (FORGET_MS, 2 * PACE_MS):  # it wants to be polled
            self.at(self.now_ms + wait_ms, ACTS, lambda _: None, None)

    def _happens(self, what: tuple[str, int]) -> None:
        kind, value = what
        if kind == "reading":
            idle = self.seal is not None and not self.seal.waiting
            self.record.readings.append((self.now_ms, idle))
        elif kind == "power" and value:
            self._boots()
        elif kind == "power":
            self._ends()
        else:
            self.board.set_switch(SWITCHES[kind], value)

    def _boots(self) -> None:
        self.booted()
        self.board.is_booting = True
        self.seal = RealSeal(self.board, self._settings, self.now_ms)
        self.seal.link = _Line(self)
        if not self._lived_before:
            self.seal.spool.edges = self.truth.edges_before
        self._lived_before = True

    def _ends(self) -> None:
        if self.seal is not None:
            self.record.dropped += self.seal.spool.dropped
        self.seal = None
