"""From when a report speaks: its age, how long it may have waited, and what was known before."""

import pytest

from gateway.core.doors import observation
from gateway.core.doors.observation import Observation, observe
from gateway.core.events import ReportCame
from gateway.core.model import Chattering, Contact, Door, Opening
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import MINUTE, NOON, SEAL, SECOND

KNOWN = NOON - 10 * MINUTE  # up to when the door's edges are known
DOOR = Door("d", seal_id=SEAL, contact=Contact.SHUT, edges=4, observed_until_ms=KNOWN)


def report(edges: int = 5, contact: Contact = Contact.OPEN, **more: object) -> ReportCame:
    fields = {"seq": 9, "edge": True, **more}
    return ReportCame(SEAL, contact=contact, edges=edges, **fields)  # type: ignore[arg-type]


def seen(event: ReportCame, door: Door = DOOR) -> Observation:
    found = observe(door, event, NOON, Rules())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("more", "earliest_ms", "latest_ms"),
    [
        ({}, NOON, NOON),
        ({"age_ms": 5_000}, NOON - 5_000, NOON - 5_000),
        ({"age_ms": 5_000, "waited_ms": 7_000}, NOON - 12_000, NOON - 5_000),
        ({"age_ms": 5_000, "waited_ms": 7_000, "held_ms": 3_000}, NOON - 12_000, NOON - 8_000),
        ({"age_ms": 5_000, "waited_ms": 2_000, "held_ms": 3_000}, NOON - 8_000, NOON - 8_000),
        ({"age_ms": None}, KNOWN, NOON),
        ({"age_ms": None, "waited_ms": 9_000}, KNOWN, NOON),
        ({"first": True, "age_ms": 4_000}, KNOWN, NOON - 4_000),
        ({"first": True, "age_ms": 20 * MINUTE}, NOON - 20 * MINUTE, NOON - 20 * MINUTE),
        ({"edge": False, "seq": 0}, KNOWN, NOON),
    ],
)
def test_between_when_and_when_its_edge_was(
    more: dict[str, object], earliest_ms: int, latest_ms: int
) -> None:
    its = seen(report(**more))
    assert (its.earliest_ms, its.latest_ms) == (earliest_ms, latest_ms)
    assert its.observed_until_ms == min(KNOWN, latest_ms)


def test_of_a_door_of_which_nothing_is_known_it_speaks_for_its_own_time() -> None:
    new = Door("d", seal_id=SEAL)
    for more in ({"age_ms": None}, {"first": True}, {"edge": False}):
        its = seen(report(**more), new)
        assert (its.earliest_ms, its.latest_ms, its.observed_until_ms) == (NOON, NOON, NOON)


@pytest.mark.parametrize(
    ("more", "edges", "may_be_older"),
    [
        ({"age_ms": 10 * MINUTE, "waited_ms": 1}, 0, True),
        ({"age_ms": 10 * MINUTE, "waited_ms": 0}, 0, False),
        ({"age_ms": 0, "waited_ms": 10 * MINUTE + 1}, 0, True),
        ({"age_ms": 0, "waited_ms": 10 * MINUTE}, 0, False),
        ({"age_ms": 0, "waited_ms": 5, "held_ms": 10 * MINUTE + 1}, 0, True),
        ({"age_ms": 0, "waited_ms": 10 * MINUTE + 1}, 1, False),  # it counts further
        ({"age_ms": None, "waited_ms": 10 * MINUTE + 1}, 0, False),
    ],
)
def test_a_report_of_the_same_count_that_waited_may_be_older_than_what_is_known(
    more: dict[str, object], edges: int, may_be_older: bool
) -> None:
    assert observation.may_be_older(DOOR, report(4, **more), edges, NOON) is may_be_older
    assert not observation.may_be_older(Door("d"), report(4, **more), edges, NOON)


@pytest.mark.parametrize(
    ("more", "until_ms"),
    [
        ({"edge": False}, NOON),
        ({"age_ms": 5_000}, NOON - 5_000),
        ({"age_ms": 5_000, "waited_ms": 7_000}, NOON - 12_000),
        ({"age_ms": 5_000, "held_ms": 7_000}, NOON - 12_000),
        ({"age_ms": 20 * MINUTE}, KNOWN),
        ({"age_ms": None}, KNOWN),
        ({"contact": Contact.UNKNOWN}, KNOWN),
    ],
)
def test_up_to_when_the_edges_are_known_after_it(more: dict[str, object], until_ms: int) -> None:
    assert observation.observed_until_ms(DOOR, report(**more), NOON) == until_ms  # type: ignore[arg-type]


def test_an_edge_has_a_time_if_its_age_is_known_and_a_heartbeat_has_none() -> None:
    assert observation.edge_ms(report(age_ms=9), NOON) == NOON - 9
    assert observation.edge_ms(report(age_ms=9, held_ms=5), NOON) == NOON - 14
    assert observation.edge_ms(report(age_ms=None), NOON) is None
    assert observation.edge_ms(report(edge=False), NOON) is None


def opened_again(gap_ms: int, edges: int = 6, opening: Opening | None = None) -> Observation:
    """The opening before shut at noon less a minute; it opens again so much later, or before."""
    shut_ms = NOON - MINUTE
    before = opening or Opening("o", KNOWN, Reason.PERMIT, shut_ms=shut_ms, shut_from_ms=shut_ms)
    door = Door(
        "d", contact=Contact.SHUT, edges=5, seal_id=SEAL, observed_until_ms=KNOWN, ended=before
    )
    return seen(report(edges, age_ms=MINUTE - gap_ms), door)


@pytest.mark.parametrize(
    ("gap_ms", "joins"), [(0, True), (1_999, True), (2_000, False), (-1_999, True), (-2_000, False)]
)
def test_what_opens_again_within_the_off_delay_goes_on(gap_ms: int, joins: bool) -> None:
    its = opened_again(gap_ms)
    assert (its.joins, its.opens) == (joins, not joins)


def test_what_hides_another_opening_is_a_new_one_and_so_is_one_after_no_known_end() -> None:
    hidden = opened_again(0, edges=8)
    assert (hidden.joins, hidden.opens, hidden.hidden) == (False, True, 1)
    endless = opened_again(0, opening=Opening("o", KNOWN, Reason.PERMIT, shut_ms=NOON - MINUTE))
    assert (endless.joins, endless.opens) == (False, True)


def test_a_contact_that_chatters_is_counted_and_nothing_more() -> None:
    chattering = Chattering(KNOWN, KNOWN, KNOWN, NOON + MINUTE)
    door = Door(
        "d",
        seal_id=SEAL,
        contact=Contact.SHUT,
        edges=4,
        observed_until_ms=KNOWN,
        chattering=chattering,
    )
    event = report(5, age_ms=SECOND)
    its = seen(event, door)
    at_ms = NOON - SECOND
    assert its == Observation(door, event, NOON, KNOWN, at_ms, at_ms, 1)


def test_what_it_shows_has_a_name_that_no_other_report_has() -> None:
    assert seen(report(seq=9)).name() == f"{SEAL}-9"
    assert seen(report(seq=0, edge=False)).name() == f"{SEAL}-e5t{NOON}"


def test_a_report_that_is_older_than_what_was_heard_tells_nothing() -> None:
    assert observe(DOOR, report(3), NOON, Rules()) is None
    assert seen(report(4)).edges == 0
