"""What *Site* and *Seal* show of the week is what truly was."""

from itertools import pairwise

import pytest

from gateway.charts import boards
from gateway.charts.view import filled
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.model import Contact
from tests.dashboards import truth
from tests.dashboards.conftest import Wall
from tests.dashboards.served_week import SEAL, SITE, view
from tests.dashboards.week import FROM_MS, TO_MS, Doorway, Report, SiteWeek, week
from tests.dashboards.week_points import NAMES


def in_view(door: Doorway) -> list[Report]:
    """A seal's reports of the week."""
    return [one for one in door.reports if FROM_MS <= one.at_ms < TO_MS]


def of_seal(site: SiteWeek, seal_id: str) -> Doorway:
    """The door of a seal."""
    (found,) = (door for door in site.doors if door.seal_id == seal_id)
    return found


def test_open_now_and_heard_are_those_of_the_doors(wall: Wall, site: SiteWeek) -> None:
    heard = [door for door in site.doors if truth.heard(door, TO_MS)]
    assert wall.number("site", "Seals heard in two heartbeats") == len(heard)
    assert 0 < len(heard) < len(site.doors), "some are silent"
    opened = [door for door in heard if truth.stands_open(door, TO_MS)]
    assert wall.number("site", "Doors open now") == len(opened) == 1
    assert wall.number("site", "Seals silent") == len(site.doors) - len(heard)


def test_a_wall_turned_back_says_what_it_would_have_said_then(wall: Wall, site: SiteWeek) -> None:
    at_ms = next(times[0] for door in site.doors if (times := truth.tampers(door))) + MINUTE_MS
    then = view()._replace(from_ms=at_ms - HOUR_MS, to_ms=at_ms)
    (series,) = wall.answers("site", "Seals tampered with", then)[0][1]
    assert series.rows[0]["sum"] == 1
    assert wall.number("site", "Seals tampered with") == 0, "a person has been there since"


def test_openings_are_at_their_own_time_though_told_hours_late(wall: Wall) -> None:
    for site in week():
        honest = not any(truth.chatters(door) for door in site.doors)
        bars = wall.series("site", "Openings", site=site.site_id)["openings"]
        truly = [at for door in site.doors for at in truth.openings(door) if FROM_MS <= at < TO_MS]
        if honest:
            assert sum(bars.values()) == len(truly)
        # An edge that reached us at once is dated by its arrival, some milliseconds later.
        late = [at for at, _ in truly_late(site)]
        shown = truth.by_span(late, HOUR_MS)
        assert all(bars[at] >= count for at, count in shown.items())
    assert truly_late(week()[0]), "an access point was out while doors were opened"


def truly_late(site: SiteWeek) -> list[tuple[int, int]]:
    """Openings that reached the gateway a minute late or more: when they were, when they came."""
    found = []
    for door in site.doors:
        truly = truth.openings(door)
        for one in in_view(door):
            event = one.event
            if not event.edge or event.first or event.contact is not Contact.OPEN:
                continue
            if event.age_ms is not None and event.age_ms > MINUTE_MS:
                at_ms = one.at_ms - event.age_ms
                near = min(truly, key=lambda at, at_ms=at_ms: abs(at - at_ms), default=None)
                if near is not None and abs(near - at_ms) < 10_000 and near >= FROM_MS:
                    found.append((at_ms, one.at_ms))
    return found


def test_coverage_by_building_is_that_of_its_doors(wall: Wall, site: SiteWeek) -> None:
    shown = wall.series("site", "Coverage, by building")
    buildings = {door.building for door in site.doors}
    assert shown.keys() == {NAMES.name("building", one) for one in buildings}
    for building in buildings:
        doors = [door for door in site.doors if door.building == building]
        for at_ms, share in list(shown[NAMES.name("building", building)].items())[1:-1]:
            covered = truth.covered_ms(doors, at_ms, at_ms + HOUR_MS)
            assert share == pytest.approx(covered / len(doors) / HOUR_MS)


def test_the_state_of_a_door_is_that_of_its_reports_and_no_other_seals(
    wall: Wall, site: SiteWeek
) -> None:
    door = of_seal(site, SEAL)
    bands = wall.series("site", "Doors, by seal")
    assert bands.keys() == {SEAL}
    moves = [(at_ms, state) for at_ms, state in bands[SEAL].items()]
    changes = [two for one, two in pairwise(moves) if one[1] != two[1]]
    leaves = [at for at, _ in door.run.scorer.leaves if FROM_MS <= at < TO_MS]
    assert len(changes) == len(leaves)
    assert not truth.chatters(door)


