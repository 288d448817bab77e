"""A gateway that commands: it asks with its answers, and decides a trial by its first note."""

import json
import secrets
from pathlib import Path
from typing import NamedTuple

import pytest

from sealnode import link as link_states
from sealnode.seal import Seal
from sealnode.settings import read
from sealwire import ccm, command, envelope, gateway_end, note, receipt, topics
from sealwire.gateway_end import Note
from sealwire.receipt import Receipt
from sealwire.report import Report
from tests.bench_board import BenchBoard
from tests.firmware import seal_bench

STEP_MS = 50


class Command(NamedTuple):
    """What a gateway asks."""

    kind: int
    ticket: int
    parts: tuple[bytes, ...]


class Broker:
    """Lets in who has a login, and carries what is said to the gateway and back."""

    def __init__(self, seal_id: str, key: bytes, password: str) -> None:
        self.logins = {seal_id: password}
        self.keys = {seal_id: key}
        self.marks = {seal_id: (0, 0)}
        self.asks: Command | None = None
        self.notes: list[tuple[str, Note]] = []
        self.reports: list[tuple[str, Report]] = []
        self.commanded: list[bytes] = []  # frames, as they went down
        self.texts: dict[tuple[str, bytes], bytes] = {}  # nonces by seal, and what each sealed
        self.is_up = True
        self.is_taken = False  # what it asks
        self.loses_receipts = 0  # the next ones

    def hear(self, seal_id: str, frame: bytes) -> list[bytes]:
        """What goes back: a command, if there is one, and the receipt."""
        cipher, raw_id = ccm.cipher(self.keys[seal_id]), bytes.fromhex(seal_id)
        _, epoch, counter, plain = envelope.open_up(cipher, raw_id, frame)
        known = self.texts.setdefault((seal_id, frame[:7]), plain)
        assert known == plain, "a nonce met a second text"
        if (epoch, counter) <= self.marks[seal_id]:
            return []
        self.marks[seal_id] = epoch, counter
        answers, seq = [], 0
        said = gateway_end.unpack(plain, envelope.version_of(frame))
        if isinstance(said, Note):
            self.notes.append((seal_id, said))
            self._decide(seal_id, said)
        else:
            seq = said.seq
            self.reports.append((seal_id, said))
        numbers = epoch, counter
        if self.asks is not None and not self.is_taken and seal_id in self.keys:
            salt, packed = secrets.token_bytes(6), gateway_end.pack_command(*self.asks)
            asked = envelope.seal_up(cipher, raw_id, envelope.ORDER, *numbers, packed, salt=salt)
            self.commanded.append(asked)
            answers.append(asked)
        if self.loses_receipts:
            self.loses_receipts -= 1
            return answers
        sealed = receipt.pack(Receipt(seq))
        return [*answers, envelope.seal_up(cipher, raw_id, envelope.DOWN, *numbers, sealed)]

    def follow(self, seal_id: str, key: bytes, password: str) -> None:
        """Another identity, for a seal that is to go by it."""
        self.logins[seal_id], self.keys[seal_id], self.marks[seal_id] = password, key, (0, 0)

    def outcomes(self) -> list[int]:
        return [said.outcome for _, said in self.notes if said.ticket]

    def _decide(self, seal_id: str, said: Note) -> None:
        """As the gateway does it: the first of both ends the other for good."""
        if not said.ticket:
            self.is_taken = False  # it has begun anew, and knows of nothing
        if self.asks is None or said.ticket != self.asks.ticket:
            return
        self.is_taken = said.outcome == note.TAKEN
        if said.outcome in (note.WORKED, note.REFUSED, note.FELL_BACK):
            if self.asks.kind == command.IDENTITY:
                for other in [one for one in self.keys if one != seal_id]:
                    del self.keys[other]
            self.asks = None


