"""What *Gateway*, *Batteries* and *Coverage* show of the week is what truly was."""

import pytest

from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.feeds.influx_schema import COUNTED
from tests.dashboards import truth
from tests.dashboards.conftest import Wall
from tests.dashboards.test_site_figures import in_view
from tests.dashboards.week import BAD_CELLS, FROM_MS, TO_MS, SiteWeek
from tests.dashboards.week_deliveries import PUSH_DOWN, deliveries
from tests.dashboards.week_figures import ATTACK, BROKER_AWAY, CLOCK_DOUBTED, figures
from tests.dashboards.week_points import NAMES

BROKER_SITE = "b04f3d7781e6429c"


def test_what_a_gateway_said_last_is_what_its_numbers_say(wall: Wall, site: SiteWeek) -> None:
    _, said = figures(site)[-1]
    shown = {
        "Broker away for": "broker_away_ms",
        "Oldest page waits": "outbox_oldest_ms",
        "Pages failed for good": "outbox_dead",
        "Disk lasts": "disk_days",
        "Certificate lasts": "certificate_days",
        "Up for": "uptime_s",
    }
    for title, field in shown.items():
        assert wall.number("gateway", title) == pytest.approx(said[field]), title
    assert said["outbox_dead"] == 2


def test_the_hours_of_trouble_are_red_and_no_others(wall: Wall, site: SiteWeek) -> None:
    bands = wall.series("gateway", "Broker, disk and clock")
    assert _red(bands["broker"]) == _red(bands["disk"]) == []
    assert _red(bands["clock"]) == _hours(CLOCK_DOUBTED["7"])
    away = wall.series("gateway", "Broker, disk and clock", site=BROKER_SITE)
    assert _red(away["broker"]) == _hours(BROKER_AWAY["b"])
    assert _red(away["clock"]) == []


def _red(band: dict[int, int]) -> list[int]:
    return [at_ms for at_ms, is_well in band.items() if not is_well]


def _hours(span: tuple[int, int]) -> list[int]:
    return list(range(span[0] - span[0] % HOUR_MS, span[1], HOUR_MS))


def test_the_page_that_waited_is_seen_waiting(wall: Wall, site: SiteWeek) -> None:
    waited = wall.series("gateway", "Oldest page in the outbox")["waiting for"]
    held = [one.made_ms for one in deliveries(site) if _within(one.made_ms, PUSH_DOWN)]
    longest = max(said["outbox_oldest_ms"] for _, said in figures(site))
    assert max(waited.values()) == longest > HOUR_MS
    assert PUSH_DOWN[1] - min(held) >= longest
    late = [at_ms for at_ms, ms in waited.items() if ms > 300_000]
    assert late == [at for at in late if PUSH_DOWN[0] - HOUR_MS <= at <= PUSH_DOWN[1]]


def _within(at_ms: int, span: tuple[int, int]) -> bool:
    return span[0] <= at_ms < span[1]


def test_what_grew_adds_up_to_what_was_counted(wall: Wall, site: SiteWeek) -> None:
    # InfluxDB sees the first hour's growth from the last figures of the hour before.
    hour_ms = FROM_MS - FROM_MS % HOUR_MS
    first = [said for at_ms, said in figures(site) if at_ms < hour_ms][-1]
    last = figures(site)[-1][1]
    refused = wall.series("gateway", "Refused, by reason")
    assert refused.keys() == set(COUNTED)
    for reason in COUNTED:
        grown = last[f"refused_{reason}"] - first[f"refused_{reason}"]
        assert sum(refused[reason].values()) == grown, reason
    (attacked,) = (at for at, count in refused["wrong_key"].items() if count > 100)
    assert attacked == ATTACK[0] - ATTACK[0] % HOUR_MS
    proved = wall.series("gateway", "Pages, by how far it was proved that they came")
    for kind, bars in proved.items():
        assert sum(bars.values()) == last[f"pages_{kind}"] - first[f"pages_{kind}"], kind


@pytest.mark.parametrize(
    ("title", "name", "field", "worst"),
    [
        ("Commit", "worst", "commit_ms_max", max),
        ("Cases", "open", "cases_open", max),
        ("Cases", "not taken", "cases_untaken", max),
        ("Echo through the broker, and what waits", "waiting", "queue_depth", max),
        ("Journal rows missing here", "not yet here", "cursor_lag", max),
        ("Journal rows missing here", "never", "unwritten", max),
        ("Disk", "free", "disk_free", min),
        ("Disk", "the database", "database_bytes", max),
    ],
)
def test_each_hour_shows_its_worst(
    wall: Wall, site: SiteWeek, title: str, name: str, field: str, worst: object
) -> None:
    by_hour: dict[int, list[float]] = {}
    for at_ms, said in figures(site):
        if at_ms >= FROM_MS and said[field] is not None:
            by_hour.setdefault(at_ms - at_ms % HOUR_MS, []).append(said[field])
    expected = {at_ms: worst(values) for at_ms, values in by_hour.items()}  # type: ignore[operator]
    assert wall.series("gateway", title)[name] == pytest.approx(expected)


def test_memory_and_processor_are_the_process(wall: Wall, site: SiteWeek) -> None:
    shown = wall.series("gateway", "Memory and processor")
    shares = list(shown["processor (%)"].values())[:-1]  # the last hour is not over
    assert len(shares) > 160
    assert shares == pytest.approx([2.1] * len(shares), abs=0.01)
    last = figures(site)[-1][1]["rss_bytes"] / (1 << 20)
    assert max(shown["memory (MiB)"].values()) == pytest.approx(last)


