"""Where the link of a page leads: to its case, to the list of cases, to a test page; and where the
code on a seal's label leads: to the door that it hangs on.

The links change nothing and sign nobody in, for the programs that carry a message open them before
any person does. On a phone they lead to the phone's own page, at a screen to the console's.
"""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right, Whose
from gateway.accounts.sessions import Kind
from gateway.core.reasons import MATTERS, NOTICES, Reason
from gateway.language.catalogue import N_
from gateway.store import case_views, page_views, views
from gateway.store.page_views import SentPage
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.security import prefix
from gateway.web.visitors import visitor

_NO_DOOR: Final = N_("This seal hangs on no door.")
CODE_MIN: Final = 6  # characters of a page's code that lead to its case
# Where the link of a page leads that is about no single case.
_ABOUT_MANY: Final[dict[str, str]] = {Reason.GROUPED: "/cases", Reason.UNREACHABLE: "/wardens"}


def routes(context: WebContext) -> APIRouter:
    """GET /c/{number}, /pages/{code} and /seals/{seal_id}."""
    router = APIRouter()

    @router.get("/c/{number}")
    async def by_number(request: Request, number: str) -> Response:
        """From a case's number, as short as a text message wants it, to the case."""
        who, grids = visitor(request), context.scope(request, Right.CASES)
        warden_id = (who.account.warden_id or "") if who is not None else ""
        case_id = await context.read(lambda rows: _numbered(rows, number, grids, warden_id))
        return _to(request, _of_case(request, case_id))

    @router.get("/pages/{code}")
    async def by_code(request: Request, code: str) -> Response:
        """From the link or the code in a page's text to what it is about."""
        return _to(request, _of_page(request, await context.read(lambda rows: _sent(rows, code))))

    @router.get("/seals/{seal_id}")
    async def by_label(request: Request, seal_id: str) -> Response:
        """From the code on a seal's label to its door; for whoever may test it there, to its
        walk test."""
        who, grids = visitor(request), context.scope(request, Right.DOORS)
        door_id = await context.read(lambda rows: _carrying(rows, seal_id, grids))
        tests = who is not None and who.reach(Right.COMMISSION) is not Whose.NOBODYS
        return _to(request, f"/doors/{quote(door_id, safe='')}" + "/walk-test" * tests)

    return router


def _carrying(connection: Connection, seal_id: str, grids: frozenset[str] | None) -> str:
    """The door that a seal hangs on, of one's grids."""
    seal = views.seal_place(connection, seal_id)
    if seal is None or (grids is not None and seal.grid_id not in grids):
        raise HttpProblem(404, NOT_FOUND)
    if seal.door_id is None:
        raise HttpProblem(404, _NO_DOOR)
    return seal.door_id


def _numbered(
    connection: Connection, number: str, grids: frozenset[str] | None, warden_id: str
) -> str:
    """The case of one's grids, or of which one was told elsewhere."""
    case_id = case_views.numbered(connection, number, grids)
    case_id = case_id or page_views.numbered(connection, number, warden_id)
    if case_id is None:
        raise HttpProblem(404, NOT_FOUND)
    return case_id


def _sent(connection: Connection, code: str) -> SentPage:
    sent = page_views.sent_page(connection, code) if len(code) >= CODE_MIN else None
    if sent is None:
        raise HttpProblem(404, NOT_FOUND)
    return sent


def _of_page(request: Request, sent: SentPage) -> str:
    if sent.reason == Reason.TEST_PAGE:
        return _of_test(request, sent.sent_id, sent.warden_id or "")
    if sent.reason in _ABOUT_MANY:
        return _ABOUT_MANY[sent.reason]
    if sent.reason in NOTICES:
        return _of_phone(request) or "/"
    if not sent.case_id:
        raise HttpProblem(404, NOT_FOUND)
    if sent.reason in MATTERS:
        return _of_phone(request) + "/requests"
    return _of_case(request, sent.case_id)


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(prefix(request) + path, 303)


def _of_case(request: Request, case_id: str) -> str:
    return f"{_of_phone(request)}/cases/{quote(case_id, safe='')}"


def _of_phone(request: Request) -> str:
    """Where the phone's own pages are; empty at a screen."""
    who = visitor(request)
    if who is None or who.account.warden_id is None or who.session.kind is not Kind.PHONE:
        return ""
    return f"/handheld/{quote(who.account.warden_id, safe='')}"


def _of_test(request: Request, sent_id: str, warden_id: str) -> str:
    """Her own page; to anybody else there is no such page."""
    who = visitor(request)
    if who is not None and who.account.warden_id != warden_id:
        raise HttpProblem(404, NOT_FOUND)
    return f"/handheld/{quote(warden_id, safe='')}/tests/{sent_id}"
