"""Contacts of other makers: whose a message is, what it says, and whether it may be an event.

What the adapters read becomes a `ContactSaid` for the engine. Whether it is an event or a reading
is decided by what we heard before it, without a gap: since we subscribed, since the contact's own
program began anew, since the engine took the one before. One contact's bad messages are counted
and told at its door, and keep nobody else's.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from gateway.core.makes import Make, title_of
from gateway.engine.ports import ContactSaid
from gateway.ingest.adapters import esphome, tasmota, zigbee2mqtt
from gateway.ingest.adapters.said import Said, Unreadable
from gateway.registry.load import ContactRow

log = logging.getLogger("menshen.contacts")

WAITED_MS: Final = 500  # shorter ones are not told from ordinary work

Receive = Callable[[ContactSaid], bool]
AirReader = Callable[[ContactRow], Any]  # makes adapters.bthome.Reader


class _Standing(Enum):
    """What we know of a contact's next message."""

    NEW = "new"  # nobody heard what the contact did before it
    STALE = "stale"  # nor whether somebody kept it
    FOLLOWED = "followed"  # it comes after one that we heard


class _Adapter(NamedTuple):
    """How the messages of one maker's contacts are found and read."""

    topics: Callable[[str], tuple[str, ...]]
    read: Callable[[str, str, bytes], Said | None]


class Contacts:
    """What contacts of other makers say, handed over to the engine.

    Args:
        receive: takes what one said; False if it was turned away.
        base: Zigbee2MQTT's base topic.
        air_reader: makes the reader of a contact that speaks by Bluetooth.
    """

    def __init__(
        self, receive: Receive, base: str = "zigbee2mqtt", air_reader: AirReader | None = None
    ) -> None:
        self._receive, self._air_reader = receive, air_reader
        self._adapters: dict[str, _Adapter] = {
            Make.ZIGBEE2MQTT: _Adapter(
                lambda address: zigbee2mqtt.topics(address, base),
                lambda address, topic, payload: zigbee2mqtt.read(address, topic, payload, base),
            ),
            Make.TASMOTA: _Adapter(tasmota.topics, tasmota.read),
            Make.ESPHOME: _Adapter(esphome.topics, esphome.read),
        }
        self._rows: Mapping[str, ContactRow] = {}
        self._of_topic: dict[str, list[ContactRow]] = {}
        self._of_address: dict[str, tuple[ContactRow, Any]] = {}
        self._standing: dict[str, _Standing] = {}
        self._refused: set[str] = set()  # whose latest message could not be read: told once
        self.refused = 0

    def know(self, rows: Mapping[str, ContactRow]) -> None:
        """Take over the contacts that are enrolled, by seal_id."""
        of_topic: dict[str, list[ContactRow]] = defaultdict(list)
        readers: dict[str, tuple[ContactRow, Any]] = {}
        for row in rows.values():
            before = self._rows.get(row.seal_id)
            if before is None or _lives_as(before) != _lives_as(row):
                self._standing.pop(row.seal_id, None)  # whatever it says next is its first word
            adapter = self._adapters.get(row.make)
            for topic in () if adapter is None else adapter.topics(row.address):
                of_topic[topic].append(row)
            if row.make == Make.BTHOME and self._air_reader is not None:
                known = self._of_address.get(row.address)
                is_same = known is not None and known[0].bind_key == row.bind_key
                reader = known[1] if known and is_same else self._air_reader(row)
                readers[row.address] = row, reader
        self._rows, self._of_topic, self._of_address = dict(rows), dict(of_topic), readers

    @property
    def topics(self) -> frozenset[str]:
        """Where their messages come, at a broker."""
        return frozenset(self._of_topic)

    @property
    def is_on_air(self) -> bool:
        """Whether such contacts can be heard by Bluetooth: whether their library is installed."""
        return self._air_reader is not None

    def lost(self) -> None:
        """Messages may have been missed: what comes next of each is a first reading."""
        self._standing.clear()

    def heard(self, topic: str, payload: bytes, is_retained: bool, waited_ms: int = 0) -> None:
        """A message came from the broker.

        Args:
            topic: as the broker says it; anything may stand there.
            payload: likewise.
            is_retained: whether the broker had kept it, so that it may be old.
            waited_ms: how long it waited for us.
        """
        for row in self._of_topic.get(topic, ()):
            read = partial(self._adapters[row.make].read, row.address, topic, payload)
            self._one(row, read, is_retained, waited_ms)

    def heard_by_air(self, address: str, service: bytes, rssi: int | None, at_s: float) -> None:
        """An advertisement of the service of BTHome came, of anybody."""
        known = self._of_address.get(address.upper())
        if known is not None:
            row, reader = known
            dbm = -127 if rssi is None else rssi
            self._one(row, partial(reader.read, service, dbm, at_s), signal_dbm=rssi)

    def _one(
        self,
        row: ContactRow,
        read: Callable[[], Said | None],
        is_retained: bool = False,
        waited_ms: int = 0,
        signal_dbm: int | None = None,
    ) -> None:
        try:
            said = read()
        except Unreadable as why:
            self._refuse(row, str(why))
            return
        if said is None:
            return
        self._refused.discard(row.seal_id)
        if said.is_away and not is_retained:  # what was kept of that is older than our connection
            self._standing[row.seal_id] = _Standing.STALE if said.is_stale_next else _Standing.NEW
        if said.contact is not None:
            self._hand_over(row, said, is_retained, waited_ms, signal_dbm)

    def _hand_over(
        self,
        row: ContactRow,
        said: Said,
        is_retained: bool,
        waited_ms: int,
        signal_dbm: int | None,
    ) -> None:
        standing = self._standing.get(row.seal_id, _Standing.NEW)
        is_taken = self._receive(
            ContactSaid(
                row.seal_id,
                row.door_id,
                said.contact,
                is_first=is_retained or standing is not _Standing.FOLLOWED,
                is_kept=is_retained or standing is _Standing.STALE,
                is_prompt=said.is_prompt,
                waited_ms=waited_ms if waited_ms > WAITED_MS else 0,
                tamper=said.tamper,
                battery_mv=said.battery_mv,
                battery_percent=said.battery_percent,
                signal_dbm=signal_dbm,
            )
        )
        self._standing[row.seal_id] = _Standing.FOLLOWED if is_taken else _Standing.NEW

    def _refuse(self, row: ContactRow, why: str) -> None:
        """Counted always, journaled at its door within a limit; said once until it reads again."""
        self.refused += 1
        self._receive(ContactSaid(row.seal_id, row.door_id, None))
        if row.seal_id not in self._refused:
            self._refused.add(row.seal_id)
            log.warning(
                "a message of contact %s cannot be read, as %s writes them: %s",
                row.seal_id,
                title_of(row.make),
                why,
            )


def air_reader() -> AirReader | None:
    """What reads contacts that speak by Bluetooth; None where the extra `bthome` is not installed.
    It is loaded with the first such contact, for it weighs 30 MB."""
    if find_spec("bthome_ble") is None:
        return None

    def made(row: ContactRow) -> Any:
        from gateway.ingest.adapters.bthome import Reader

        return Reader(row.address, row.bind_key)

    return made


def _lives_as(row: ContactRow) -> tuple[str | None, str, str, bytes]:
    """What makes it the same contact at the same door."""
    return row.door_id, row.make, row.address, row.bind_key
