"""What `menshen check` finds about the second path."""

from pathlib import Path as File

import pytest
from sqlalchemy import insert, update

from gateway.cli import check_ble
from gateway.cli.check_result import Mark
from gateway.core.model import Door, Path, Silence, SilentPath
from gateway.ingest import ble
from gateway.settings.sections import Ble
from gateway.store import seal_paths, states, tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, enrol, new_store
from tests.virtual_radio import Air, scanner_on

NOON_MS = 1_900_000_000_000


def test_a_machine_without_bluez_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    found = check_ble.receiver(Ble(enabled=True, adapter="hci1"))
    assert (found.part, found.mark) == ("bluetooth", Mark.FAIL)
    assert "install bluez and start bluetooth.service" in found.text


@pytest.mark.parametrize(("passive", "mark"), [(True, Mark.OK), (False, Mark.WARN)])
def test_how_it_would_listen_is_told(
    monkeypatch: pytest.MonkeyPatch, passive: bool, mark: Mark
) -> None:
    monkeypatch.setattr(check_ble, "LISTEN_S", 0.0)
    real = ble.scanning
    scanner = scanner_on(Air(), passive)
    monkeypatch.setattr(ble, "scanning", lambda settings, heard: real(settings, heard, scanner))
    found = check_ble.receiver(Ble(enabled=True))
    assert (found.mark, found.facts["passive"]) == (mark, passive)
    assert ("Experimental = true" in found.text) is not passive


@pytest.fixture
def store(tmp_path: File) -> Store:
    return new_store(tmp_path)


def heard_by_air(store: Store, doors: list[Door]) -> None:
    seals = [HandSeal() for _ in doors]
    enrol(store, seals)
    with store.writing() as connection:
        for seal, door in zip(seals, doors, strict=True):
            for path in Path:
                row = {"seal_id": seal.seal_id, "path": path.value, "heard_ms": NOON_MS}
                connection.execute(insert(seal_paths.PATHS), row)
            state = update(tables.doors).where(tables.doors.c.door_id == door.door_id)
            connection.execute(state.values(state=states.encode(door)))


def test_a_site_without_a_second_path_has_no_such_line(store: Store) -> None:
    assert check_ble.paths(store) is None
    store.close()


def test_both_ways_well_is_said(store: Store) -> None:
    heard_by_air(store, [Door("door-0")])
    found = check_ble.paths(store)
    assert found is not None
    assert (found.mark, found.text) == (
        Mark.OK,
        "1 seals speak by air too, and are heard on both ways",
    )
    store.close()


def test_a_silent_way_is_told_with_its_doors(store: Store) -> None:
    air = (SilentPath(Path.AIR, NOON_MS, NOON_MS),)
    lost = Silence(NOON_MS)  # heard on neither: another line's
    doors = [
        Door("door-0", silent_paths=air),
        Door("door-1", silent_paths=(SilentPath(Path.NETWORK, NOON_MS, NOON_MS),)),
        Door("door-2", silent_paths=air, silence=lost),
    ]
    heard_by_air(store, doors)
    found = check_ble.paths(store)
    assert found is not None
    assert found.mark is Mark.WARN
    assert found.text == "not heard over the network: door-1; not heard by Bluetooth: door-0"
    assert found.facts == {"network": ["door-1"], "air": ["door-0"]}
    store.close()
