"""Announcing an opening, for a page and for a program: by one law, registry/permits.py."""

import asyncio
from collections.abc import Callable
from functools import partial
from weakref import WeakValueDictionary

from gateway.core.model import Permit
from gateway.core.subject import of_door
from gateway.registry.late_permits import Late, WaitingDoor, waiting_doors
from gateway.registry.permits import (
    Announced,
    Announcements,
    NobodyThereError,
    PermitConflictError,
    PermitError,
)
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext

Check = Callable[[Announcements], list[Announced]]

# By place; kept for as long as somebody waits.
_LOCKS: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()


async def announce(
    context: WebContext, door_id: str, permit: Permit, offered: str
) -> tuple[bool, str]:
    """Announce an opening; whether that is news, and the permit's id. HttpProblem if it cannot be.

    `offered` is the id of one without an id of its own; see registry/permits.py.
    """
    changed, permit_id = await _announced(
        context, door_id, lambda law: [law.announce(door_id, permit, offered)]
    )
    return any(changed.values()), permit_id


class WaitingError(Exception):
    """Doors of the area wait for an answer, and nobody said what is to become of them."""

    def __init__(self, doors: list[WaitingDoor]) -> None:
        super().__init__(len(doors))
        self.doors = doors


async def announce_in(
    context: WebContext, area: str, permit: Permit, offered: str, late: Late | None = None
) -> tuple[dict[str, bool], str]:
    """Announce the same for every door of an area, to each under an id of its own. Whether that
    changed something, by door, and the id that theirs are numbered from.

    HttpProblem if it cannot be. WaitingError, and nothing is announced, where it would end cases
    that wait and `late` does not say so.
    """

    def check(law: Announcements) -> list[Announced]:
        return law.announce_in(area, permit, offered)

    if late is None:
        now_ms = context.now_ms()
        announced = await _checked(context, check)
        waiting = await context.read(
            lambda rows: waiting_doors(rows, announced, now_ms, context.rulebook)
        )
        if waiting:
            raise WaitingError(waiting)
    changed, first = await _announced(context, area, check, explains=late is Late.CLOSE)
    return changed, first.removesuffix("-1")


async def _announced(
    context: WebContext, place: str, check: Check, explains: bool = True
) -> tuple[dict[str, bool], str]:
    """Check, and hand to the gateway what is new; by door, whether it changed something.

    One place has one announcement at a time, so that the same said many times at once is one. One
    that came another way may have taken the room meanwhile: then the check itself says so.
    """
    changed = {}
    async with _LOCKS.setdefault((id(context), place), asyncio.Lock()):
        checked = await _checked(context, check, explains)
        for announced in checked:
            door_id = announced.door_id
            changed[door_id] = announced.is_new and await context.submit(
                of_door(door_id), announced.event
            )
            if announced.is_new and not changed[door_id]:
                await _checked(context, partial(_again, announced))
    return changed, checked[0].permit.permit_id


def _again(announced: Announced, law: Announcements) -> list[Announced]:
    return [law.announce(announced.door_id, announced.permit)]


async def _checked(context: WebContext, check: Check, explains: bool = True) -> list[Announced]:
    """What the law makes of it. HttpProblem if it cannot be."""
    now_ms, zone = context.now_ms(), context.zone
    try:
        return await context.read(
            lambda rows: check(Announcements(rows, now_ms, zone, explains=explains))
        )
    except NobodyThereError:
        raise HttpProblem(404, NOT_FOUND) from None
    except PermitConflictError as error:
        raise HttpProblem(409, error.sentence, **error.facts) from None
    except PermitError as error:
        raise HttpProblem(422, error.sentence, **error.facts) from None
