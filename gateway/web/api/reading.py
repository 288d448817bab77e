"""What a program reads: doors, cases, health, and a warden's pages. Times are ms of UTC."""

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from gateway.accounts.roles import Right
from gateway.store import case_views, delivery_views, page_views, views
from gateway.store.contact_views import contacts_of
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer, list_answer
from gateway.web.api.answered import answered
from gateway.web.api.cursors import (
    LIMIT,
    LIMIT_MAX,
    NO_CURSOR,
    Cursor,
    Cursors,
    Limit,
    Whole,
    goes_on,
    written,
)
from gateway.web.api.shapes import Cases, Contacts, Deliveries, Doors, Inbox, Unsigned, listed
from gateway.web.context import AWAY, Lane, WebContext
from gateway.web.door_words import tone_of
from gateway.web.pages import warden_inbox
from gateway.web.pages.health import Report, report

_Open = tuple[bool, bool, bool, Whole, str]
_InReview = tuple[bool, bool, bool, Whole, str]
_Told = tuple[Whole, Whole]
_InInbox = tuple[Whole, Whole, str]
_DOORS: Final = Cursors(tuple[tuple[str]])  # a door's id: its label has no place in an address
_CASES: Final = Cursors(tuple[_Open | None, _InReview | None, tuple[Whole, str] | None])
_INBOX: Final = Cursors(tuple[_InInbox | None, _InInbox | None])
_TOLD: Final = Cursors(tuple[_Told])
_CASE_LISTS: Final = (case_views.open_part, case_views.part_in_review, case_views.closed_part)


def routes(context: WebContext) -> APIRouter:
    """GET …/doors, …/cases, …/health, and what a handheld asks for."""
    router = APIRouter()

    @router.get("/doors", **answered(Doors, is_list=True))
    async def doors(request: Request, limit: Limit = LIMIT_MAX, cursor: Cursor = None) -> Response:
        """Doors in use, by grid and label."""
        now_ms, grids = context.now_ms(), context.scope(request, Right.DOORS)
        [[door_id]] = _DOORS.read(cursor) or (("",),)

        def query(connection: Connection) -> Doors:
            after = views.door_place(connection, door_id) if door_id else None
            if door_id and after is None:
                raise HttpProblem(422, NO_CURSOR)
            rows = views.doors(connection, limit + 1, after, grids)
            rules, shown = context.rulebook, rows[:limit]
            found = [listed(row, tone_of(row.state, now_ms, rules)) for row in shown]
            last = (found[-1].door_id,) if len(rows) > limit else None
            return Doors(views.door_count(connection, grids), found, written([last]))

        return list_answer(request, await context.read(query, Lane.PAGES), grids)

    @router.get("/cases", **answered(Cases, is_list=True))
    async def cases(request: Request, limit: Limit = LIMIT, cursor: Cursor = None) -> Response:
        """Cases, in three lists."""
        grids, keys = context.scope(request, Right.CASES), _CASES.read(cursor)

        def query(connection: Connection) -> Cases:
            waiting, in_review, closed = (
                goes_on(keys, number, partial(part, connection, limit, grids))
                for number, part in enumerate(_CASE_LISTS)
            )
            end = written([waiting.next, in_review.next, closed.next])
            return Cases(waiting.rows, in_review.rows, closed.rows, end)

        return list_answer(request, await context.read(query), grids)

    @router.get("/health", **answered(Report))
    async def health() -> Response:
        """How the gateway does, what it refused, and which seals are silent."""
        if not context.gateway.is_heard():
            raise HttpProblem(503, AWAY)
        return json_answer(await report(context))

    router.include_router(_read_of_case(context))
    router.include_router(_read_pages(context))
    return router


def _read_of_case(context: WebContext) -> APIRouter:
    """What a case is about, and who was told of it."""
    router = APIRouter()

    @router.get("/cases/{case_id}/contacts", **answered(Contacts, {404: None}, is_list=True))
    async def contacts(request: Request, case_id: str) -> Response:
        """Which of its household's doors a case is about: when each opened and shut again, and on
        whose word."""

        def query(connection: Connection) -> Contacts:
            case = case_views.case(connection, case_id)
            if case is None:
                raise HttpProblem(404, NOT_FOUND)
            return Contacts(contacts_of(connection, case))

        return list_answer(request, await context.read(query))

    @router.get("/cases/{case_id}/deliveries", **answered(Deliveries, {404: None}, is_list=True))
    async def deliveries(
        request: Request, case_id: str, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> Response:
        """Who was told of a case, and how far that is proved."""
        [after] = _TOLD.read(cursor) or (None,)

        def query(connection: Connection) -> Deliveries:
            case = case_views.case(connection, case_id)
            if case is None:
                raise HttpProblem(404, NOT_FOUND)
            part = delivery_views.deliveries(connection, case, limit, after)
            return Deliveries(part.rows, written([part.next]))

        return list_answer(request, await context.read(query))

    return router


def _read_pages(context: WebContext) -> APIRouter:
    """What a handheld asks for."""
    router = APIRouter()

    @router.get("/wardens/{warden_id}/pages", **answered(Inbox, {404: None}, is_list=True))
    async def pages(
        request: Request, warden_id: str, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> Response:
        """A person's pages, by whether their case is open."""
        keys = _INBOX.read(cursor)

        def query(connection: Connection) -> Inbox:
            _check_known(connection, warden_id)
            read = partial(page_views.inbox_part, connection, warden_id)
            waiting, closed = (
                goes_on(keys, number, partial(read, is_open, limit))
                for number, is_open in enumerate((True, False))
            )
            return Inbox(waiting.rows, closed.rows, written([waiting.next, closed.next]))

        return list_answer(request, await context.read(query))

    @router.get("/wardens/{warden_id}/unsigned", **answered(Unsigned, {404: None}, is_list=True))
    async def unsigned(
        request: Request, warden_id: str, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> Response:
        """A person's pages for which no handheld has signed yet."""
        [after] = _TOLD.read(cursor) or (None,)
        after_ms = context.now_ms() - warden_inbox.SIGNED_WITHIN_MS

        def query(connection: Connection) -> Unsigned:
            _check_known(connection, warden_id)
            part = page_views.unsigned_part(connection, warden_id, after_ms, limit, after)
            return Unsigned(part.rows, written([part.next]))

        return list_answer(request, await context.read(query))

    return router


def _check_known(connection: Connection, warden_id: str) -> None:
    if views.warden(connection, warden_id) is None:
        raise HttpProblem(404, NOT_FOUND)
