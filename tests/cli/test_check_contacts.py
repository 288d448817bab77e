"""What `menshen check` finds about contacts of other makers: each reason why none is heard."""

from pathlib import Path
from typing import Any

import pytest

from gateway.cli.check_contacts import contacts
from gateway.cli.check_result import CheckResult, Mark
from gateway.core.makes import Make
from gateway.registry.rows import NewContact
from gateway.settings import Settings
from gateway.store.database import Store
from tests.engine.small_site import new_store
from tests.ingest.contact_house import contacts_at, enrol

NOW_MS = 1_900_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def found(store: Store, **sections: Any) -> CheckResult:
    said = contacts(store, Settings(**sections))
    assert said is not None
    return said


def test_a_site_without_such_contacts_has_no_such_line(store: Store) -> None:
    assert contacts(store, Settings()) is None


def test_no_broker_set_none_that_answers_and_one_that_lets_us(store: Store, mosquitto: Any) -> None:
    enrol(store, *contacts_at(), at_ms=NOW_MS)
    assert "3 contacts of other makers cannot be heard: contacts.host is empty" in found(store).text
    away = found(store, contacts={"host": "127.0.0.1", "port": 1})
    assert (away.mark, "no contact there is heard" in away.text) == (Mark.FAIL, True)
    port = mosquitto().port
    well = found(store, contacts={"host": "127.0.0.1", "port": port})
    assert (well.mark, well.facts) == (Mark.OK, {"contacts": {"zigbee2mqtt": 3}})
    assert "not authenticated" in well.text


def test_bluetooth_that_is_off_and_a_library_that_is_not_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(store, NewContact(Make.BTHOME, "A4:C1:38:12:34:56", "d0"), at_ms=NOW_MS)
    assert "1 contact of BTHome cannot be heard: set ble.enabled = true" in found(store).text
    monkeypatch.setattr("gateway.cli.check_contacts.find_spec", lambda _: None)
    assert "pip install 'menshen[bthome]'" in found(store, ble={"enabled": True}).text
