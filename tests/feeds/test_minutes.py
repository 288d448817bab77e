"""Minutes of the site: what they say, and that they are the same wherever reading began."""

import itertools
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.core.duration import HOUR_MS
from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.feeds.influx_schema import SITE_1M
from gateway.feeds.minute_stream import GRACE_MS, MinuteStream
from gateway.feeds.minutes import GAP_MAX_MS, Minute, Minutes, Place
from gateway.store import tables
from gateway.store.place_names import PlaceNames, key_of, legend
from tests.feeds.building import SITE_ID, Building
from tests.feeds.conftest import Running, Until
from tests.feeds.database import Database

START_MS = 1_790_000_040_000  # a whole minute
MINUTE = 60_000
BEAT_MS = 100_000
GROUP = ("g", "b", "-")


def report(contact: Contact = Contact.SHUT, **more: object) -> ReportCame:
    said = {"edges": 1, "edge": False, **more}
    return ReportCame("00000000000000a0", 0, contact, **said)  # type: ignore[arg-type]


def fields(line: str) -> dict[str, str]:
    return dict(field.split("=") for field in line.split(" ")[1].split(","))


def minutes(*doors: str) -> Minutes:
    made = Minutes({door: Place(GROUP, BEAT_MS) for door in doors})
    made.begin(START_MS)
    return made


def closed(of: Minutes, at_ms: int) -> list[Minute]:
    return list(itertools.chain.from_iterable(iter(lambda: of.close_one(at_ms), None)))


def test_a_minute_counts_what_its_doors_said() -> None:
    made = minutes("d1", "d2")
    made.report("d1", START_MS, report())
    made.report("d2", START_MS + 1_000, report(battery_mv=2_900, signal_dbm=-70))
    opened = report(Contact.OPEN, edge=True, age_ms=900, battery_mv=2_800, signal_dbm=-80)
    made.report("d2", START_MS + 2_000, opened)
    made.report("elsewhere", START_MS + 3_000, opened)
    (one,) = closed(made, START_MS + MINUTE)
    assert one == Minute(
        START_MS,
        GROUP,
        {
            "reports": 3,
            "opened": 1,
            "closed": 0,
            "tampers": 0,
            "battery_min_mv": 2_800,
            "signal_min_dbm": -80,
            "age_max_ms": 900,
            "doors": 2,
            "heard": 2,
            "open_now": 1,
            "tampered": 0,
            "sealed_ms": 2 * MINUTE,
            "covered_ms": 2 * MINUTE - 1_000,
        },
    )
    assert made.now == {"doors": 2, "heard": 2, "open_now": 1}
    assert set(one.figures) <= {field.name for field in SITE_1M.fields}


def test_a_door_is_covered_for_two_heartbeats_and_then_no_more_to_the_millisecond() -> None:
    made = minutes("d1")
    made.report("d1", START_MS, report(Contact.OPEN))
    got = closed(made, START_MS + 5 * MINUTE)
    covered = [one.figures["covered_ms"] for one in got]
    assert covered == [MINUTE, MINUTE, MINUTE, 200_000 - 3 * MINUTE, 0]
    assert [one.figures["heard"] for one in got] == [1, 1, 1, 0, 0]
    assert [one.figures["open_now"] for one in got] == [1, 1, 1, 0, 0]
    made.report("d1", START_MS + 5 * MINUTE + 45_000, report())
    (last,) = closed(made, START_MS + 6 * MINUTE)
    assert (last.figures["covered_ms"], last.figures["heard"]) == (15_000, 1)


def test_what_waited_in_a_broker_covers_only_what_it_surely_speaks_for() -> None:
    made = minutes("d1", "d2")
    made.report("d1", START_MS, report(Contact.OPEN, waited_ms=2 * 3_600_000))
    made.report("d2", START_MS, report(Contact.OPEN, waited_ms=170_000))
    (one,) = closed(made, START_MS + MINUTE)
    names = "doors", "heard", "open_now", "covered_ms"
    assert [one.figures[name] for name in names] == [2, 0, 0, 30_000]
    made.report("d1", START_MS + MINUTE + 20_000, report())
    (two,) = closed(made, START_MS + 2 * MINUTE)
    assert [two.figures[name] for name in names] == [2, 1, 0, 40_000]


def test_a_report_that_was_overtaken_does_not_open_a_door_again() -> None:
    made = minutes("d1")
    made.report("d1", START_MS, report(edges=4, edge=True))
    made.report("d1", START_MS + 1_000, report(Contact.OPEN, edges=3, edge=True, age_ms=9_000))
    (one,) = closed(made, START_MS + MINUTE)
    assert (one.figures["open_now"], one.figures["opened"]) == (0, 1)


def test_a_seal_that_is_off_counts_no_more_and_a_long_gap_has_no_minutes() -> None:
    made = minutes("d1")
    made.report("d1", START_MS, report())
    made.forget("d1")
    (one,) = closed(made, START_MS + MINUTE)
    assert (one.figures["reports"], one.figures["doors"], one.figures["sealed_ms"]) == (1, 0, 0)
    made.report("d1", START_MS + MINUTE, report())
    far_ms = START_MS + GAP_MAX_MS + 5 * MINUTE
    assert len(closed(made, far_ms)) == 1
    assert made.from_ms == far_ms
    assert len(closed(made, START_MS)) == 1, "a clock that was wrong and is right again"
    assert made.from_ms == START_MS


