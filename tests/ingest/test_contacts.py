"""From another maker's contact to a case, on a real broker: what counts, what does not, and what
is said of it."""

import asyncio
import contextlib
import shutil
from pathlib import Path

import pytest

from gateway.core.events import RulesSet
from gateway.core.makes import Make
from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.engine.guard import SEAL_BURST
from gateway.engine.ports import ContactSaid
from gateway.ingest.adapters.said import PAYLOAD_BYTES_MAX
from gateway.ingest.contact_broker import ContactBroker
from gateway.ingest.contacts import Contacts
from gateway.registry.load import ContactRow
from gateway.registry.rows import NewContact
from gateway.replay.coverage import ledger
from gateway.replay.replay import journaled
from gateway.settings.contacts import Contacts as Place
from gateway.store import tables
from gateway.store.database import Store
from tests.conftest import MosquittoFactory
from tests.engine.small_site import new_store, rows
from tests.ingest.contact_house import House, contacts_at, enrol, gateway, hand
from tests.manual_clock import ManualClock
from tests.waiting import until

HOUR_MS = 3_600_000
WINDOW = ReplayWindow()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    new_store(folder).close()
    return folder / "menshen.db"


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock, migrated: Path) -> Store:
    made = Store.open(shutil.copy(migrated, tmp_path / "menshen.db"))
    enrol(made, *contacts_at(), at_ms=clock.now_ms())
    return made


