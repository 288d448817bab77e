"""The world around a seal, faked: a link that loses things, and a gateway that keeps a ledger."""

import random

from sealnode import link as link_states
from sealwire import ccm, envelope, gateway_end, receipt
from sealwire.receipt import Receipt
from sealwire.report import Report
from tests.firmware import seal_bench


class LossyLink:
    """In place of a Link: up and down by chance, and what it carries meets a gateway by chance."""

    def __init__(self, chance: random.Random, gateway: "Gateway") -> None:
        self.state = link_states.DOWN
        self.why = ""
        self.inbox: list[tuple[str, bytes]] = []
        self.loss = 0.3
        self._chance = chance
        self._gateway = gateway
        self._late: list[bytes] = []

    def open(self, now_ms: int) -> None:
        self.state = link_states.CONNECTING

    def poll(self, now_ms: int) -> None:
        if self.state == link_states.CONNECTING:
            lost = self._chance.random() < self.loss
            self.state = link_states.DOWN if lost else link_states.UP
        elif self.state == link_states.UP and self._chance.random() < self.loss / 20:
            self.state = link_states.DOWN
        if self.state == link_states.UP:
            self.inbox += [("", frame) for frame in self._late]
            self._late = []

    def publish(self, topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        if self.state != link_states.UP:
            return False
        copies = 0 if self._chance.random() < self.loss else self._chance.choice((1, 1, 1, 2))
        for _ in range(copies):
            answer = self._gateway.hear(payload, now_ms)
            if answer and self._chance.random() >= self.loss:
                self._late.append(answer)
        return True

    def due_ms(self, now_ms: int) -> int:
        return now_ms + 30_000

    def fail(self, why: str) -> None:
        self.state = link_states.DOWN

    def close(self) -> None:
        self.state = link_states.DOWN


class Gateway:
    """The receiving side's rules, and a ledger of everything that must not happen."""

    def __init__(self) -> None:
        self.cipher = ccm.cipher(seal_bench.KEY)
        self.seal_id = bytes.fromhex(seal_bench.SEAL_ID)
        self.mark = (0, 0)
        self.texts: dict[tuple[int, int], bytes] = {}
        self.journal: dict[int, Report] = {}
        self.notes: list[gateway_end.Note] = []
        self.edge_ms: dict[int, int] = {}  # seq -> when the gateway believes it was

    def hear(self, frame: bytes, now_ms: int) -> bytes | None:
        _, epoch, counter, plain = envelope.open_up(self.cipher, self.seal_id, frame)
        known = self.texts.setdefault((epoch, counter), plain)
        assert known == plain, "a nonce met a second text"
        if (epoch, counter) <= self.mark:
            return None
        self.mark = (epoch, counter)
        told = gateway_end.unpack(plain, envelope.version_of(frame))
        if isinstance(told, gateway_end.Note):
            self.notes.append(told)
            return self._receipt(epoch, counter, 0)
        if told.seq and told.seq in self.journal:
            before = self.journal[told.seq]
            same = (before.contact, before.edges, before.kind, before.first)
            assert same == (told.contact, told.edges, told.kind, told.first), "a seq came twice"
        elif told.seq:
            self.journal[told.seq] = told
            if told.age_ms is not None:
                self.edge_ms[told.seq] = now_ms - told.age_ms
        return self._receipt(epoch, counter, told.seq)

    def _receipt(self, epoch: int, counter: int, seq: int) -> bytes:
        answer = receipt.pack(Receipt(seq))
        return envelope.seal_up(self.cipher, self.seal_id, envelope.DOWN, epoch, counter, answer)
