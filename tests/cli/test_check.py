"""`menshen check`: a line for each part, and an exit code that a script can trust."""

import sys
from datetime import UTC

import msgspec
import pytest
from sqlalchemy import delete, insert, update

from gateway.cli import check_machine, check_site
from gateway.cli.check_result import Mark
from gateway.core.paging.person import Person
from gateway.store import tables
from tests import neighbours

NOW_MS = 1_900_000_000_000
PAGE = {
    "page_id": "p",
    "case_id": "c",
    "door_id": "d1",
    "channel": "webhook",
    "reason": "no_permit",
    "since_ms": 0,
    "next_ms": 0,
}


def marks(said):
    return {result["part"]: result["mark"] for result in said.json}


def test_every_part_has_a_line_with_its_mark(menshen, store):
    said = menshen("check")
    assert said.code == 1  # no broker
    lines = {line[7:17].strip(): line[2:7].strip() for line in said.out.splitlines()}
    assert lines == {
        "settings": "ok",
        "database": "ok",
        "gateway": "warn",
        "broker": "fail",
        "disk": "ok",
        "clock": lines["clock"],
        "wardens": "ok",
        "seals": "warn",
        "refusals": "ok",
        "pages": "ok",
    }
    assert "Connection refused" in said.out
    assert "Errno" not in said.out


def test_wrong_settings_are_the_only_lines(menshen, folder):
    (folder / "menshen.toml").write_text("[site]\nname = 1\n[rules]\nburst_count = 0\n")
    said = menshen("check", "--json")
    assert said.code == 2
    assert [(f["part"], f["mark"]) for f in said.json] == [("settings", "fail")] * 2


def test_a_missing_database_fails_and_the_rest_is_still_looked_at(menshen, settings):
    said = menshen("check", "--json")
    assert said.code == 1
    assert marks(said)["database"] == "fail"
    assert marks(said)["disk"] == "ok"


def test_with_broker_and_gateway_all_is_well(
    menshen, store, settings, folder, mosquitto, keep, free_port, monkeypatch
):
    broker = mosquitto()
    settings.write_text(f"[broker]\nport = {broker.port}\n[console]\nport = {free_port()}\n")
    places = f"{neighbours.ROOT}:{neighbours.ROOT / 'firmware'}"
    monkeypatch.setenv("PYTHONPATH", places)
    command = [sys.executable, "-m", "gateway", "run", "-c", str(settings)]

    def ready():
        return marks(menshen("check", "--json"))["gateway"] == "ok"

    gateway = neighbours.Neighbour("gateway", command, folder, ready)
    keep(gateway)
    found = marks(menshen("check", "--json"))
    assert (found["gateway"], found["broker"]) == ("ok", "ok")
    said = menshen("check")
    assert (said.code, "the gateway is connected" in said.out) == (0, True)
    said = menshen("run")
    assert said.code == 1
    assert (
        "another program listens there, perhaps this gateway itself; change console.host"
        in said.err
    )


def test_without_a_gateway_the_broker_is_tried_out(menshen, store, settings, mosquitto):
    settings.write_text(f"[broker]\nport = {mosquitto().port}\n")
    assert "lets us in" in menshen("check").out


def test_the_broker_may_refuse_us(menshen, store, settings, mosquitto, monkeypatch):
    broker = mosquitto("listener {port} 127.0.0.1\nallow_anonymous false\n")
    settings.write_text(f'[broker]\nport = {broker.port}\nuser = "gateway"\n')
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD", "wrong")
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "broker"]
    assert result["mark"] == "fail"
    assert "refused us" in result["text"]


def test_unwise_settings_are_told(menshen, store, settings):
    settings.write_text('[broker]\nhost = "broker.invalid"\nuser = "gateway"\n')
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "settings"]
    assert result["mark"] == "warn"
    assert "broker.tls is false" in result["text"]
    assert "without MENSHEN_BROKER_PASSWORD" in result["text"]
    settings.write_text('[broker]\ntls = true\nca = "nope.crt"\n')
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "settings"]
    assert (result["mark"], "there is no file" in result["text"]) == ("fail", True)


def test_a_database_that_others_may_read_is_told(store):
    store.path.chmod(0o644)
    assert check_machine.database(store).mark is Mark.WARN


@pytest.mark.parametrize(
    ("newest_ms", "now_ms", "mark", "words"),
    [
        (0, 1_000_000_000_000, Mark.FAIL, "which is long past"),
        (NOW_MS + 3_600_000, NOW_MS, Mark.FAIL, "60 min behind the journal"),
    ],
)
def test_a_clock_that_is_wrong_is_told(newest_ms, now_ms, mark, words):
    result = check_machine.clock(newest_ms, now_ms, UTC)
    assert result.mark is mark
    assert words in result.text


