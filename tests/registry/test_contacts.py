"""Contacts of other makers are enrolled by table: each has an address at its maker's, an id of its
own, and a door that it shares with no seal."""

from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.events import SealBound, SealUnbound
from gateway.core.makes import Make
from gateway.provisioning.seal_logins import enrolled
from gateway.registry import contact_addresses
from gateway.registry import load as registry
from gateway.registry.contact_addresses import HEARTBEAT_MS
from gateway.registry.enrolment import Enrolment
from gateway.registry.import_files import Wish, enrol_files
from gateway.registry.rows import Ending, EnrolError, NewContact, NewDoor, NewGrid, NewSeal
from gateway.store import pending, tables
from gateway.updates.kept import seals_in_use

NOW_MS = 1_780_000_000_000
KEY = bytes(range(32))
SEAL = "00112233445566aa"
FRONT = NewContact(Make.ZIGBEE2MQTT, "front_door", "d1")
BIND = bytes(range(16))


@pytest.fixture
def store(store):
    enrol(store, NewGrid("g1", "一网格"), *(NewDoor(f"d{n}", f"3-20{n}", "g1") for n in (1, 2)))
    return store


def enrol(store, *rows, replace=False):
    with store.writing() as connection:
        enrolment = Enrolment(connection, NOW_MS, UTC, replace=replace)
        outcomes = [enrolment.take(row) for row in rows]
        enrolment.write()
    return outcomes


def contacts(store):
    with store.reading() as connection:
        return registry.load(connection).contacts


def told(store):
    with store.reading() as connection:
        return [(subject.id, event) for _, subject, event in pending.pending_events(connection, 0)]


def refused(store, *rows, **how):
    with pytest.raises(EnrolError) as caught:
        enrol(store, *rows, **how)
    return f"{caught.value.column} {caught.value.sentence}"


def test_a_contact_hangs_on_its_door_under_an_id_that_says_nothing_of_it(store):
    assert enrol(store, FRONT) == ["added"]
    (row,) = contacts(store).values()
    assert (row.door_id, row.make, row.address, row.bind_key) == (
        "d1",
        "zigbee2mqtt",
        "front_door",
        b"",
    )
    assert told(store) == [
        (
            "d1",
            SealBound(
                row.seal_id,
                HEARTBEAT_MS[Make.ZIGBEE2MQTT],
                must_certify=True,
                make="zigbee2mqtt",
            ),
        )
    ]
    assert enrol(store, FRONT) == ["unchanged"]
    assert list(contacts(store)) == [row.seal_id]


def test_it_is_no_seal_to_whoever_asks_for_ours(store, tmp_path):
    """Nobody may log in as it, no report is read by its key, and no update is rolled out to it."""
    enrol(store, FRONT, NewSeal(SEAL, KEY, "d2"))
    with store.reading() as connection:
        assert list(registry.load(connection).seals) == [SEAL]
        assert seals_in_use(connection) == [SEAL]
    assert [seal_id for seal_id, _ in enrolled(tmp_path / "menshen.db")] == [SEAL]


def test_a_door_carries_a_seal_or_a_contact_and_a_swap_must_be_said(store):
    enrol(store, NewSeal(SEAL, KEY, "d1"))
    assert "carries seal" in refused(store, FRONT)
    assert enrol(store, FRONT, replace=True) == ["added"]
    (row,) = contacts(store).values()
    assert told(store)[-1] == ("d1", SealBound(row.seal_id, 3_600_000, True, make="zigbee2mqtt"))
    assert "hangs on door d1 (3-201) already" in refused(
        store, NewContact(Make.ZIGBEE2MQTT, "front_door", "d2")
    )


def test_one_that_ended_may_come_again_as_another(store):
    enrol(store, NewContact(Make.BTHOME, "a4c138123456", "d1", bind_key=BIND))
    (before,) = contacts(store).values()
    assert (before.address, before.bind_key) == ("A4:C1:38:12:34:56", BIND)
    assert enrol(store, Ending("contacts", before.seal_id)) == ["ended"]
    assert contacts(store) == {}
    assert told(store)[-1] == ("d1", SealUnbound(before.seal_id))
    with store.reading() as connection:
        keys = list(connection.execute(select(tables.seals.c.key)).scalars())
    assert keys == [bytes(32)]
    enrol(store, NewContact(Make.BTHOME, "A4:C1:38:12:34:56", "d1", bind_key=BIND))
    (after,) = contacts(store).values()
    assert after.seal_id != before.seal_id


@pytest.mark.parametrize(
    ("make", "address", "kept"),
    [
        (Make.ZIGBEE2MQTT, "楼上/前门", "楼上/前门"),
        (Make.ZIGBEE2MQTT, "bridge/state", None),
        (Make.ZIGBEE2MQTT, "a/+/b", None),
        (Make.ZIGBEE2MQTT, "#", None),
        (Make.TASMOTA, "tasmota_d1/Switch2", "tasmota_d1/Switch2"),
        (Make.TASMOTA, "a/b/c", None),
        (Make.ESPHOME, "hall/binary_sensor/door/state", "hall/binary_sensor/door"),
        (Make.ESPHOME, "hall/door", None),
        (Make.BTHOME, "a4-c1-38-12-34-56", "A4:C1:38:12:34:56"),
        (Make.BTHOME, "front_door", None),
        (Make.ESPHOME, "x" * 200 + "/binary_sensor/door", None),
    ],
)
def test_an_address_is_kept_as_its_maker_has_it_or_refused_in_a_sentence(make, address, kept):
    if kept is None:
        with pytest.raises(ValueError, match="allowed"):
            contact_addresses.address(make, address)
    else:
        assert contact_addresses.address(make, address) == kept
        assert contact_addresses.address(make, kept) == kept


def test_an_office_s_table_is_read_and_every_mistake_is_told(store, tmp_path: Path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(
        "来源,设备地址,门编号,心跳秒\nZigbee2MQTT,前门,d1,1800\nESPHome,n/binary_sensor/d,d2,\n"
    )
    bad.write_text(
        "make,address,door_id,bind_key\nHomematic,x,d1,\nbthome,A4:C1,d1,\n"
        "tasmota,sonoff,d1," + BIND.hex() + "\n"
    )
    wish = Wish(NOW_MS, UTC)
    assert enrol_files(store, [good], wish).mistakes == []
    assert {row.heartbeat_ms for row in contacts(store).values()} == {1_800_000, 360_000}
    wrong = enrol_files(store, [bad], wish)
    assert not wrong.written
    said = [str(mistake) for mistake in wrong.mistakes]
    assert len(said) == 3
    assert "allowed are Zigbee2MQTT, Tasmota, ESPHome, BTHome" in said[0]
    assert "such as A4:C1:38:12:34:56" in said[1]
    assert 'bind_key "…": only BTHome has one' in said[2]
