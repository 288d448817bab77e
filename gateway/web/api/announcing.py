"""What a program announces: an opening of a door, or of every door of an area; and what it ends."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.language.catalogue import N_, say
from gateway.registry.late_permits import Late
from gateway.registry.permits import LONGEST_MINUTES
from gateway.web.announcing import WaitingError, announce, announce_in
from gateway.web.answers import json_answer, problem_answer
from gateway.web.api.answered import answered
from gateway.web.api.shapes import Announced, AnnouncedInArea, Done, NotAnnounced
from gateway.web.context import WebContext
from gateway.web.endings import end_order, end_permit
from gateway.web.offers import new_offer

_WAITING = N_(
    "{count} doors there opened before this and wait for an answer. Say with late whether it was "
    "this that opened them: close ends their cases, leave leaves them."
)
TimeMs = Annotated[int, Field(ge=0, le=2**53)]


class Announcement(BaseModel):
    """An opening to come. Sent twice with one permit_id, it is announced once; without an id, too,
    while nothing of it was used.

    With `daily` it recurs: windows in minutes after midnight, on `days` (Monday is bit 0). What it
    may be is the law of registry/permits.py.
    """

    model_config = ConfigDict(extra="forbid")  # no key that we do not know

    from_ms: TimeMs
    to_ms: TimeMs
    who: str
    why: str
    openings: int = 1
    longest_ms: int = LONGEST_MINUTES * MINUTE_MS
    permit_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    daily: list[tuple[int, int]] = []
    days: int = EVERY_DAY

    def permit(self) -> Permit:
        """What it announces, under its id if it has one."""
        fields = self.model_dump(exclude={"late"}) | {"permit_id": self.permit_id or ""}
        return Permit(**fields | {"daily": tuple(self.daily)})


class AreaAnnouncement(Announcement):
    """The same for every door of an area. `late` says what is to become of those that opened before
    and wait for an answer: "close" ends their cases, "leave" leaves them. Without it they are
    listed, and nothing is announced."""

    late: Late | None = None


def routes(context: WebContext) -> APIRouter:
    """POST …/doors/{id}/permits, and the same for all doors of an area; and …/end, for an order
    too."""
    router = APIRouter()

    @router.post("/doors/{door_id}/permits", **answered(Announced, {404: None, 409: None}))
    async def announce_at_door(door_id: str, body: Announcement) -> Response:
        """Announce an opening of a door."""
        changed, known_as = await announce(context, door_id, body.permit(), new_offer())
        return json_answer(Announced(changed, known_as))

    told = answered(AnnouncedInArea, {404: None, 409: NotAnnounced})

    @router.post("/areas/{area_id:path}/permits", **told)
    async def announce_in_area(request: Request, area_id: str, body: AreaAnnouncement) -> Response:
        """Announce the same for every door of an area."""
        asked = area_id, body.permit(), new_offer(), body.late
        try:
            changed, known_as = await announce_in(context, *asked)
        except WaitingError as error:
            sentence = say(_WAITING, context.language(request)).format(count=len(error.doors))
            return problem_answer(409, sentence, reason="late", waiting=error.doors)
        news = any(changed.values())
        return json_answer(AnnouncedInArea(news, known_as, list(changed)))

    @router.post("/doors/{door_id}/orders/{order_id}/end", **answered(Done, {404: None}))
    async def order_ends(door_id: str, order_id: str) -> Response:
        """An order ends now; one that has not begun never does."""
        return json_answer(Done(await end_order(context, door_id, order_id)))

    @router.post("/doors/{door_id}/permits/{ended_id}/end", **answered(Done, {404: None}))
    async def permit_ends(door_id: str, ended_id: str) -> Response:
        """A permit ends now."""
        return json_answer(Done(await end_permit(context, door_id, ended_id)))

    return router
