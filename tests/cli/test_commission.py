"""`menshen commission`, `visit` and `certificate`, and what `check` says of them: the bad ends.
The good one, with a seal and a gateway, is tests/end_to_end/test_commission.py."""

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from gateway.cli import check_certificates, walking
from gateway.cli.check_result import Mark
from gateway.core.actor import actor_of
from gateway.core.commissioning import Certificate, Check, CheckMark, CheckName
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan
from gateway.core.doors.certificates import ENDS_SOON_MS
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.effects import SealCertified
from gateway.core.model import Door, Order
from gateway.registry import site_key
from gateway.registry.certificates import Certifier
from gateway.store import pending, tables
from gateway.store.certificates import SEAL_CERTIFICATES
from gateway.store.order_keys import ring_of
from gateway.store.sealing import changed
from tests.cli.conftest import SEAL

NOW_MS = 1_900_000_000_000
ORDER = Order("o1", NOW_MS - DAY_MS, NOW_MS + DAY_MS)


def left(store, kind):
    """The pending events of a kind."""
    with store.reading() as connection:
        events = [event for _, _, event in pending.pending_events(connection, 0)]
    return [event for event in events if isinstance(event, kind)]


def test_a_visit_is_left_for_the_gateway_once(menshen, store):
    words = ["visit", "d1", "--who", "李师傅", "--for", "battery", "--id", "v1"]
    answer = menshen(*words)
    assert answer.code == 0
    with store.reading() as connection:
        label = connection.execute(select(tables.doors.c.label)).scalars().first()
    assert f"Announced: 1 seal, at {label}, until" in answer.out
    assert "test each again: menshen commission" in answer.out
    (event,) = left(store, VisitAnnounced)
    assert (event.visit.seal_id, event.visit.purpose) == (SEAL, "battery")
    assert "李师傅" not in event.visit.who, "it is stored sealed"
    with store.reading() as connection:
        assert changed(event, ring_of(connection).shown).visit.who == "李师傅"
    assert menshen(*["visit", SEAL, *words[2:]], "--json").json["doors"] == ["d1"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["d2", "--who", "Li"], "No seal hangs there: d2."),
        (["3-202", "--who", "Li"], "No seal hangs there: 3-202."),
        (["d1", "--who", "Li", "--to", "2099-01-01"], "lasts 8 hours at most"),
        (["d1", "--who", " "], "Say who comes"),
        (["d1"], "say with --who"),
        ([], "name seals or doors"),
        (["--area", "stair:9/9", "--who", "Li"], "No seal hangs there"),
        (["d1", "--end"], "no such visit there"),
    ],
)
def test_a_visit_that_cannot_be_is_told_in_a_sentence(menshen, store, words, complaint):
    answer = menshen("visit", *words)
    assert (answer.code != 0, complaint in answer.err) == (True, True), answer.err
    assert left(store, VisitAnnounced) == []


def test_seals_that_cannot_be_tested_are_told(menshen, store):
    for words, complaint in (
        (["nonsense"], "no seal's id"),
        (["f" * 16], "no seal ffffffffffffffff is enrolled"),
        ([SEAL, "--door", "d2"], "belongs to door d1 (3-201), and this is door d2 (3-202)"),
        ([SEAL, "--door", "nowhere"], "No door is known by this"),
        ([SEAL, "--by", "nobody"], "nobody here is nobody"),
    ):
        answer = menshen("commission", *words)
        assert (answer.code, complaint in answer.err) == (1, True), answer.err
    assert left(store, WalkTestBegan) == []


def test_without_a_gateway_the_test_does_not_begin(menshen, store, monkeypatch):
    monkeypatch.setattr(walking, "TAKEN_S", 0.1)
    answer = menshen("commission", f"menshen:seal:{SEAL}")
    assert (answer.code, "the gateway has not begun the test" in answer.err) == (1, True)
    (event,) = left(store, WalkTestBegan)
    assert event.seal_id == SEAL


def test_a_seal_that_hangs_nowhere_is_hung_where_it_is_said_to(menshen, store, monkeypatch):
    monkeypatch.setattr(walking, "TAKEN_S", 0.1)
    with store.writing() as connection:
        connection.execute(update(tables.seals).values(door_id=None))
    assert "hangs on no door yet" in menshen("commission", SEAL).err
    menshen("commission", SEAL, "--door", "3-202")
    with store.reading() as connection:
        assert connection.execute(select(tables.seals.c.door_id)).scalar() == "d2"


