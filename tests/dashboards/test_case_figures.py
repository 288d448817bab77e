"""What *Ladder* and *Cases* show of the week is what truly was."""

from collections import Counter
from collections.abc import Iterable

import pytest

from gateway.charts import boards
from gateway.charts.figures import called
from gateway.core.cases.milestones import Happened, Milestone
from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.outcome import FALSE_ALARMS, Outcome
from gateway.core.reasons import Reason
from gateway.language.reasons import outcome_word, reason_word
from tests.dashboards import truth
from tests.dashboards.conftest import Wall
from tests.dashboards.week import FROM_MS, SiteWeek
from tests.dashboards.week_deliveries import CHANNELS, Delivery, deliveries

OF_AN_EDGE = {
    Reason.NO_PERMIT,
    Reason.COVER_TAMPER,
    Reason.MAGNET_TAMPER,
    Reason.OPENED_BLIND,
    Reason.OPENED_IN_DOUBT,
}
PEOPLE_SAY = {str(outcome) for outcome in Outcome}


def befell(site: SiteWeek, happened: Happened) -> list[Milestone]:
    """What of this kind befell the site's cases in the week."""
    found = [one for _, one, _ in site.milestones() if one.happened is happened]
    return [one for one in found if one.at_ms >= FROM_MS]


def began(site: SiteWeek) -> dict[str, Milestone]:
    """Each case that was raised in the week, by its first raising."""
    first: dict[str, Milestone] = {}
    for _, one, _ in site.milestones():
        first.setdefault(one.case_id, one)
    return {case_id: one for case_id, one in first.items() if one.at_ms >= FROM_MS}


def seen(site: SiteWeek) -> list[Delivery]:
    """The deliveries of the week."""
    return [one for one in deliveries(site) if one.made_ms >= FROM_MS]


def took(site: SiteWeek) -> list[tuple[Milestone, int]]:
    """Acknowledgements of cases that were raised once, and how long after it they came."""
    first: dict[str, int] = {}
    for _, one, _ in site.milestones():
        first.setdefault(one.case_id, one.at_ms)
    acknowledged = befell(site, Happened.ACKNOWLEDGED)
    return [(one, one.at_ms - first[one.case_id]) for one in acknowledged if one.openings <= 1]


def legs(one: Delivery) -> dict[str, int]:
    """How long each part of a page's way took."""
    found = {}
    if one.sent_ms is not None:
        found["commit → sent"] = one.sent_ms - one.made_ms
        if one.is_first:
            found["edge → commit"] = one.made_ms - one.since_ms
            found["edge → sent"] = one.sent_ms - one.since_ms
    if one.sent_ms is not None and one.received_ms is not None:
        found["sent → receipt"] = one.received_ms - one.sent_ms
        if one.is_first:
            found["edge → receipt"] = one.received_ms - one.since_ms
    return found


def of_leg(some: Iterable[Delivery], leg: str) -> list[int]:
    """The lengths of one part of the way, of pages that an edge raised."""
    return [legs(one)[leg] for one in some if one.reason in OF_AN_EDGE and leg in legs(one)]


@pytest.mark.parametrize("rank", [50, 95, 99])
def test_from_edge_to_receipt_so_many_of_a_hundred(wall: Wall, site: SiteWeek, rank: int) -> None:
    times = of_leg(seen(site), "edge → receipt")
    assert len(times) > 20
    shown = wall.number("ladder", f"Edge to receipt, p{rank}")
    assert shown == truth.nearest_rank(times, rank)
    after = [ms for _, ms in took(site)]
    shown = wall.number("ladder", f"Raised to acknowledged, p{rank}")
    assert shown == truth.nearest_rank(after, rank)


def test_each_leg_of_each_channel_has_its_ranks(wall: Wall, site: SiteWeek) -> None:
    rows = {row["channel"]: row for row in wall.rows("ladder", "Legs of the way, by channel")}
    assert rows.keys() == CHANNELS.keys()
    for channel, row in rows.items():
        ours = [one for one in seen(site) if one.channel == channel]
        for leg in ("edge → commit", "commit → sent", "sent → receipt", "edge → receipt"):
            times = of_leg(ours, leg)
            for rank in (50, 95, 99):
                expected = truth.nearest_rank(times, rank) if times else None
                assert row[f"{leg} p{rank}"] == expected, (channel, leg, rank)
    assert rows["webhook"]["sent → receipt p50"] is None, "nothing but a handheld can say that"


def test_a_channel_that_was_down_lies_above_the_others(wall: Wall, site: SiteWeek) -> None:
    shown = wall.series("ladder", "Edge to sent, p95")
    for channel, points in shown.items():
        by_span: dict[int, list[int]] = {}
        for one in seen(site):
            if one.channel == channel and one.reason in OF_AN_EDGE and "edge → sent" in legs(one):
                at_ms = one.made_ms - one.made_ms % (6 * HOUR_MS)
                by_span.setdefault(at_ms, []).append(legs(one)["edge → sent"])
        expected = {at_ms: truth.nearest_rank(times, 95) for at_ms, times in by_span.items()}
        assert points == expected
    assert max(shown["push"].values()) > HOUR_MS > max(shown["inbox"].values())


def test_what_became_of_pages_is_what_became_of_them(wall: Wall, site: SiteWeek) -> None:
    rows = {r["channel"]: r for r in wall.rows("ladder", "What became of pages, by channel")}
    for channel, row in rows.items():
        ours = [one for one in seen(site) if one.channel == channel]
        assert row["pages"] == len(ours)
        assert row["sent"] == sum(one.sent_ms is not None for one in ours)
        assert row["received"] == sum(one.received_ms is not None for one in ours)
        assert row["seen"] == sum(one.seen for one in ours)
        assert row["gave up"] == sum(one.gave_up for one in ours)
        assert row["failures"] == sum(one.failures for one in ours)
    assert rows["push"]["gave up"] == 2