async def test_a_zigbee_contact_opens_a_case_that_says_whose_word_it_is(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            there.says("front_door", is_shut=True)
            await house.heard(0, "shut")
            clock.advance(60_000)
            there.says("front_door", is_shut=False)
            await until(house.cases)
            (case,) = house.cases()
            assert (case["door_id"], case["reason"], case["make"]) == (
                "d0",
                Reason.NO_PERMIT,
                Make.ZIGBEE2MQTT,
            )
            there.says("front_door", is_shut=True)
            await house.heard(0, "shut")
            assert [row["opened_ms"] for row in house.openings()] == [clock.now_ms()]
            first, opened, shut = house.reports()
            assert (first.first, first.seq, first.edges) == (True, 1, 0)
            assert (opened.seq, opened.edges, opened.contact) == (2, 1, "open")
            assert (shut.seq, shut.edges, shut.age_ms) == (3, 2, 0)
            assert house.door().battery_mv == 2_995


async def test_what_the_broker_kept_and_what_nobody_heard_is_no_opening(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    """Shut, then a restart in which the door opened and shut, or opened and stands so."""
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            there.says("front_door", is_shut=True, retain=True)
            there.says("back_door", is_shut=True, retain=True)
            await house.heard(0, "shut")
            await house.heard(1, "shut")
        there.says("front_door", is_shut=False, retain=True)
        there.says("front_door", is_shut=True, retain=True)
        there.says("back_door", is_shut=False, retain=True)
        clock.advance(10 * 60_000)
        heard_ms = house.door(0).heard_ms
        async with gateway(store, broker, clock) as house:
            await house.heard(1, "open")
            assert house.cases() == []
            assert house.openings(0) == house.openings(1) == []
            assert house.door(0).heard_ms == heard_ms  # what is kept proves no life
            assert house.door(1).edges == 0
            assert house.door(1).open_after_restart is not None
            clock.advance(60_000)
            there.says("back_door", is_shut=False)  # and stands so: now it is found open
            await until(lambda: house.door(1).heard_ms == clock.now_ms())
            clock.advance(10 * 60_000)
            await until(house.cases)
            (case,) = house.cases()
            assert (case["reason"], case["make"]) == (Reason.OPEN_AFTER_RESTART, "zigbee2mqtt")


async def test_after_its_bridge_began_anew_the_first_word_is_a_reading(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    """Zigbee2MQTT says at its start what it kept, as if it were news."""
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            there.says("front_door", is_shut=True)
            await house.heard(0, "shut")
            heard_ms = house.door().heard_ms
            clock.advance(HOUR_MS)
            there.publish("zigbee2mqtt/bridge/state", {"state": "online"})
            there.says("front_door", is_shut=True)
            there.says("back_door", is_shut=True)
            await house.heard(1, "shut")
            assert house.door(0).heard_ms == heard_ms
            there.says("front_door", is_shut=False)
            await house.heard(0, "open")
            assert len(house.openings(0)) == 1


async def test_garbage_is_counted_at_its_door_and_keeps_nobody_else(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            there.says("back_door", is_shut=True)
            await house.heard(1, "shut")
            for body in (b"", b"\xff\xfe{", b"[" * 9_000, b'{"contact":"\xbe"}', b"x" * 100_000):
                there.publish("zigbee2mqtt/front_door", body)
            there.says("back_door", is_shut=False)
            await house.heard(1, "open")
            assert len(house.openings(1)) == 1
            counted = {row["reason"]: row["count"] for row in rows(store, tables.refusals)}
            assert counted[Reason.MALFORMED] == 5
            there.says("front_door", is_shut=True)
            await house.heard(0, "shut")


async def test_a_flood_is_turned_away_and_told_and_the_others_are_heard(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            for _ in range(SEAL_BURST + 150):
                there.says("front_door", is_shut=True)
            await until(lambda: house.engine.metrics.turned_away >= 150)
            there.says("back_door", is_shut=True)
            await house.heard(1, "shut")
            house.engine.look()
            await house.engine.idle()
            assert [case["reason"] for case in house.cases()] == [Reason.FLOOD]
            assert len(house.reports(0)) <= SEAL_BURST


async def test_one_that_is_enrolled_while_we_run_is_heard_and_one_that_ended_is_not(
    mosquitto: MosquittoFactory, store: Store, clock: ManualClock
) -> None:
    broker = mosquitto()
    with hand(broker) as there:
        async with gateway(store, broker, clock) as house:
            new = NewContact(Make.ESPHOME, "hall/binary_sensor/door", "d2")
            enrol(store, new, at_ms=clock.now_ms(), replace=True)
            clock.advance(2_000)  # the pending events are read
            await until(lambda: house.door(2).make == Make.ESPHOME)
            await until(lambda: house.broker.is_subscribed)
            there.says("side_door", is_shut=False)  # which hangs nowhere any more
            there.publish("hall/binary_sensor/door/state", "OFF")
            await house.heard(2, "shut")
            there.publish("hall/binary_sensor/door/state", "ON")
            await house.heard(2, "open")
            assert len(house.openings(2)) == 1


async def test_a_change_that_is_told_by_the_clock_has_no_time(
    store: Store, clock: ManualClock
) -> None:
    """Tasmota without SetOption114 says it with the next telemetry."""
    enrol(store, NewContact(Make.TASMOTA, "sonoff", "d0"), at_ms=clock.now_ms(), replace=True)
    async with gateway(store, None, clock) as house:
        house.contacts.heard("tele/sonoff/SENSOR", b'{"Switch1":"OFF"}', False)
        await house.heard(0, "shut")
        before_ms = clock.now_ms()
        clock.advance(300_000)
        house.contacts.heard("tele/sonoff/SENSOR", b'{"Switch1":"ON"}', False)
        await house.heard(0, "open")
        (opening,) = house.openings()
        assert (opening["opened_ms"], opening["reason"]) == (before_ms, Reason.NO_PERMIT)


async def test_coverage_claims_less_of_it_than_of_a_seal(store: Store, clock: ManualClock) -> None:
    """One heartbeat of silence and not two, nothing before an edge, and at least so many."""
    from_ms = clock.now_ms()
    async with gateway(store, None, clock) as house:
        await says(house, clock, "shut", "shut")
        clock.advance(HOUR_MS)
        await says(house, clock, "shut")  # an hour later: its heartbeat
        clock.advance(2 * HOUR_MS)
        await says(house, clock, "shut")  # two: of a seal that would still be seen
        clock.advance(HOUR_MS // 2)
        await says(house, clock, "open")
        with store.reading() as connection:
            lived = [
                (row.at_ms, row.event)
                for row in journaled(connection)
                if row.subject.id == "d0" or isinstance(row.event, RulesSet)
            ]
        found = ledger(lived, (from_ms, clock.now_ms()))
        assert found.total_ms(Contact.SHUT) == HOUR_MS
        assert found.total_ms(Contact.UNKNOWN) == 2 * HOUR_MS + HOUR_MS // 2
        assert found.uncounted == 4  # the last is where the span ends
        assert found.untimed == ()


async def says(house: House, clock: ManualClock, *contacts: str) -> None:
    for contact in contacts:
        body = b'{"contact":%s}' % (b"true" if contact == "shut" else b"false")
        house.contacts.heard("zigbee2mqtt/front_door", body, False)
        await house.engine.idle()


async def test_a_restart_in_the_middle_of_anything_goes_on_with_the_next_number(
    store: Store, clock: ManualClock
) -> None:
    for number in (1, 2, 3):
        async with gateway(store, None, clock) as house:
            await says(house, clock, "shut")
            assert house.engine.state.windows[house.door().seal_id].seq_top == number
            assert house.reports()[-1].seq == number
            assert house.reports()[-1].first


async def test_a_contact_can_end_no_gateway_whatever_it_is_said_to_say(
    store: Store, clock: ManualClock
) -> None:
    """Of a door that is gone, under an id that nobody knows."""
    async with gateway(store, None, clock) as house:
        for said in (ContactSaid("00" * 8, "d9", Contact.OPEN), ContactSaid("00" * 8, None, None)):
            house.engine.heard_contact(said)
        await says(house, clock, "shut")
        await house.heard(0, "shut")


async def test_of_garbage_no_more_is_held_than_it_takes_to_refuse_it(
    mosquitto: MosquittoFactory,
) -> None:
    """Two thousand messages may wait for our loop; each may have 256 MB at such a broker."""
    broker, heard = mosquitto(), []

    class Listening(Contacts):
        def heard(self, topic: str, payload: bytes, is_retained: bool, waited_ms: int = 0) -> None:
            heard.append(len(payload))
            super().heard(topic, payload, is_retained, waited_ms)

    contacts = Listening(lambda _: True)
    contacts.know({"a" * 16: ContactRow("a" * 16, None, Make.ZIGBEE2MQTT, "door", b"", WINDOW)})
    place = Place(host=broker.host, port=broker.port)
    reader = ContactBroker(place, contacts, "site")
    task = asyncio.create_task(reader.run())
    try:
        await until(lambda: reader.is_subscribed, 30)
        with hand(broker) as there:
            there.publish("zigbee2mqtt/door", b"[" * 3_000_000)
            there.says("door", is_shut=True)
            await until(lambda: len(heard) == 2, 30)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert heard[0] == PAYLOAD_BYTES_MAX + 1
    assert contacts.refused == 1