def lines_of(building: Building, names: PlaceNames, until_ms: int, size: int) -> list[str]:
    """All that one life of the stream makes, in batches of `size`."""
    stream = MinuteStream(building.store, SITE_ID, names)
    found: list[str] = []
    while True:
        batch = stream.take(size, until_ms + GRACE_MS)
        found += [line.text for line in batch.lines]
        stream.settle(batch, [])
        if not batch.is_more:
            return found


@pytest.mark.parametrize("size", [7, 1_000])
def test_a_restart_at_any_minute_makes_the_same_lines(
    building: Building, size: int, now_ms: int
) -> None:
    from_ms = now_ms - now_ms % MINUTE - 30 * MINUTE
    building.day(3, from_ms, from_ms + 20 * MINUTE)
    names = PlaceNames(key_of(building.store))
    whole = lines_of(building, names, from_ms + 30 * MINUTE, size)
    with building.store.writing() as connection:
        connection.execute(update(tables.cursors).values(journal_id=0))
    parts = [
        line
        for minute in range(31)
        for line in lines_of(building, names, from_ms + minute * MINUTE, size)
    ]
    assert len(whole) == 30
    assert dict.fromkeys(parts) == dict.fromkeys(whole), "each life has written onto the last one's"


@pytest.mark.parametrize("by_ms", [-5 * HOUR_MS, 5 * HOUR_MS, -700, 700])
def test_a_clock_that_is_corrected_covers_no_silence_and_hides_no_word(
    building: Building, now_ms: int, by_ms: int
) -> None:
    """Of one seal nothing more is heard after it; the other beats on. And so says each life."""
    alive = building.seals[1]
    from_ms = now_ms - now_ms % MINUTE - 300 * MINUTE
    at_ms = from_ms + 90_000
    for seal_id in building.seals[:2]:
        building.heartbeat(seal_id, from_ms)
        building.heartbeat(seal_id, at_ms)
    building.correct(by_ms, at_ms + by_ms)
    for minute in range(8):
        building.heartbeat(alive, at_ms + by_ms + minute * MINUTE + 1_000)
    until_ms = at_ms + by_ms + 8 * MINUTE
    names = PlaceNames(key_of(building.store))
    lives: dict[int, str] = {}
    for minute in range(12):
        for line in lines_of(building, names, until_ms - (8 - minute) * MINUTE, 1_000):
            lives[int(line.rpartition(" ")[2])] = line.rpartition(" ")[0]
    heard = {ns: int(fields(line)["heard"].rstrip("i")) for ns, line in lives.items()}
    first_ns = (at_ms + by_ms + 2 * MINUTE) // MINUTE * MINUTE * 1_000_000
    after = [heard[ns] for ns in sorted(heard) if ns >= first_ns]
    assert after[:7] == [2, 1, 1, 1, 1, 1, 1], "heard for two heartbeats, by whatever clock"
    covered = sum(int(fields(lives[ns])["covered_ms"].rstrip("i")) for ns in lives)
    assert covered <= 2 * (90_000 + MINUTE) + 200_000 + 9 * MINUTE


async def test_minutes_are_in_influxdb_by_grid_building_and_batch(
    building: Building, database: Database, running: Running, until: Until, now_ms: int
) -> None:
    from_ms = now_ms - now_ms % MINUTE - 20 * MINUTE
    doors = [f"door-{seal_id}" for seal_id in building.seals]
    with building.store.writing() as connection:
        for number, door_id in enumerate(doors):
            of_door = tables.doors.c.door_id == door_id
            lies = {"building": f"House {number % 2}"}
            connection.execute(update(tables.doors).where(of_door).values(**lies))
        batch = tables.seals.c.seal_id == building.seals[0]
        connection.execute(update(tables.seals).where(batch).values(batch="2026-05"))
    building.day(4, from_ms, from_ms + 15 * MINUTE)
    edges = [event for _, _, event in building.journal() if event.edge and not event.first]
    opened = sum(event.contact is Contact.OPEN for event in edges)
    total = 'SELECT sum("opened") AS "opened", sum("reports") AS "reports" FROM "site_1m"'
    async with running():
        await until(lambda: bool(database.ask(total)))
        await until(
            lambda: database.one(total.replace(', sum("reports") AS "reports"', "")) == opened
        )
    (series,) = database.ask(total)
    assert series.rows[0]["reports"] == len(building.journal())
    by_house = database.ask('SELECT max("doors") FROM "site_1m" GROUP BY "building", "batch"')
    with building.store.reading() as connection:
        words = {meaning.name: meaning.words for meaning in legend(connection)}
    assert {
        (words[one.tags["building"]], words.get(one.tags["batch"])): one.rows[0]["max"]
        for one in by_house
    } == {("House 0", "2026-05"): 1, ("House 0", None): 5, ("House 1", None): 6}


def test_the_legend_is_empty_before_any_history_and_names_do_not_change(tmp_path: Path) -> None:
    building = Building(tmp_path / "menshen.db", 1)
    with building.store.reading() as connection:
        assert legend(connection) == []
    key = key_of(building.store)
    assert key_of(building.store) == key
    with building.store.writing() as connection:
        connection.execute(insert(tables.grids), [{"grid_id": "g2", "name": "Second"}])
    with building.store.reading() as connection:
        found = {meaning.words: meaning.name for meaning in legend(connection)}
    assert found["Second"] == PlaceNames(key).name("grid", "g2") != found["Frau Holle"]
    building.close()