def test_failed_tries_are_told_by_their_cause(wall: Wall, site: SiteWeek) -> None:
    causes: Counter[str] = Counter()
    for one in seen(site):
        if one.cause is not None:
            causes[one.cause.replace("_", " ")] += one.failures
    assert wall.lasts("ladder", "Failed tries, by cause") == causes
    assert len(causes) == 3


def test_who_acknowledged_and_when_by_the_step(wall: Wall, site: SiteWeek) -> None:
    people = Counter(
        f"step {one.step_index}: {one.by.actor_id}"
        for one in befell(site, Happened.ACKNOWLEDGED)
        if one.by is not None
    )
    assert wall.lasts("ladder", "Who acknowledged, at which step") == people
    assert len(people) > 3, "not only the first"
    by_step: dict[str, list[int]] = {}
    for one, after_ms in took(site):
        by_step.setdefault(f"step {one.step_index}", []).append(after_ms)
    expected = {step: truth.nearest_rank(times, 95) for step, times in by_step.items()}
    assert wall.lasts("ladder", "Raised to acknowledged, p95 by step") == expected


def test_escalations_are_those_of_the_day(wall: Wall, site: SiteWeek) -> None:
    shown = wall.series("ladder", "Escalations in a day")
    expected = Counter(
        (f"step {one.step_index}", one.at_ms - one.at_ms % DAY_MS)
        for one in befell(site, Happened.ESCALATED)
    )
    assert {(n, at): c for n, days in shown.items() for at, c in days.items() if c} == expected


def test_raised_closed_and_open_cases(wall: Wall, site: SiteWeek) -> None:
    assert wall.number("cases", "Raised") == len(began(site)) > 30
    assert wall.number("cases", "Closed") == len(befell(site, Happened.CLOSED))
    every = {one.case_id for _, one, _ in site.milestones()}
    closed = {o.case_id for _, o, _ in site.milestones() if o.happened is Happened.CLOSED}
    assert wall.number("cases", "Open now") == len(every - closed)


def test_cases_by_reason_in_all_and_by_the_day(wall: Wall, site: SiteWeek) -> None:
    reasons = Counter(str(one.reason) for one in began(site).values())
    assert wall.lasts("cases", "Raised, by reason") == reasons
    days = wall.series("cases", "Raised in a day, by reason")
    expected = Counter(
        (str(one.reason), one.at_ms - one.at_ms % DAY_MS) for one in began(site).values()
    )
    assert {(n, at): c for n, by in days.items() for at, c in by.items() if c} == expected


def test_false_pages_are_a_share_of_what_people_reported(wall: Wall, site: SiteWeek) -> None:
    reported = [one for one in befell(site, Happened.CLOSED) if one.outcome in PEOPLE_SAY]
    false = [one for one in reported if Outcome(str(one.outcome)) in FALSE_ALARMS]
    assert 0 < len(false) < len(reported) < len(befell(site, Happened.CLOSED))
    assert wall.number("cases", "False pages") == pytest.approx(len(false) / len(reported))
    shares = {
        str(reason): sum(one in false for one in ours) / len(ours)
        for reason in {one.reason for one in reported}
        if (ours := [one for one in reported if one.reason is reason])
    }
    assert wall.lasts("cases", "Share of false pages, by reason") == pytest.approx(shares)


def test_what_was_found_is_what_was_reported(wall: Wall, site: SiteWeek) -> None:
    found = Counter(
        outcome_word(str(one.outcome), "en")
        for one in befell(site, Happened.CLOSED)
        if one.outcome in PEOPLE_SAY
    )
    assert wall.lasts("cases", "What was found") == found
    assert len(found) > 3


def test_every_reason_is_called_as_the_console_calls_it(wall: Wall, site: SiteWeek) -> None:
    """Its id is for programs."""
    words = {reason_word(one.reason, "en") for one in befell(site, Happened.RAISED)}
    assert len(words) > 3
    for title in ("Raised in a day, by reason", "Raised, by reason"):
        found = called(wall.panel("cases", title), wall.answers("cases", title))
        assert {line.name for line in found} == words
    raw = boards.board("cases").panels
    tables = [panel for panel in raw if panel.kind == "table"]
    assert len(tables) == 2
    for panel in tables:
        shown = boards.words_of(panel.overrides["reason"]["mappings"])
        assert words <= {word for word, _ in shown.values()}


def test_time_to_acknowledge_in_all_and_by_reason(wall: Wall, site: SiteWeek) -> None:
    after = [ms for _, ms in took(site)]
    median = wall.number("cases", "Acknowledged after, median")
    assert median == truth.nearest_rank(after, 50)
    assert wall.number("cases", "Acknowledged after, p95") == truth.nearest_rank(after, 95)
    rows = {row["reason"]: row for row in wall.rows("cases", "Time to acknowledge, by reason")}
    for reason in {one.reason for one, _ in took(site)}:
        ours = [ms for one, ms in took(site) if one.reason is reason]
        for rank in (50, 95, 99):
            assert rows[reason][f"p{rank}"] == truth.nearest_rank(ours, rank)


def test_the_latest_hundred_are_the_latest_with_numbers_that_the_console_finds(
    wall: Wall, site: SiteWeek
) -> None:
    rows = wall.rows("cases", "The latest hundred things that befell cases")
    latest = sorted((one.at_ms for _, one, _ in site.milestones()), reverse=True)[:100]
    assert [row["Time"] for row in rows] == latest
    numbers = {case_number(one.case_id) for _, one, _ in site.milestones()}
    assert {row["case"] for row in rows} <= numbers
