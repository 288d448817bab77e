"""Topic and bytes in; a genuine report, or a refusal with its reason, out.

The order of the checks is the order of trust: shape, then whose it claims to be, then the mark
(cheap, before any cipher), then the tag, and only then what it says. Nothing that failed a check
changes anything but a count; a mark moves only for bytes that were authenticated.
"""

import secrets
from collections.abc import Mapping

from gateway.core.events import ReportCame
from gateway.core.model import Contact, Path
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow, accept, refusal
from gateway.engine.ports import Authenticated, Noted, Owed, Rejected
from gateway.registry.load import SealRow
from sealwire import VERSION, advert, envelope, gateway_end, receipt, report, topics
from sealwire.ccm import TAG_BYTES, Cipher, cipher
from sealwire.errors import WireError

AIR_BYTES = 7 + advert.PLAIN_BYTES + TAG_BYTES
_CONTACTS = (Contact.SHUT, Contact.OPEN, Contact.UNKNOWN)


def resolved_advert(epoch: int, counter: int, service: bytes) -> bytes:
    """An advertisement's service data as `Authenticator.read` takes it: with the numbers that its
    id stands for in place of that."""
    numbers = epoch.to_bytes(3, "big") + counter.to_bytes(3, "big")
    return advert.FIRST + numbers + service[advert.ID_BYTES :]


class Authenticator:
    """Knows every seal's key. Marks are handed in, for they move with the commit."""

    def __init__(self) -> None:
        self._seals: dict[str, SealRow] = {}
        self._ciphers: dict[str, Cipher] = {}

    def know(self, seals: dict[str, SealRow]) -> None:
        """Take over the registry's seals."""
        for seal_id, row in seals.items():
            known = self._seals.get(seal_id)
            if known is not None and known.key != row.key:
                self._ciphers.pop(seal_id, None)
        self._seals = seals

    def door_of(self, seal_id: str) -> str | None:
        """The door that a seal hangs on, if it is known and hangs on one."""
        row = self._seals.get(seal_id)
        return row.door_id if row else None

    def read(
        self, topic: str, payload: bytes, windows: Mapping[str, ReplayWindow]
    ) -> Authenticated | Noted | Rejected:
        """What a message is. `marks` holds the replay window of every seal that is known."""
        seal_id = ""
        if payload.startswith(advert.FIRST):
            return self._by_air(topic, payload, windows)
        try:
            seal_id, leaf = topics.parse(topic)
            direction, epoch, counter = envelope.peek(payload)
        except WireError as error:
            return Rejected(Reason(error.reason), seal_id)
        if leaf != "report" or direction != envelope.UP:
            return Rejected(Reason.MALFORMED, seal_id)
        if seal_id not in self._seals:
            return Rejected(Reason.UNKNOWN_SEAL, seal_id)
        not_new = refusal(windows[seal_id], epoch, counter)
        if not_new is not None:
            return Rejected(not_new, seal_id)
        try:
            plain = envelope.open_up(self._cipher(seal_id), bytes.fromhex(seal_id), payload)[3]
            version = envelope.version_of(payload)
            said = gateway_end.unpack(plain, version)
        except WireError as error:
            return Rejected(Reason(error.reason), seal_id)
        if isinstance(said, gateway_end.Note):
            window, _ = accept(windows[seal_id], epoch, counter, 0)
            return Noted(seal_id, said, window, epoch, counter, version)
        window, repeated = accept(windows[seal_id], epoch, counter, said.seq)
        event = _event(seal_id, said)
        return Authenticated(event, window, epoch, counter, repeated, version=version)

    def _by_air(
        self, topic: str, resolved: bytes, windows: Mapping[str, ReplayWindow]
    ) -> Authenticated | Rejected:
        """An advertisement whose id was resolved. The mark is that of all transmissions."""
        try:
            seal_id, _ = topics.parse(topic)
        except WireError as error:
            return Rejected(Reason(error.reason), "")
        if len(resolved) != AIR_BYTES:
            return Rejected(Reason.MALFORMED, seal_id)
        epoch, counter = int.from_bytes(resolved[1:4], "big"), int.from_bytes(resolved[4:7], "big")
        service = bytes(advert.ID_BYTES) + resolved[7:]
        if seal_id not in self._seals:
            return Rejected(Reason.UNKNOWN_SEAL, seal_id)
        not_new = refusal(windows[seal_id], epoch, counter)
        if not_new is not None:
            return Rejected(not_new, seal_id)
        try:
            plain = advert.open_advert(
                self._cipher(seal_id), bytes.fromhex(seal_id), epoch, counter, service
            )
            said = gateway_end.unpack(plain, VERSION)
        except WireError as error:
            return Rejected(Reason(error.reason), seal_id)
        if isinstance(said, gateway_end.Note):  # which is for who can answer
            return Rejected(Reason.MALFORMED, seal_id)
        window, repeated = accept(windows[seal_id], epoch, counter, said.seq)
        event = _event(seal_id, said)
        return Authenticated(event, window, epoch, counter, repeated, Path.AIR)

    def answers(self, owed: Owed) -> list[tuple[str, bytes]]:
        """(topic, payload) of what goes back for a transmission that is in the journal: a command,
        if there is one, and the receipt.

        Both go under one topic, so that no broker may let the receipt overtake the command. A
        command's salt is random, so that no nonce has two texts, whatever database was put back.
        """
        sealer, raw_id = self._cipher(owed.seal_id), bytes.fromhex(owed.seal_id)
        numbers, topic = (owed.epoch, owed.counter), topics.receipt(owed.seal_id)
        seal_up, frames = envelope.seal_up, []
        if owed.command is not None:
            salt = secrets.token_bytes(envelope.SALT_BYTES)
            order = envelope.ORDER, *numbers, owed.command, owed.version, salt
            frames.append(seal_up(sealer, raw_id, *order))
        verdict = receipt.HEARD if owed.is_heard else receipt.STORED
        plain = receipt.pack(receipt.Receipt(owed.seq, verdict))
        frames.append(seal_up(sealer, raw_id, envelope.DOWN, *numbers, plain, owed.version))
        return [(topic, frame) for frame in frames]

    def _cipher(self, seal_id: str) -> Cipher:
        known = self._ciphers.get(seal_id)
        if known is None:
            known = self._ciphers[seal_id] = cipher(self._seals[seal_id].key)
        return known


def _event(seal_id: str, said: report.Report) -> ReportCame:
    return ReportCame(
        seal_id=seal_id,
        seq=said.seq,
        contact=_CONTACTS[said.contact],
        edges=said.edges,
        edge=said.kind == report.EDGE,
        first=said.first,
        bounces=said.bounces,
        age_ms=said.age_ms,
        battery_mv=said.battery_mv,
        cover=said.cover,
        magnet=said.magnet,
        signal_dbm=said.signal_dbm,
    )
