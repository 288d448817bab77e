"""What households want of people: requests, questions of health, disputes; and the counts.

The same list is on the desk and, cut to what is hers, on a warden's phone (web/handheld/)."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Generic, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right
from gateway.core import local_time
from gateway.core.actor import Acting
from gateway.core.duration import DAY_MS
from gateway.core.households.model import RequestKind, RequestState
from gateway.core.local_time import Zone
from gateway.core.paging.schedule import Role
from gateway.engine.ports import Committed
from gateway.store import household_views, page_views, spoilt_rows, views
from gateway.store.household_views import DisputeRow, QuestionRow, RequestRow
from gateway.store.matter_reach import Reach, open_counts
from gateway.store.records import Part, R
from gateway.store.views import WardenRow
from gateway.web import actor, matters
from gateway.web.actions import Answered
from gateway.web.answers import HttpProblem
from gateway.web.api.cursors import CURSOR_MAX, Cursors, Whole, written
from gateway.web.case_lists import NO_PLACE
from gateway.web.context import WebContext
from gateway.web.door_words import dom_id
from gateway.web.live_view import Fragment, LiveView
from gateway.web.security import prefix

SHOWN_MAX: Final = 40  # in each list: two hundred of each were a page of a megabyte,
PHONE_MAX: Final = 20  # and on a phone forty of each are seventy screens
DONE_MAX: Final = 30
COUNTED_DAYS: Final = 7
WARDENS_MAX: Final = 100
UNTOLD_MAX: Final = 20  # households that a text should have told
UNTOLD_MS: Final = 7 * DAY_MS
_Open = tuple[bool, Whole, str]
_Keys = tuple[_Open | None, _Open | None, tuple[Whole, str] | None]
_PLACES: Final = Cursors(tuple[_Open | None, _Open | None, tuple[Whole, str] | None])
_BEGINNING: Final[_Keys] = (None, None, None)
_LATEST: Final = Cursors(tuple[Whole, str])  # of what is over, and of answered disputes
Place = Annotated[str, Query(alias="after", max_length=CURSOR_MAX)]
Older = Annotated[str, Query(max_length=CURSOR_MAX)]
Begin = Annotated[int, Query(alias="untold", ge=0, le=100_000)]


class Some(NamedTuple, Generic[R]):
    """Some rows of a list in their order, and how many it has in all. `more`: the place where what
    follows begins, empty at the end."""

    rows: list[R]
    total: int
    is_later: bool
    more: str


class Shown(Struct, frozen=True):
    """The lists, as one person has them: what they may do hangs on who they are."""

    by: Acting | None
    requests: Some[RequestRow]
    questions: Some[QuestionRow]
    disputes: Some[DisputeRow]
    people: list[WardenRow]  # who can be named to answer a dispute; the first WARDENS_MAX
    is_cut: bool  # there are more of them
    warden_id: str = ""  # whose phone it is; empty at a desk


class Matters(LiveView):
    """All that goes on in some grids, or all that concerns one person; of each list the part that
    begins at `place`, which says itself (`Some.more`). HttpProblem if it is none."""

    def __init__(self, reach: Reach, by: Acting | None, place: str = "") -> None:
        super().__init__()
        self._reach, self._by, self._keys = reach, by, read_place(place)

    def affected_by(self, news: Committed) -> bool:
        """What moved is named among the cases."""
        return bool(news.all or news.cases)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The lists."""
        shown = gathered(connection, self._reach, self._by, self._keys)
        return [Fragment("matters", "parts/matters.html", "matters", shown)]


