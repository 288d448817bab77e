"""`menshen seals`, `wifi` and `rotate`: what seals say of themselves, and what they are asked."""

import time
from contextlib import closing

import pytest
from sqlalchemy import insert, select, update

from gateway.cli import awaiting, rotate
from gateway.provisioning import asking, rotation
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.seal_tables import seal_commands, seal_readings
from tests.cli.conftest import SEAL
from tests.door_rows import insert_doors

PASSWORD = "wifi-9b1c7e55"
HOUR_MS = 3_600_000


@pytest.fixture
def heard(store):
    """The seal on door d1 has said what it is."""
    reading = {
        "seal_id": SEAL,
        "heard_ms": time.time_ns() // 1_000_000 - 600_000,
        "battery_mv": 2950,
        "signal_dbm": -71,
        "firmware": "2.0.0",
        "reset_cause": "power_on",
        "booted_ms": 1,
    }
    with store.writing() as connection:
        connection.execute(insert(seal_readings), reading)
    return store


def asked(store):
    c = seal_commands.c
    with store.reading() as connection:
        return connection.execute(select(c.kind, c.state, c.plain, c.about)).all()


def answering(monkeypatch, store, *states):
    """A gateway that runs, and moves what is asked on to these, one after the other."""
    coming = list(states)

    def look(_seconds):
        with store.writing() as connection:
            is_open = seal_commands.c.state == "waiting"
            ended = {"state": coming.pop(0), "plain": None}
            connection.execute(update(seal_commands).where(is_open).values(ended))

    monkeypatch.setattr(awaiting, "is_running", lambda _: True)
    monkeypatch.setattr(awaiting.time, "sleep", look)


def test_seals_are_listed_with_what_they_said_of_themselves(menshen, heard):
    answer = menshen("seals")
    assert answer.code == 0
    for words in (SEAL, "d1", "3-201", "2.0.0", "2.95 V", "-71 dBm", "10 min ago"):
        assert words in answer.out
    (seal,) = menshen("seals", "--door", "d1", "--json").json
    assert (seal["signal_dbm"], seal["reset_cause"], seal["asked"]) == (-71, "power_on", [])


def test_a_seal_that_said_nothing_of_itself_is_listed_too(menshen, store):
    assert "-" in menshen("seals").out
    (seal,) = menshen("seals", "--json").json
    assert (seal["seal_id"], seal["firmware"], seal["heard_ms"]) == (SEAL, None, None)


def test_a_door_without_a_seal_is_told(menshen, store):
    answer = menshen("seals", "--door", "nowhere")
    assert answer.code == 1
    assert "no seal hangs on door nowhere" in answer.err


