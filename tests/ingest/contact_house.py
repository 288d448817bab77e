"""A gateway's road for contacts of other makers: a real database and engine, a real broker, and a
hand that publishes what such contacts do."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.core.events import ReportCame
from gateway.core.makes import Make
from gateway.core.model import Door
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.ingest.contact_broker import ContactBroker
from gateway.ingest.contacts import Contacts, air_reader
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewContact, NewDoor, NewGrid, NewOrder, NewWarden
from gateway.replay.replay import journaled
from gateway.settings.contacts import Contacts as Place
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import beating, rows
from tests.manual_clock import ManualClock
from tests.neighbours import Broker
from tests.waiting import until

SITE_ID = "00112233445566ff"
DAY_MS = 86_400_000
NAMES = ("front_door", "back_door", "side_door")
SITE = (
    NewGrid("g1", "一网格"),
    NewWarden("wang", "王网格员", "g1", "zh"),
    *(NewDoor(f"d{n}", f"3-20{n}", "g1") for n in range(len(NAMES))),
)


def contacts_at(make: Make = Make.ZIGBEE2MQTT, names: tuple[str, ...] = NAMES) -> list[NewContact]:
    """A contact on each of the doors d0, d1 …"""
    return [NewContact(make, name, f"d{n}") for n, name in enumerate(names)]


def enrol(store: Store, *contacts: NewContact, at_ms: int, replace: bool = False) -> None:
    """The site with these contacts, each door under an order."""
    orders = [
        NewOrder(one.door_id, at_ms, at_ms + 14 * DAY_MS, f"o-{one.door_id}")
        for one in contacts
        if one.door_id
    ]
    with store.writing() as connection:
        enrolment = Enrolment(connection, at_ms, UTC, replace=replace)
        for row in (*SITE, *contacts, *orders):
            enrolment.take(row)
        enrolment.write()


class Hand:
    """Publishes what contacts do, and knows when the broker has it."""

    def __init__(self, broker: Broker) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def publish(self, topic: str, payload: Any, retain: bool = False) -> None:
        body = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        self._client.publish(topic, body, 1, retain).wait_for_publish(5)

    def says(self, name: str, is_shut: bool, retain: bool = False, **more: Any) -> None:
        """As Zigbee2MQTT says it of a device."""
        state = {"battery": 97, "contact": is_shut, "linkquality": 120, "voltage": 2_995, **more}
        self.publish(f"zigbee2mqtt/{name}", state, retain)

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def hand(broker: Broker) -> Iterator[Hand]:
    one = Hand(broker)
    try:
        yield one
    finally:
        one.end()


class House:
    """A gateway at work on the store, with the contacts' broker."""

    def __init__(self, engine: Engine, store: Store, contacts: Contacts, broker: Any) -> None:
        self.engine, self.store, self.contacts, self.broker = engine, store, contacts, broker

    def door(self, number: int = 0) -> Door:
        return self.engine.state.doors[f"d{number}"]

    def reports(self, number: int = 0) -> list[ReportCame]:
        """What the journal has of a door's contact, oldest first."""
        with self.store.reading() as connection:
            lived = list(journaled(connection, subject=of_door(f"d{number}")))
        return [row.event for row in lived if isinstance(row.event, ReportCame)]

    def openings(self, number: int = 0) -> list[dict[str, Any]]:
        mine = [row for row in rows(self.store, tables.openings)]
        return [row for row in mine if row["door_id"] == f"d{number}"]

    def cases(self) -> list[dict[str, Any]]:
        return rows(self.store, tables.cases)

    async def heard(self, number: int, contact: str) -> None:
        await until(lambda: self.door(number).contact == contact)
        await self.engine.idle()


@contextlib.asynccontextmanager
async def gateway(
    store: Store, broker: Broker | None, clock: ManualClock, **settings: Any
) -> AsyncIterator[House]:
    """It has connected and subscribed."""
    async with beating(store, None, clock) as (engine, _):
        contacts = Contacts(engine.heard_contact, "zigbee2mqtt", air_reader())
        contacts.know(engine.state.registry.contacts)
        engine.on_known.append(lambda news: contacts.know(news.contacts))
        if broker is None:
            yield House(engine, store, contacts, None)
            return
        place = Place(host=broker.host, port=broker.port, **settings)
        connection = ContactBroker(place, contacts, SITE_ID)
        engine.on_known.append(lambda _: connection.subscribe())
        task = asyncio.create_task(connection.run())
        try:
            await until(lambda: connection.is_subscribed)
            yield House(engine, store, contacts, connection)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
