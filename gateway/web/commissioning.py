"""Work at seals, for a page and for a program: a walk test begins and ends, a visit is announced
and ended. By one law, registry/visits.py; each becomes an event for the gateway."""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from gateway.core.actor import Actor
from gateway.core.commissioning_events import WalkTestBegan, WalkTestEnded
from gateway.core.doors.walk_test import LASTS_MOST_MS
from gateway.core.model import Door
from gateway.core.subject import of_door
from gateway.language.catalogue import N_
from gateway.registry import visits
from gateway.registry.visits import NobodyVisitedError, Plan, SealOnDoor, VisitAt, VisitError
from gateway.store import views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext

There = Callable[[Connection], list[SealOnDoor]]
NO_SEAL: Final = N_("No seal hangs on this door, so there is nothing to test.")


async def begin_test(context: WebContext, door_id: str, by: Actor) -> str:
    """A walk test of the door's seal begins now; its id. HttpProblem where there is no door, or no
    seal on it."""
    door = await context.read(lambda rows: _door(rows, door_id))
    if door.seal_id is None:
        raise HttpProblem(409, NO_SEAL)
    test_id = f"{door.seal_id}-{secrets.token_hex(6)}"
    ends_ms = context.now_ms() + LASTS_MOST_MS
    await context.submit(of_door(door_id), WalkTestBegan(test_id, door.seal_id, by, ends_ms))
    return test_id


async def end_test(context: WebContext, door_id: str) -> bool:
    """Whoever tests the door's seal leaves off; whether that is news. HttpProblem without a
    door."""
    door = await context.read(lambda rows: _door(rows, door_id))
    if door.walk_test is None:
        return False
    return await context.submit(of_door(door_id), WalkTestEnded(door.walk_test.test_id))


def at_door(door_id: str) -> There:
    """The seal of one door."""
    return lambda rows: visits.seals_at(rows, [door_id])


def in_area(area: str) -> There:
    """The seals of all doors of an area."""
    return lambda rows: visits.seals_in(rows, area)


async def announce(
    context: WebContext, there: There, plan: Plan, by_form: bool = False
) -> list[VisitAt]:
    """A visit at some seals. HttpProblem, and nothing of it, if it cannot be. By the form of an old
    page it is another one, where that form's is over."""
    now_ms = context.now_ms()

    def check(rows: Connection) -> list[VisitAt]:
        seals = there(rows)
        again = by_form and visits.is_over(seals, plan.visit_id, now_ms)
        return visits.announce(seals, replace(plan, visit_id="") if again else plan, now_ms)

    return await _told(context, check)


async def end_visit(context: WebContext, door_id: str, visit_id: str) -> bool:
    """A visit at a door's seal is over; whether that is news. HttpProblem if there is none."""
    now_ms, there = context.now_ms(), at_door(door_id)

    def ended(rows: Connection) -> list[VisitAt]:
        seals = there(rows)
        if visits.is_over(seals, visit_id, now_ms):
            return []  # pressed twice
        return visits.end(seals, visit_id, now_ms)

    return bool(await _told(context, ended))


async def _told(context: WebContext, check: Callable[[Connection], list[VisitAt]]) -> list[VisitAt]:
    try:
        found = await context.read(check)
    except NobodyVisitedError:
        raise HttpProblem(404, NOT_FOUND) from None
    except VisitError as error:
        raise HttpProblem(422, error.sentence, **error.facts) from None
    for at in found:
        if at.is_new:
            await context.submit(of_door(at.door_id), at.event)
    return found


def doors_told(found: Sequence[VisitAt]) -> list[str]:
    """The doors of a visit, for an answer."""
    return [at.door_id for at in found]


def _door(connection: Connection, door_id: str) -> Door:
    row = next(iter(views.doors_of(connection, [door_id])), None)
    if row is None:
        raise HttpProblem(404, NOT_FOUND)
    return row.state