@pytest.mark.parametrize(
    ("free_mib", "mark"), [(50, Mark.FAIL), (500, Mark.WARN), (5_000, Mark.OK)]
)
def test_a_full_disk_is_told(tmp_path, monkeypatch, free_mib, mark):
    usage = type("Usage", (), {"free": free_mib * check_machine.MIB})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert check_machine.disk(tmp_path / "not" / "yet").mark is mark


def found(store, name, *facts):
    with store.reading() as connection:
        return getattr(check_site, name)(connection, *facts)


def test_a_grid_without_a_warden_is_told(store):
    with store.writing() as connection:
        connection.execute(delete(tables.wardens))
    result = found(store, "wardens", False)
    assert (result.mark, result.facts["grids_without"]) == (Mark.FAIL, ["g1"])
    assert found(store, "wardens", True).mark is Mark.WARN


def test_a_warden_without_a_channel_is_told_of_nothing(store):
    assert found(store, "wardens", False).mark is Mark.OK
    with store.writing() as connection:
        connection.execute(tables.wardens.update().values(channels="[]"))
    result = found(store, "wardens", False)
    assert (result.mark, result.facts["grids_without"]) == (Mark.FAIL, ["g1"])


def test_a_warden_whom_the_daily_test_does_not_reach_is_told(store):
    state = msgspec.json.encode(Person("w1", working=False))
    with store.writing() as connection:
        connection.execute(insert(tables.people), {"warden_id": "w1", "state": state})
    result = found(store, "wardens", False)
    assert (result.mark, result.facts["unreached"]) == (Mark.WARN, ["w1"])
    assert "of 1, 1 not reached by the daily test: w1" in result.text


def test_silent_seals_are_told(store):
    state = b'{"door_id":"d1","seal_id":"00112233445566aa","heard_ms":%d}'
    for heard_ms, words in (
        (NOW_MS - 300_000, "1 silent for over 3 min: d1"),
        (NOW_MS, "all heard"),
    ):
        with store.writing() as connection:
            connection.execute(
                update(tables.doors)
                .where(tables.doors.c.door_id == "d1")
                .values(state=state % heard_ms)
            )
        assert words in found(store, "seals", NOW_MS).text


def test_refusals_are_told_by_reason(store):
    with store.writing() as connection:
        connection.execute(
            insert(tables.refusals),
            [
                {"hour_ms": NOW_MS, "reason": "replayed", "count": 3, "latest_ms": NOW_MS - 60_000},
                {"hour_ms": NOW_MS, "reason": "wrong_key", "count": 5, "latest_ms": NOW_MS},
                {"hour_ms": 0, "reason": "truncated", "count": 9, "latest_ms": 0},
            ],
        )
    result = found(store, "refusals", NOW_MS + 5_000)
    assert result.mark is Mark.WARN
    assert result.text == "in the last day: wrong_key 5, replayed 3; the latest 5 s ago"
    assert result.facts == {"wrong_key": 5, "replayed": 3}


@pytest.mark.parametrize(
    ("row", "mark", "words"),
    [
        ({"made_ms": NOW_MS - 1_000}, Mark.OK, "1 page not delivered, the oldest 1 s ago"),
        ({"made_ms": NOW_MS - 20_000}, Mark.WARN, "the oldest 20 s ago"),
        ({"made_ms": NOW_MS - 300_000, "error": "no route"}, Mark.FAIL, "webhook says: no route"),
        ({"made_ms": NOW_MS, "gave_up": True}, Mark.FAIL, "1 page given up in the last day"),
        ({"made_ms": 0, "gave_up": True}, Mark.OK, "none waits"),
        ({"made_ms": 0, "done_ms": 1}, Mark.OK, "none waits"),
    ],
)
def test_pages_that_have_not_gone_out_are_told(store, row, mark, words):
    with store.writing() as connection:
        connection.execute(insert(tables.outbox).values(**PAGE, **row))
    result = found(store, "pages", NOW_MS)
    assert (result.mark, words in result.text) == (mark, True)


def test_a_stranger_at_the_consoles_port_is_told(menshen, store, settings, free_port, keep, folder):
    port = free_port()
    settings.write_text(f"[console]\nport = {port}\n")
    command = [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(port)]

    def ready():
        return "answers 404" in menshen("check").out

    keep(neighbours.Neighbour("stranger", command, folder, ready))