def test_low_batteries_are_counted_and_listed(wall: Wall, site: SiteWeek) -> None:
    cells = {d.seal_id: in_view(d)[-1].event.battery_mv or 0 for d in site.doors if not d.on_mains}
    assert wall.number("batteries", "Seals with a battery") == len(cells)
    assert wall.number("batteries", "Below 2.7 V") == sum(mv < 2_700 for mv in cells.values()) == 1
    assert wall.number("batteries", "Below 2.4 V") is None
    rows = wall.rows("batteries", "Lowest 20 batteries")
    assert {row["seal"]: row["battery"] for row in rows} == cells
    _, said = figures(site)[-1]
    assert wall.number("batteries", "First is empty in") == pytest.approx(said["battery_days"])


def test_days_left_are_those_of_the_line_through_the_days(wall: Wall, site: SiteWeek) -> None:
    expected = {}
    for door in site.doors:
        if door.on_mains:
            continue
        days: dict[int, list[int]] = {}
        for one in in_view(door):
            days.setdefault(one.at_ms // DAY_MS, []).append(one.event.battery_mv or 0)
        means = [sum(mv) / len(mv) for mv in days.values()]
        falls = (means[0] - means[-1]) / (len(means) - 1)
        expected[door.seal_id] = (means[-1] - 2_400) / falls
    rows = wall.rows("batteries", "Days left, the shortest 20")
    assert {row["seal"]: row["days left"] for row in rows} == pytest.approx(expected)
    shortest = min(rows, key=lambda row: row["days left"])
    bad = {door.seal_id for door in site.doors if door.run.number in BAD_CELLS}
    assert shortest["seal"] in bad
    truly = (2_790 - 22 * (TO_MS - FROM_MS) / DAY_MS - 2_400) / 22
    assert shortest["days left"] == pytest.approx(truly, abs=1.5)


@pytest.mark.parametrize("place", ["building", "batch"])
def test_the_lowest_battery_of_a_place_is_that_of_its_seals(
    wall: Wall, site: SiteWeek, place: str
) -> None:
    shown = wall.series("batteries", f"The lowest battery, by {place}")
    for own in {getattr(door, place) for door in site.doors}:
        doors = [door for door in site.doors if getattr(door, place) == own]
        reports = [one for door in doors for one in in_view(door) if one.event.battery_mv]
        # The minute in which the view begins is a whole one.
        lowest: dict[int, int] = {}
        for one in reports:
            at_ms = one.at_ms - one.at_ms % (6 * HOUR_MS)
            lowest[at_ms] = min(lowest.get(at_ms, 9_999), one.event.battery_mv or 0)
        assert shown[NAMES.name(place, own)] == lowest


def test_coverage_is_the_time_after_reports(wall: Wall, site: SiteWeek) -> None:
    whole = len(site.doors) * (TO_MS - FROM_MS)
    covered = truth.covered_ms(site.doors)
    assert wall.number("coverage", "Covered") == pytest.approx(covered / whole)
    hours = wall.number("coverage", "Not covered, in door-hours")
    assert hours == pytest.approx((whole - covered) / HOUR_MS)
    assert wall.number("coverage", "Sealed, in door-days") == len(site.doors) * 7
    marks = range(FROM_MS - FROM_MS % HOUR_MS + HOUR_MS, TO_MS - HOUR_MS, HOUR_MS)
    shares = [truth.covered_ms(site.doors, at, at + HOUR_MS) for at in marks]
    assert wall.number("coverage", "Worst hour") == pytest.approx(
        min(shares) / len(site.doors) / HOUR_MS
    )


@pytest.mark.parametrize("place", ["grid", "building", "batch"])
def test_what_was_not_covered_is_told_by_place(wall: Wall, site: SiteWeek, place: str) -> None:
    shown = wall.lasts("coverage", f"Not covered, by {place}")
    expected = {}
    for own in {getattr(door, place) for door in site.doors}:
        doors = [door for door in site.doors if getattr(door, place) == own]
        whole = len(doors) * (TO_MS - FROM_MS)
        expected[NAMES.name(place, own)] = 1 - truth.covered_ms(doors) / whole
    assert shown == pytest.approx(expected)


def test_a_grid_is_asked_alone(wall: Wall, site: SiteWeek) -> None:
    grid = NAMES.name("grid", site.doors[0].grid)
    both = wall.number("coverage", "Covered")
    assert wall.number("coverage", "Covered", grid=grid) == pytest.approx(both), "it has one"
    assert wall.number("coverage", "Covered", grid="another") is None


def test_the_share_that_is_not_heard_steps_up_when_seals_fall_silent(
    wall: Wall, site: SiteWeek
) -> None:
    shown = wall.series("coverage", "Doors not heard, and open")
    last = max(shown["not heard"])
    silent = [door for door in site.doors if not truth.heard(door, TO_MS)]
    assert shown["not heard"][last] == pytest.approx(len(silent) / len(site.doors))


def test_the_oldest_edge_is_the_one_that_waited_longest(wall: Wall, site: SiteWeek) -> None:
    shown = wall.series("coverage", "The oldest edge that came")["age"]
    ages = [
        one.event.age_ms
        for door in site.doors
        for one in in_view(door)
        if one.event.edge and one.event.age_ms is not None
    ]
    assert max(shown.values()) == max(ages)
