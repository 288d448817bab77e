"""A door: its state, its own log with why each opening was what it was, and announcing one."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from msgspec.structs import replace
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.core.doors.certificates import standing
from gateway.core.doors.permits import is_live
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.model import Permit
from gateway.core.rules import Rulebook
from gateway.ending import holds
from gateway.ending.holds import HeldOrder
from gateway.engine.ports import Committed
from gateway.language import recurrence, times
from gateway.language.catalogue import N_
from gateway.registry import fields, permits, visits
from gateway.store import (
    case_views,
    household_views,
    resident_views,
    seal_paths,
    seal_views,
    views,
)
from gateway.web.announcing import announce
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import Before, WebContext
from gateway.web.door_words import tile
from gateway.web.endings import end_order, end_permit
from gateway.web.live_view import Fragment, LiveView
from gateway.web.offers import Offered, id_of, new_offer
from gateway.web.security import prefix

LISTED_MAX: Final = 50
CASES_MAX: Final = 20

_BAD_TIME = N_("A time could not be read; write it as in 2026-03-01T09:30.")
_BAD_DAILY = N_("Times of the day could not be read; write them as in 07:00-08:30, 11:30-13:00.")
NO_DAYS: Final[list[int]] = []

Day = Annotated[int, Field(ge=0, le=6)]  # Monday is 0


class OneDoor(LiveView):
    """A door's state and its latest openings."""

    def __init__(self, door_id: str, rulebook: Rulebook) -> None:
        super().__init__()
        self._door_id, self._rulebook = door_id, rulebook

    def affected_by(self, news: Committed) -> bool:
        """Only this door."""
        return news.all or self._door_id in news.doors

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """Its state, its permits, its log; nothing if there is no such door."""
        row = next(iter(views.doors_of(connection, [self._door_id])), None)
        if row is None:
            return []
        shown = tile(row, now_ms, self._rulebook)
        door = row.state
        heard = seal_paths.heard_of(connection, door.seal_id) if door.seal_id else {}
        state = {
            "row": row,
            "tile": shown,
            "beside": views.doors_of(connection, list(door.beside)) if door.beside else [],
            "order_to_ms": _order_to_ms(row, now_ms),
            "paths": sorted(heard.items(), reverse=True),
            "silent_paths": {path.path for path in door.silent_paths},
            "household_says": household_views.seal_answers_at(connection, self._door_id, now_ms),
            "seal": next(iter(seal_views.seals(connection, 1, self._door_id)), None),
        }
        sealing = {
            "door_id": self._door_id,
            "make": row.state.make,
            "standing": standing(row.state, now_ms),
            "certificate": row.state.certificate,
            "is_tested": row.state.walk_test is not None and not row.state.walk_test.is_over,
            "visits": [visit for visit in row.state.visits if visit.to_ms > now_ms],
        }
        live = [permit for permit in row.state.permits if is_live(permit, now_ms)]
        announced = {"door_id": self._door_id, "live": live}
        openings = views.openings(connection, self._door_id, LISTED_MAX)
        return [
            Fragment("state", "parts/state.html", "state", state),
            Fragment("seal", "parts/seal.html", "seal", sealing),
            Fragment("permits", "parts/permits.html", "permits", announced),
            Fragment("openings", "parts/openings.html", "openings", openings),
        ]


def _order_to_ms(row: views.DoorRow, now_ms: int) -> int | None:
    """When the order that runs now ends, or None without one."""
    return max((o.to_ms for o in row.state.orders if o.from_ms <= now_ms < o.to_ms), default=None)


def _held(connection: Connection, door_id: str, now_ms: int) -> list[HeldOrder]:
    """The orders at a door whose records somebody, or a dispute, keeps beyond their time."""
    household_id = resident_views.household_of(connection, door_id)
    known = [] if household_id is None else holds.orders_of(connection, household_id)
    return [order for order in known if order.is_held(now_ms)]


def _recurring(permit: Permit, daily: str, days: list[int]) -> Permit:
    """The permit as the form wants it: with windows of the day written in it, it recurs."""
    if not daily.strip():
        return permit
    try:
        windows = fields.windows(daily.strip())
    except ValueError:
        raise HttpProblem(422, _BAD_DAILY) from None
    return replace(permit, daily=windows, days=recurrence.of_numbers(days))


def routes(context: WebContext) -> APIRouter:
    """GET /doors/{id}; POST /doors/{id}/permits; and what ends."""
    router = APIRouter()

    @router.get("/doors/{door_id}")
    async def door(request: Request, door_id: str, before_ms: Before = None) -> Response:
        view, now_ms = OneDoor(door_id, context.rulebook), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            fragments = {
                fragment.name: fragment.shows for fragment in view.changed(connection, None, now_ms)
            }
            if not fragments:
                raise HttpProblem(404, NOT_FOUND)
            if before_ms is not None:
                fragments["openings"] = views.openings(connection, door_id, LISTED_MAX, before_ms)
            cases = case_views.cases_at(connection, door_id, CASES_MAX + 1)
            return fragments | {
                "cases": cases[:CASES_MAX],
                "has_older_cases": len(cases) > CASES_MAX,
                "seen": view.digest(),
                "offered": new_offer(),
                "hour_ms": HOUR_MS,
                "older": before_ms is not None,
                "openings_max": LISTED_MAX,
                "law": permits,
                "visit_law": visits,
                "held": _held(connection, door_id, now_ms),
                "orders": [
                    order
                    for order in fragments["state"]["row"].state.orders
                    if order.to_ms > now_ms
                ],
            }

        return await context.page(request, "door.html", gather)

    @router.post("/doors/{door_id}/permits")
    async def press_announce(
        request: Request,
        door_id: str,
        from_local: Annotated[str, Form(alias="from", max_length=32)],
        to_local: Annotated[str, Form(alias="to", max_length=32)],
        who: Annotated[str, Form(min_length=1)],
        why: Annotated[str, Form(min_length=1)],
        openings: Annotated[int, Form()] = 1,
        longest_min: Annotated[int, Form()] = permits.LONGEST_MINUTES,
        offered: Offered = "",
        daily: Annotated[str, Form(max_length=recurrence.TEXT_MAX)] = "",
        days: Annotated[list[Day], Form()] = NO_DAYS,
    ) -> Response:
        try:
            from_ms, to_ms = (
                times.from_field(text, context.zone) for text in (from_local, to_local)
            )
        except ValueError:
            raise HttpProblem(422, _BAD_TIME) from None
        longest_ms = longest_min * MINUTE_MS
        permit = _recurring(Permit("", from_ms, to_ms, openings, longest_ms, who, why), daily, days)
        await announce(context, door_id, permit, id_of(offered, door_id, permit))
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}#permits", 303)

    _add_endings(router, context)
    return router


def _add_endings(router: APIRouter, context: WebContext) -> None:
    """POST /doors/{id}/orders/{id}/end and …/permits/{id}/end."""

    @router.post("/doors/{door_id}/orders/{order_id}/end")
    async def press_end_order(request: Request, door_id: str, order_id: str) -> Response:
        await end_order(context, door_id, order_id)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}", 303)

    @router.post("/doors/{door_id}/permits/{ended_id}/end")
    async def press_end_permit(request: Request, door_id: str, ended_id: str) -> Response:
        await end_permit(context, door_id, ended_id)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}#permits", 303)