class RadioBoard(BenchBoard):
    """A bench's board among networks that come and go, by their names."""

    networks: list[str] | None = None  # that are there; None: any
    joined = ""
    signal: int | None = None

    def wifi(self, up: bool) -> bool:
        return up and (self.networks is None or self.joined in self.networks)

    def join(self, wifi: tuple[str, str] | None) -> None:
        self.joined = wifi[0] if wifi else ""

    def signal_dbm(self) -> int | None:
        return self.signal

    def reset_cause(self) -> int:
        return note.POWER_ON


class Wire:
    """In place of a Link: up if network and login are good, down if not; loses nothing."""

    def __init__(self, board: RadioBoard, broker: Broker, user: str, password: str) -> None:
        self.state, self.why = link_states.DOWN, ""
        self.inbox: list[tuple[str, bytes]] = []
        self._board, self._broker = board, broker
        self.speak_as(user, password, topics.receipt(user))

    def speak_as(self, user: str, password: str, topic: str) -> None:
        self._said, self.topic = password, topic

    def open(self, now_ms: int) -> None:
        self.inbox = []
        self._user = self.topic.split("/")[1]
        is_known = self._said == self._broker.logins.get(self._user)
        is_in = self._broker.is_up and is_known and self._board.wifi(True)
        self.state = link_states.UP if is_in else link_states.DOWN

    def poll(self, now_ms: int) -> None:
        if not self._broker.is_up:
            self.state = link_states.DOWN

    def publish(self, topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        seal_id = topic.split("/")[1]
        if self.state != link_states.UP or seal_id != self._user:
            return False
        if seal_id in self._broker.keys:  # one that nobody knows any more gets no answer
            self.inbox += [("", frame) for frame in self._broker.hear(seal_id, payload)]
        return True

    def due_ms(self, now_ms: int) -> int:
        return now_ms + 30_000

    def fail(self, why: str) -> None:
        self.state = link_states.DOWN

    def close(self) -> None:
        self.state = link_states.DOWN


class Bench:
    """Makes a seal on a bench, in a folder that is its flash."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder, self._patch = folder, patch

    def __call__(
        self, battery: bool = False, wifi: dict[str, str] | None = None
    ) -> "CommandedSeal":
        """One that is not started yet, on mains or with a battery."""
        more = {} if wifi is None else {"wifi": wifi}
        fields = seal_bench.seal_settings(1, mains=not battery, **more)
        (self._folder / "seal.json").write_text(json.dumps(fields))
        broker = Broker(seal_bench.SEAL_ID, seal_bench.KEY, "geheim")
        return CommandedSeal(f"{self._folder}/", broker, self._patch, battery)


class CommandedSeal:
    """One board with its flash, a clock moved by hand, and the seal that runs on it."""

    def __init__(
        self, folder: str, broker: Broker, patch: pytest.MonkeyPatch, battery: bool = False
    ) -> None:
        self.now_ms, self.broker = 5_000_000, broker
        self._wakes_ms = 0
        patch.setattr("sealnode.link.Link", lambda *place: Wire(self.board, broker, *place[4:6]))
        self.board = RadioBoard(folder, lambda: self.now_ms, 3000 if battery else None)

    def boot(self, is_cold: bool = True) -> Seal:
        """Power on, or wake."""
        if is_cold:
            self.board.memory = b""
        self.board.slept_ms = None
        own = read(self.board.flash)
        self.board.join(own.wifi)
        self.seal = Seal(self.board, own)
        return self.seal

    def run(self, ms: int) -> "CommandedSeal":
        """Let time pass; a seal that sleeps is woken when it wanted to be."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            if not self.seal.asleep:
                self.seal.poll(self.now_ms)
                self._wakes_ms = self.now_ms + (self.board.slept_ms or 0)
                self.now_ms += STEP_MS
            elif self._wakes_ms > self.now_ms:
                self.now_ms = min(self._wakes_ms, end_ms)
            else:
                self.boot(is_cold=False)
        return self