def certified(store, folder):
    key = site_key.load_or_make(site_key.place(folder / "menshen.db"))
    certificate = Certificate("t1", SEAL, NOW_MS, NOW_MS + DAY_MS)
    checks = (Check(CheckName.COVER, CheckMark.GOOD),)
    row = Certifier("s1", key).row("d1", SealCertified(certificate, actor_of("w1"), checks, ()))
    with store.writing() as connection:
        connection.execute(SEAL_CERTIFICATES.insert(), msgspec.structs.asdict(row))


def test_a_certificate_is_written_and_verified_here_and_elsewhere(menshen, store, folder):
    assert "has no certificate" in menshen("certificate", "show", "d1").err
    assert "the gateway makes it when it starts" in menshen("certificate", "key").err
    certified(store, folder)
    assert menshen("certificate", "show", "d1", "--out", "c.json").code == 0
    answer = menshen("certificate", "verify", "c.json")
    assert (answer.code, f"True: seal {SEAL} passed" in answer.out) == (0, True)
    assert "It is kept here just so" in answer.out
    key = menshen("certificate", "key").out.strip()
    elsewhere = menshen("certificate", "verify", "c.json", "--key", key, "--config", "no.toml")
    assert (elsewhere.code, "kept here" in elsewhere.out) == (0, False)


def test_a_certificate_that_is_not_true_is_told(menshen, store, folder):
    certified(store, folder)
    menshen("certificate", "show", "d1", "--out", "c.json")
    whole = json.loads((folder / "c.json").read_text())
    whole["certificate"]["seal"] = "f" * 16
    (folder / "c.json").write_text(json.dumps(whole))
    answer = menshen("certificate", "verify", "c.json")
    assert (answer.code, "its signature is false" in answer.err) == (1, True)
    other = Certifier("s2", Ed25519PrivateKey.generate()).public_key
    answer = menshen("certificate", "verify", "c.json", "--key", other)
    assert answer.code == 1
    assert "cannot be read" in menshen("certificate", "verify", "nothing.json").err


# What `menshen check` says.


def looked(store, **door):
    """The part of walk tests, where the door with the seal stands so."""
    state = Door("d1", seal_id=SEAL, **door)
    with store.writing() as connection:
        connection.execute(
            update(tables.doors)
            .where(tables.doors.c.door_id == "d1")
            .values(state=msgspec.json.encode(state))
        )
    with store.reading() as connection:
        return check_certificates.certificates(connection, NOW_MS)


def of(ends_ms, void_ms=None):
    return Certificate("t1", SEAL, NOW_MS - DAY_MS, ends_ms, void_ms)


def test_a_door_under_an_order_whose_seal_was_never_tested_fails(store):
    result = looked(store, orders=(ORDER,), must_certify=True)
    assert (result.mark, result.facts["not_sealed_under_order"]) == (Mark.FAIL, ["d1"])
    assert "1 door under an order not sealed yet: 1 never tested: 3-201" in result.text


def test_so_does_one_whose_battery_was_changed_or_whose_certificate_has_ended(store):
    changed = looked(store, orders=(ORDER,), certificate=of(NOW_MS + 300 * DAY_MS, NOW_MS - 1))
    assert (changed.mark, "battery changed" in changed.text) == (Mark.FAIL, True)
    ended = looked(store, orders=(ORDER,), certificate=of(NOW_MS))
    assert (ended.mark, "has ended" in ended.text) == (Mark.FAIL, True)


def test_without_an_order_it_is_a_warning(store):
    result = looked(store, must_certify=True)
    assert (result.mark, "under no order now: 3-201" in result.text) == (Mark.WARN, True)


def test_a_certificate_that_ends_within_sixty_days_is_a_warning(store):
    soon = looked(store, orders=(ORDER,), certificate=of(NOW_MS + ENDS_SOON_MS))
    assert (soon.mark, "ends within 60 days: 3-201" in soon.text) == (Mark.WARN, True)
    later = looked(store, orders=(ORDER,), certificate=of(NOW_MS + ENDS_SOON_MS + HOUR_MS))
    assert (later.mark, later.text) == (Mark.OK, "1 seal passed the walk test at the door")


def test_a_site_from_before_is_warned_and_not_failed(store):
    result = looked(store, orders=(ORDER,))
    assert result.mark is Mark.WARN
    assert "1 hung before walk tests were asked for, never tested: 3-201" in result.text