class MattersOfPhone(Matters):
    """The same on a warden's phone: of her grid, and what she was told of elsewhere."""

    def __init__(self, warden_id: str, by: Acting, place: str = "") -> None:
        super().__init__(Reach(), by, place)
        self._warden_id = warden_id

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The lists; nothing if there is no such warden."""
        warden = views.warden(connection, self._warden_id)
        if warden is None:
            return []
        reach = reach_of(warden)
        shown = gathered(connection, reach, self._by, self._keys, self._warden_id)
        return [Fragment("matters", "parts/matters.html", "matters", shown)]


def reach_of(warden: WardenRow) -> Reach:
    """What concerns a person of the register."""
    grids = None if warden.role is Role.CENTRE else frozenset({warden.grid_id})
    return Reach(grids, warden.warden_id)


def read_place(place: str) -> _Keys:
    """Behind which row each list goes on; None of one that is at its beginning. HttpProblem if it
    is no place of theirs."""
    if not place:
        return _BEGINNING
    try:
        return _PLACES.read(place) or _BEGINNING
    except HttpProblem:
        raise HttpProblem(422, NO_PLACE) from None


def gathered(
    connection: Connection,
    reach: Reach,
    by: Acting | None,
    keys: _Keys = _BEGINNING,
    warden_id: str = "",
) -> Shown:
    """The lists as they are now, of each the part behind its key. The next part of one is beside
    the beginnings of the others: a place has one key, and is short."""
    counts, most = open_counts(connection, reach), PHONE_MAX if warden_id else SHOWN_MAX

    def part(number: int, read: Callable[..., Part[R]], total: int) -> Some[R]:
        found = read(connection, most, reach, keys[number])
        onwards = [found.next if number == one else None for one in range(len(keys))]
        more = written(onwards) or ""
        return Some(found.rows, total, keys[number] is not None, more)

    disputes = part(2, household_views.open_disputes, counts.disputes)
    people = views.wardens(connection, WARDENS_MAX + 1, grids=reach.grids) if disputes.rows else []
    return Shown(
        by,
        part(0, household_views.open_requests, counts.requests),
        part(1, household_views.open_questions, counts.questions),
        disputes,
        people[:WARDENS_MAX],
        len(people) > WARDENS_MAX,
        warden_id,
    )


def waiting(connection: Connection, warden: WardenRow) -> int:
    """How many matters wait for somebody, of those that concern this person."""
    counts = open_counts(connection, reach_of(warden))
    return counts.requests_untaken + counts.questions_untaken


class Counted(Struct, frozen=True):
    """What was done for households on the latest days: by day, the newest first, and kind."""

    kinds: tuple[RequestKind, ...]
    days: list[tuple[int, dict[RequestKind, int]]]  # midnight UTC of the day, for its name


def counted(connection: Connection, zone: Zone, now_ms: int) -> Counted:
    """Of the latest COUNTED_DAYS."""
    today = local_time.day(zone, now_ms)
    found: dict[int, dict[RequestKind, int]] = {
        today - back: dict.fromkeys(RequestKind, 0) for back in range(COUNTED_DAYS)
    }
    for row in household_views.counts(connection, today - COUNTED_DAYS + 1, today):
        if row.state is RequestState.DONE:
            found[row.day][row.kind] += row.count
    return Counted(tuple(RequestKind), list(found.items()))


def untold(
    connection: Connection, grids: frozenset[str] | None, now_ms: int, begin: int = 0
) -> dict[str, Any]:
    """The households whom a text should have told lately, the latest first, from a place on, and
    how many there are."""
    since_ms = now_ms - UNTOLD_MS
    found = page_views.untold_households(connection, grids, since_ms, UNTOLD_MAX, begin)
    count = page_views.untold_count(connection, grids, since_ms) if found or begin else 0
    return {"untold": found, "untold_begin": begin, "untold_count": count}


def latest(
    read: Callable[..., Part[R]], connection: Connection, reach: Reach, older: str
) -> Some[R]:
    """The latest of what is over, or what is older than a place that it said itself. HttpProblem if
    it is none."""
    try:
        after = _LATEST.read(older) if older else None
    except HttpProblem:
        raise HttpProblem(422, NO_PLACE) from None
    found = read(connection, DONE_MAX, reach, after)
    more = "" if found.next is None else written(found.next) or ""
    return Some(found.rows, len(found.rows), after is not None, more)


def _pressed(request: Request) -> str:
    """The element of the matter in an address, where whoever pressed its button goes on."""
    [(key, name)] = request.path_params.items()
    return dom_id(key.removesuffix("_id"), name)


def routes(context: WebContext) -> APIRouter:
    """GET /requests, and what is pressed there."""
    router = APIRouter()

    @router.get("/requests")
    async def page(
        request: Request,
        place: Place = "",
        over: Older = "",
        answered: Older = "",
        untold_from: Begin = 0,
    ) -> Response:
        reach, now_ms = Reach(context.scope(request, Right.REQUESTS)), context.now_ms()
        view = Matters(reach, actor.at_screen(context, request), place)

        def gather(connection: Connection) -> dict[str, Any]:
            shown = {part.name: part.shows for part in view.changed(connection, None, now_ms)}
            zone = context.rulebook.rules.zone
            return shown | {
                "seen": view.digest(),
                "place": place,
                "done": latest(household_views.done_requests, connection, reach, over),
                "answered": latest(household_views.answered_disputes, connection, reach, answered),
                "counted": counted(connection, zone, now_ms),
                "spoilt": spoilt_rows.matters(connection, reach.grids),
                **untold(connection, reach.grids, now_ms, untold_from),
            }

        return await context.page(request, "requests.html", gather)

    def by(request: Request) -> Acting:
        return actor.acting_at_screen(context, request)

    async def after(request: Request, _: Acting, answer: Answered) -> Response:
        matters.check(context, request, answer)
        return RedirectResponse(f"{prefix(request)}/requests#{_pressed(request)}", 303)

    matters.add_routes(router, context, "", by, after, by_page=True)
    return router