def test_nobody_is_asked_while_no_gateway_runs(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    for words in (
        ("wifi", "change", "new"),
        ("rotate", "--door", "d1"),
        ("heartbeat", "600", "--all"),
    ):
        answer = menshen(*words)
        assert answer.code == 1
        assert "no gateway runs here" in answer.err
    assert asked(heard) == []


def test_seals_with_older_firmware_are_not_asked(menshen, store, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    answering(monkeypatch, store)
    answer = menshen("wifi", "change", "new")
    assert answer.code == 1
    assert "no seal on a door takes commands" in answer.err


@pytest.mark.parametrize(
    ("ssid", "password", "words"),
    [
        ("new", "short", "password of 5 bytes"),
        ("new", "p" * 65, "password of 65 bytes"),
        ("", PASSWORD, "name the network"),
        ("门" * 11, PASSWORD, "name the network"),
    ],
)
def test_what_is_no_wifi_is_refused_and_the_password_not_shown(
    menshen, heard, monkeypatch, ssid, password, words
):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", password)
    answering(monkeypatch, heard)
    answer = menshen("wifi", "change", ssid)
    assert answer.code == 2
    assert words in answer.err
    assert password not in answer.err + answer.out
    assert asked(heard) == []


def test_a_wifi_that_works_is_told_and_its_password_is_gone(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    answering(monkeypatch, heard, "worked")
    answer = menshen("wifi", "change", "new")
    assert answer.code == 0
    assert "1 of 1 seal on new." in answer.out
    assert PASSWORD not in answer.out + answer.err
    assert asked(heard) == [("wifi", "worked", None, "new")]
    assert "1 worked." in menshen("wifi").out
    assert menshen("wifi", "--json").json == {"ssid": "new", "seals": {SEAL: "worked"}}


def test_a_wifi_that_does_not_work_stops_at_the_first_seal(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    answering(monkeypatch, heard, "fell_back")
    answer = menshen("wifi", "change", "new", "--first", "d1")
    assert answer.code == 1
    assert "the seal of door d1 (3-201) did not get onto new (1 fell back)" in answer.err
    assert menshen("wifi", "change", "new", "--first", "d9").code == 2


def test_what_nobody_has_taken_can_be_stopped(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    answering(monkeypatch, heard)

    def gone(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(awaiting.time, "sleep", gone)
    answer = menshen("wifi", "change", "new")
    assert (answer.code, "go on" in answer.out) == (1, True)
    assert "wifi new (waiting)" in " ".join(menshen("seals").out.split())
    assert "1 seal will not be asked any more." in menshen("wifi", "stop").out
    ((_, state, plain, _),) = asked(heard)
    assert (state, plain) == ("cancelled", None)


def test_a_fresh_identity_waits_for_the_broker_and_is_asked_once_it_lets_it_in(
    menshen, heard, folder, monkeypatch
):
    answering(monkeypatch, heard, "worked")
    menshen("broker-config", "broker.test")
    logins = []

    def probe(broker):
        logins.append((broker.user, (folder / "broker" / "passwd").read_text()))
        return

    monkeypatch.setattr(rotate, "probe", probe)
    answer = menshen("rotate", "--door", "d1")
    assert answer.code == 0, answer.err
    ((user, passwords),) = logins
    assert {SEAL, user} <= {line.partition(":")[0] for line in passwords.splitlines()}
    s = tables.seals.c
    with heard.reading() as connection:
        row = connection.execute(select(s.follows, s.door_id).where(s.seal_id == user)).one()
    assert tuple(row) == (SEAL, None)


def test_a_broker_that_does_not_let_in_the_new_login_leaves_all_as_it_was(
    menshen, heard, folder, monkeypatch
):
    answering(monkeypatch, heard)
    menshen("broker-config", "broker.test")
    monkeypatch.setattr(rotate, "probe", lambda _: "it refused us")
    monkeypatch.setattr(rotate, "LET_IN_S_MAX", -1)
    answer = menshen("rotate", "--door", "d1")
    assert answer.code == 1
    assert "reload it where it runs" in answer.err
    assert asked(heard) == []
    assert [seal["seal_id"] for seal in menshen("seals", "--json").json] == [SEAL]


def test_only_seals_older_than_the_order_on_their_door_are_due(menshen, heard):
    assert "No seal is due" in menshen("rotate").out
    now = time.time_ns() // 1_000_000
    order = {
        "order_id": "o",
        "household_id": "d1",
        "from_ms": now - HOUR_MS,
        "to_ms": now + HOUR_MS,
    }
    with heard.writing() as connection:
        connection.execute(insert(tables.orders), order)
        connection.execute(update(tables.seals).values(enrolled_ms=now))
    assert "No seal is due" in menshen("rotate").out
    with heard.writing() as connection:
        connection.execute(update(tables.seals).values(enrolled_ms=now - 2 * HOUR_MS))
    assert "no gateway runs here" in menshen("rotate").err


def test_a_run_that_was_killed_before_it_asked_is_tidied_by_the_next(menshen, heard):
    """Else its seal is taken for one that is being asked, and is never due again."""
    with closing(Store.open(heard.path)) as store:
        now = time.time_ns() // 1_000_000
        ((_, identity),) = rotation.mint(store, asking.able(store), now)
    with rotation.alone(heard.path):  # another run is at it, and not killed
        assert "wait until that is done" in menshen("rotate").err
    assert asking.able(heard) == [] or rotation.mint(heard, asking.able(heard), now) == []
    assert "No seal is due" in menshen("rotate").out
    s = tables.seals.c
    with heard.reading() as connection:
        row = connection.execute(
            select(s.follows, s.ended_ms.is_not(None)).where(s.seal_id == identity.seal_id)
        ).one()
    assert tuple(row) == (None, True)
    assert asking.able(heard)[0].seal_id == SEAL


def many(store, count):
    """So many seals on doors of one building, that take commands."""
    now = time.time_ns() // 1_000_000
    ids = [f"{number:016x}" for number in range(1, count + 1)]
    with store.writing() as connection:
        insert_doors(
            connection,
            [
                {"door_id": f"m{n}", "label": f"M-{n}", "grid_id": "g1", "building": "9"}
                for n in range(count)
            ],
        )
        connection.execute(
            insert(tables.seals),
            [
                {
                    "seal_id": seal_id,
                    "door_id": f"m{n}",
                    "key": bytes(32),
                    "enrolled_ms": 0,
                    "broker_hash": "",
                    "heartbeat_ms": 100_000,
                }
                for n, seal_id in enumerate(ids)
            ],
        )
        connection.execute(
            insert(seal_readings),
            [{"seal_id": seal_id, "heard_ms": now, "firmware": "2.0.0"} for seal_id in ids],
        )
    return ids


def staged(monkeypatch, store, *plans):
    """A gateway that ends each stage's commands as a plan says: worked, but for so many of them.
    Gives how many were asked in each stage."""
    sizes, coming = [], list(plans)

    def look(_seconds):
        c = seal_commands.c
        with store.writing() as connection:
            is_open = c.state == "waiting"
            numbers = connection.execute(select(c.command_id).where(is_open)).scalars().all()
            sizes.append(len(numbers))
            lost = coming.pop(0)
            for state, some in (("fell_back", numbers[:lost]), ("worked", numbers[lost:])):
                ended = update(seal_commands).where(c.command_id.in_(some))
                connection.execute(ended.values(state=state, plain=None))

    monkeypatch.setattr(awaiting, "is_running", lambda _: True)
    monkeypatch.setattr(awaiting.time, "sleep", look)
    return sizes


def test_a_wifi_goes_to_one_then_to_a_tenth_then_to_the_rest(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    many(heard, 40)
    sizes = staged(monkeypatch, heard, 0, 0, 3)
    answer = menshen("wifi", "change", "new", "--first", "m7")
    assert sizes == [1, 4, 36]
    assert "The seal of door m7 (M-7) is on new." in answer.out
    assert "4 seals are on new." in answer.out
    assert (answer.code, "38 of 41 seals on new." in answer.out) == (1, True)
    assert "3 fell back" in answer.out


def test_a_stage_whose_seals_do_not_come_stops_the_change(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    many(heard, 40)
    sizes = staged(monkeypatch, heard, 0, 1)
    answer = menshen("wifi", "change", "new", "--share", "20")
    assert (answer.code, sizes) == (1, [1, 8])
    assert "1 of 8 seals did not get onto new" in answer.err
    assert "the others were not asked" in answer.err
    assert len(asked(heard)) == 9
    sizes = staged(monkeypatch, heard, 0, 1, 0)
    assert menshen("wifi", "change", "new", "--share", "20", "--stop", "50").code == 1
    assert sizes == [1, 8, 32]


def test_a_stage_that_is_not_heard_in_its_time_stops_the_change(menshen, heard, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", PASSWORD)
    many(heard, 3)
    monkeypatch.setattr(awaiting, "is_running", lambda _: True)
    steady = iter(range(1000))
    monkeypatch.setattr(awaiting.time, "monotonic", lambda: next(steady))
    monkeypatch.setattr(awaiting.time, "sleep", lambda _: None)
    answer = menshen("wifi", "change", "new", "--stage-wait", "5")
    assert answer.code == 1
    assert "did not get onto new (1 cancelled)" in answer.err
    assert [state for _, state, _, _ in asked(heard)] == ["cancelled"]


def test_a_heartbeat_is_asked_of_a_door_a_building_or_all_and_shown(menshen, heard, monkeypatch):
    many(heard, 3)
    monkeypatch.setattr(awaiting, "is_running", lambda _: True)
    answer = menshen("heartbeat", "600", "--area", "building:9")
    assert answer.code == 0, answer.err
    assert "3 seals asked for a heartbeat every 600 s." in answer.out
    listed = menshen("seals", "--json").json
    assert [one["asked"] for one in listed if one["door_id"] == "d1"] == [[]]
    assert [one["asked"] for one in listed if one["door_id"] == "m1"] == [
        [{"kind": "heartbeat", "state": "waiting", "for": "600 s"}]
    ]
    shown = " ".join(menshen("seals", "--door", "m1").out.split())
    assert "100 s heartbeat 600 s (waiting)" in shown
    assert "1 seal asked" in menshen("heartbeat", "60", "--door", "d1").out
    assert "4 seals asked" in menshen("heartbeat", "30", "--all").out
    assert len([one for one in asked(heard) if one[1] == "waiting"]) == 4  # the older are no more


def test_what_is_no_heartbeat_is_refused(menshen, heard, monkeypatch):
    monkeypatch.setattr(awaiting, "is_running", lambda _: True)
    for words in (
        ("600",),
        ("600", "--all", "--door", "d1"),
        ("9", "--all"),
        ("3601", "--all"),
        ("60", "--door", "d2"),
        ("60", "--area", "building:none"),
    ):
        assert menshen("heartbeat", *words).code == 2, words
    assert asked(heard) == []


def test_who_waits_for_a_heartbeat_is_told_what_came_of_it(menshen, heard, monkeypatch):
    answering(monkeypatch, heard, "refused")
    answer = menshen("heartbeat", "60", "--door", "d1", "--wait", "5")
    assert (answer.code, "1 refused." in answer.out) == (1, True)
    answering(monkeypatch, heard, "worked")
    assert menshen("heartbeat", "60", "--door", "d1", "--wait", "5").code == 0


def test_a_wifi_without_a_name_is_asked_for_before_anything_else(menshen, store, monkeypatch):
    answer = menshen("wifi", "change")
    assert (answer.code, "name the network" in answer.err) == (2, True)
    assert "gateway" not in answer.err