def test_batteries_and_signals_are_the_seals(wall: Wall, site: SiteWeek) -> None:
    cells = {d.seal_id: in_view(d)[-1].event.battery_mv for d in site.doors if not d.on_mains}
    rows = wall.rows("site", "Lowest 20 batteries")
    assert {row["seal"]: row["battery"] for row in rows} == cells
    signals = {
        door.seal_id: sum(one.event.signal_dbm or 0 for one in in_view(door)) / len(in_view(door))
        for door in site.doors
    }
    rows = wall.rows("site", "Weakest 20 signals")
    assert {row["seal"]: row["signal"] for row in rows} == pytest.approx(signals)


def test_tampering_is_listed_with_its_seal_and_time(wall: Wall, site: SiteWeek) -> None:
    truly = {(door.seal_id, at_ms) for door in site.doors for at_ms in truth.tampers(door)}
    rows = wall.rows("site", "Tampering")
    assert truly
    for seal_id, at_ms in truly:
        times = [row["Time"] for row in rows if row["seal"] == seal_id]
        assert times
        assert abs(min(times) - at_ms) < 10_000
    assert {row["seal"] for row in rows} == {seal_id for seal_id, _ in truly}


def test_a_seals_own_figures_are_its_own(wall: Wall, site: SiteWeek) -> None:
    door = of_seal(site, SEAL)
    reports = in_view(door)
    truly = [at for at in truth.openings(door) if FROM_MS <= at < TO_MS]
    assert wall.number("seal", "Openings") == len(truly)
    assert wall.number("seal", "Battery") == reports[-1].event.battery_mv
    assert wall.number("seal", "Firmware") == door.release
    assert wall.number("seal", "Door") == truth.stands_open(door, TO_MS)
    signals = [one.event.signal_dbm or 0 for one in reports]
    assert wall.number("seal", "Signal") == pytest.approx(sum(signals) / len(signals))
    said = [one for one in reports if (one.event.cover or one.event.magnet) and one.event.seq]
    assert wall.number("seal", "Reports of tampering") == len(said) > 0


def test_a_seals_hours_are_its_reports(wall: Wall, site: SiteWeek) -> None:
    door = of_seal(site, SEAL)
    bars = wall.series("seal", "Reports")["reports"]
    assert sum(bars.values()) == len(in_view(door))
    times = [one.at_ms for one in in_view(door) if not one.event.seq]
    hours = truth.by_span(times, HOUR_MS)
    assert all(bars[at] >= count for at, count in hours.items())
    levels = wall.series("seal", "Battery over time")["battery"]
    by_hour: dict[int, list[int]] = {}
    for one in in_view(door):
        by_hour.setdefault(one.at_ms - one.at_ms % HOUR_MS, []).append(one.event.battery_mv or 0)
    exact = {at: sum(mv) / len(mv) for at, mv in by_hour.items()}
    assert {at: levels[at] for at in exact} == pytest.approx(exact, abs=3)


def test_the_latest_reports_of_a_seal_are_those_with_a_number(wall: Wall, site: SiteWeek) -> None:
    door = of_seal(site, SEAL)
    told = sorted((one for one in in_view(door) if one.event.seq), key=truth.edge_ms)
    rows = wall.rows("seal", "The latest 50 reports that are no heartbeat")
    assert len(rows) == min(50, len(told))
    assert [row["edges"] for row in rows] == [one.event.edges for one in reversed(told)][:50]


def test_the_variables_offer_sites_seals_and_grids(wall: Wall, site: SiteWeek) -> None:
    offered = {
        variable.name: {
            row["value"]
            for series in wall.ask(filled(variable.query, view()))
            for row in series.rows
        }
        for name in boards.ORDER
        for variable in boards.board(name).variables
        if variable.query
    }
    assert offered["site"] == {one.site_id for one in week()}
    assert offered["seal"] == {door.seal_id for door in site.doors}
    assert offered["grid"] == {NAMES.name("grid", door.grid) for door in site.doors}
    assert SITE in offered["site"]
