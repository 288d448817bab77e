"""Whoever is heard first: what a household's contacts did decides who is accused, not the order in
which their reports came."""

import os
import random
from typing import NamedTuple

import pytest

from gateway.core.events import (
    DeadlineCame,
    DoorPlaced,
    OrderPlaced,
    PermitAnnounced,
    ReportCame,
    SealBound,
)
from gateway.core.model import Contact, Order, Permit, Policy
from gateway.core.reasons import BREACHES, UNLAWFUL, Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn
from gateway.core.subject import of_door
from tests.core.story import DAY, HOUR, MINUTE, NOON, SECOND

SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(2**32)
DOORS = ("front", "back", "window", "gate")
LIVES = int(os.environ.get("LIVES", "60"))  # of each number of contacts; thousands by hand


class Edge(NamedTuple):
    at_ms: int
    door_id: str
    contact: Contact


def days(rng: random.Random, doors: tuple[str, ...]) -> list[Edge]:
    """What one household did within half an hour, each contact shut in the end; some in the same
    millisecond, some for longer than they may."""
    edges: list[Edge] = []
    for door_id in doors:
        at_ms = NOON + rng.choice((0, rng.randrange(0, 20) * SECOND, rng.randrange(0, 5 * MINUTE)))
        for _ in range(rng.randrange(1, 4)):
            shut_ms = at_ms + rng.choice((3, 20, 90, 200)) * SECOND
            shut_ms += rng.choice((0, rng.randrange(1_000)))
            edges += [Edge(at_ms, door_id, Contact.OPEN), Edge(shut_ms, door_id, Contact.SHUT)]
            at_ms = shut_ms + rng.choice((45, 90, 300)) * SECOND  # no chatter
    return sorted(edges)


def arrivals(rng: random.Random, edges: list[Edge]) -> list[tuple[int, Edge]]:
    """When each is heard: each seal tells what it kept in its order, some much later; of those that
    come at once any may be the first."""
    waits = {door_id: rng.choice((0, 0, 1, 2, 4, 6, 12, 25)) * MINUTE for door_id in DOORS}
    first = {door_id: rng.random() for door_id in DOORS}
    heard = [(max(edge.at_ms, NOON + waits[edge.door_id]), edge) for edge in edges]
    return sorted(heard, key=lambda one: (one[0], first[one[1].door_id], one[1].at_ms))


def announced(rng: random.Random, name: str) -> Permit:
    """A permit of the household: of some length, somewhere in the hour; some of them recur."""
    from_min = rng.choice((-10, 0, 1, 4))
    daily = ((12 * 60 + from_min, 12 * 60 + 30),) if from_min >= 0 and rng.random() < 0.3 else ()
    times = NOON + from_min * MINUTE, NOON + rng.choice((7, 60)) * MINUTE
    longest_ms = rng.choice((2, 10)) * MINUTE
    return Permit(name, *times, rng.choice((1, 2, 4)), longest_ms, "Li", "meal", daily)


def lived(edges: list[tuple[int, Edge]], permits: list[Permit], policy: Policy) -> SiteTurn:
    turn = SiteTurn(SiteState(Rulebook(Rules())))
    known = sorted({edge.door_id for _, edge in edges})
    for door_id in known:
        others = tuple(other for other in known if other != door_id)
        turn.apply(NOON - HOUR, of_door(door_id), DoorPlaced("g", (), "h", others))
        turn.apply(NOON - HOUR, of_door(door_id), SealBound(door_id))
        shut = ReportCame(door_id, 0, Contact.SHUT, 0, False)
        turn.apply(NOON - HOUR, of_door(door_id), shut)
    turn.apply(
        NOON - HOUR, of_door(known[0]), OrderPlaced(Order("o", NOON - DAY, NOON + DAY, policy))
    )
    for permit in permits:
        turn.apply(NOON - HOUR, of_door(known[-1]), PermitAnnounced(permit))
    count = dict.fromkeys(known, 0)
    for heard_ms, edge in edges:
        count[edge.door_id] += 1
        number = count[edge.door_id]
        age_ms = heard_ms - edge.at_ms
        report = ReportCame(edge.door_id, number, edge.contact, number, True, age_ms=age_ms)
        _due(turn, known, heard_ms)
        turn.apply(heard_ms, of_door(edge.door_id), report)
        assert len(cases(turn)) <= 1, "several cases for one household"
    _due(turn, known, NOON + 50 * MINUTE)
    return turn


def _due(turn: SiteTurn, known: list[str], until_ms: int) -> None:
    """What falls due until then, as the scheduler would have it."""
    for _ in range(10_000):
        due = [(turn.due_ms(of_door(door_id)), door_id) for door_id in known]
        first = min(((ms, door_id) for ms, door_id in due if ms is not None), default=None)
        if first is None or first[0] > until_ms:
            return
        turn.apply(first[0], of_door(first[1]), DeadlineCame())
        assert len(cases(turn)) <= 1, "several cases for one household"


def told_of(turn: SiteTurn) -> set[str]:
    """The doors that the open case is about: where it stands, and those that it names."""
    doors = (door for door in turn.doors.values() if door.case is not None)
    return {one for d in doors if d.case is not None for one in (d.door_id, *d.case.contacts)}


def outcome(turn: SiteTurn) -> tuple[list[tuple[str, bool, str]], int]:
    """Each opening with whether it stands as unlawful and whose part it is; openings left."""
    doors = turn.doors.values()
    (known,) = {door.openings_beside for door in doors}
    judged = [(one.opening_id, one.reason in UNLAWFUL, one.root) for one in known]
    ((left, _allowed),) = {
        (tuple((permit.openings, permit.spent) for permit in door.permits), door.allowed)
        for door in doors
    }
    return judged, sum(openings - spent[1] for openings, spent in left)


def cases(turn: SiteTurn) -> list[Reason]:
    """What the open cases are about that somebody must answer for. One of an opening that lasts too
    long is told of a door that is heard to stand open, and never afterwards."""
    open_now = [door.case.reason for door in turn.doors.values() if door.case is not None]
    return [reason for reason in open_now if reason in BREACHES]


@pytest.mark.parametrize("contacts", [2, 3, 4])
def test_the_order_of_arrival_does_not_matter_to_who_is_accused(contacts: int) -> None:
    rng = random.Random(f"{SEED}-{contacts}")  # noqa: S311
    for life in range(LIVES):
        edges = days(rng, DOORS[:contacts])
        permits = [announced(rng, f"p{n}") for n in range(rng.choice((0, 1, 1, 2, 3)))]
        policy = Policy(openings_a_day=rng.choice((0, 0, 1, 2)))
        late_edges = arrivals(rng, edges)
        told = f"SEED={SEED} contacts={contacts} life={life}: {permits} {policy} {late_edges}"
        try:
            at_once = lived([(edge.at_ms, edge) for edge in edges], permits, policy)
            late = lived(late_edges, permits, policy)
        except AssertionError as error:
            raise AssertionError(f"{error}: {told}") from error
        assert outcome(at_once) == outcome(late), told
        accused = any(is_unlawful for _, is_unlawful, _ in outcome(late)[0])
        for turn in (at_once, late):
            is_told = bool(cases(turn)) if accused else any(c in UNLAWFUL for c in cases(turn))
            assert is_told == accused, told
            unlawful = {
                one.door_id
                for door in turn.doors.values()
                for one in door.openings_beside
                if one.reason in UNLAWFUL
            }
            assert unlawful <= told_of(turn), told
