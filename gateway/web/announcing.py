"""Announcing an opening, for a page and for a program: by one law, registry/permits.py."""

import re
import secrets
from collections.abc import Callable
from functools import partial

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

_PERMIT_ID = re.compile(r"[0-9a-f]{16}")


async def announce(context: WebContext, door_id: str, permit: Permit) -> bool:
    """Announce an opening; whether that is news. HttpProblem if it cannot be."""
    changed = await _announced(context, lambda law: [law.announce(door_id, permit)])
    return any(changed.values())


class WaitingError(Exception):
    """Doors of the area wait for an answer, and nobody said what is to become of them."""

    def __init__(self, doors: list[WaitingDoor]) -> None:
        super().__init__(len(doors))
        self.doors = doors


async def announce_in(
    context: WebContext, area: str, permit: Permit, late: Late | None = None
) -> dict[str, bool]:
    """Announce the same for every door of an area, to each under an id of its own. Whether that
    changed something, by door.

    HttpProblem if it cannot be. WaitingError, and nothing is announced, where it would end cases
    that wait and `late` does not say so.
    """
    explains = late is Late.CLOSE
    check = partial(_in_area, area=area, permit=permit)
    if late is None:
        now_ms = context.now_ms()
        announced = await _checked(context, check)
        waiting = await context.read(
            lambda rows: waiting_doors(rows, announced, now_ms, context.rulebook)
        )
        if waiting:
            raise WaitingError(waiting)
    return await _announced(context, check, explains)


def _in_area(law: Announcements, area: str, permit: Permit) -> list[Announced]:
    return law.announce_in(area, permit)


async def _announced(context: WebContext, check: Check, explains: bool = True) -> dict[str, bool]:
    """Check, and hand to the gateway what is new; by door, whether it changed something.

    One that was quicker may have taken the room meanwhile: then the check itself says so.
    """
    changed = {}
    for announced in await _checked(context, check, explains):
        door_id = announced.door_id
        changed[door_id] = announced.is_new and await context.submit(
            of_door(door_id), announced.event
        )
        if announced.is_new and not changed[door_id]:
            await _checked(context, partial(_again, announced))
    return changed


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


def permit_id(offered: str | None) -> str:
    """A permit's id: the form's own, so that pressing twice announces once, or a fresh one."""
    return offered if offered and _PERMIT_ID.fullmatch(offered) else secrets.token_hex(8)
