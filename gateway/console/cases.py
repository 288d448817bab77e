"""Cases: those that are open, at the desk and closed; one with its whole loop; its buttons."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.beat import Answer, Committed
from gateway.console import actor, acts
from gateway.console.closed_loop import loop, may, told_ms, untold
from gateway.console.desk import NOT_FOUND, Before, Desk, Trouble
from gateway.console.look import Look, Piece
from gateway.console.rim import prefix
from gateway.core.actor import Actor, actor_of
from gateway.store import case_views, page_views, views

OPEN_MAX: Final = 100
DESK_MAX: Final = 100
CLOSED_MAX: Final = 50
DELIVERIES_MAX: Final = 50
LATE_MAX: Final = 20
WARDENS_MAX: Final = 100

Name = Annotated[str, Form(min_length=1, max_length=64)]


class OpenCases(Look):
    """The lists of cases that are not closed."""

    def concerns(self, news: Committed) -> bool:
        """Only cases are listed."""
        return bool(news.all or news.cases)

    def pieces(self, connection: Connection, news: Committed | None, now_ms: int) -> list[Piece]:
        """Two lists."""
        cases = case_views.open_cases(connection, OPEN_MAX)
        desk = case_views.desk_cases(connection, DESK_MAX)
        return [
            Piece("open", "parts/open.html", "cases", cases),
            Piece("desk", "parts/desk.html", "waiting", desk),
        ]


class OneCase(Look):
    """A case: its loop, who may do what next, and who was told."""

    def __init__(self, case_id: str, sign_off: bool, by: Actor | None) -> None:
        super().__init__()
        self._case_id, self._sign_off, self._by = case_id, sign_off, by
        self._is_outage = False

    def concerns(self, news: Committed) -> bool:
        """It moved, or a page of some case went out; an outage's doors come and go."""
        silent = self._is_outage and news.doors
        return bool(news.all or self._case_id in news.cases or news.sent or silent)

    def pieces(self, connection: Connection, news: Committed | None, now_ms: int) -> list[Piece]:
        """The case, its silent doors, and who was told; nothing if there is no such case."""
        one = gathered(connection, self._case_id, self._sign_off, self._by)
        if one is None:
            return []
        # A page that goes out must not take away what somebody is filling in beside it.
        key = [untold(one["case"]), one["wardens"], one["actor"]]
        found = [
            Piece("case", "parts/case.html", "one", one, key=key),
            Piece("loop", "parts/loop.html", "one_loop", one["loop"], "case"),
        ]
        self._is_outage = one["outage"] is not None
        if self._is_outage:
            found.append(Piece("outage", "parts/outage.html", "outage", one["outage"], "case"))
        return [*found, Piece("told", "parts/told.html", "deliveries", one["deliveries"], "case")]


def gathered(
    connection: Connection, case_id: str, sign_off: bool, by: Actor | None
) -> dict[str, Any] | None:
    """A case with all that its page shows to who works there; None if there is no such case."""
    case = case_views.case(connection, case_id)
    if case is None:
        return None
    deliveries = page_views.deliveries(connection, case, DELIVERIES_MAX)
    steps = loop(case, told_ms(case, deliveries), sign_off)
    late = case_views.late_refusals(connection, case_id, LATE_MAX)
    return {
        "case": case,
        "actor": by,
        "actor_name": _name(connection, by),
        "may": may(case, by),
        "loop": {"case": case, "steps": steps, "late": late},
        "outage": case_views.outage_of(connection, case),
        "deliveries": deliveries,
        "wardens": views.wardens(connection, WARDENS_MAX, case.grid_id),
    }


def _name(connection: Connection, by: Actor | None) -> str | None:
    """The name of a warden; None for the centre, and for one who is gone."""
    warden = views.warden(connection, by.actor_id) if by is not None else None
    return warden.name if warden is not None else None


def routes(desk: Desk) -> APIRouter:
    """GET /cases and /cases/{id}; POST …/acknowledge, …/on_site, …/report and so on."""
    router = APIRouter()
    sign_off = desk.rulebook.rules.sign_off

    @router.get("/cases")
    async def cases(request: Request, before_ms: Before = None, before: str = "") -> Response:
        look, now_ms = OpenCases(), desk.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            pieces = {piece.name: piece.shows for piece in look.changed(connection, None, now_ms)}
            last = None if before_ms is None else (before_ms, before)
            closed = case_views.closed_cases(connection, CLOSED_MAX, last)
            more = closed[-1] if len(closed) == CLOSED_MAX else None
            return pieces | {"closed": closed, "more": more, "seen": look.digest()}

        return await desk.page(request, "cases.html", gather)

    @router.get("/cases/{case_id}")
    async def case(request: Request, case_id: str) -> Response:
        by = actor.at_screen(desk, request)
        look, now_ms = OneCase(case_id, sign_off, by), desk.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            pieces = look.changed(connection, None, now_ms)
            if not pieces:
                raise Trouble(404, NOT_FOUND)
            return {"one": pieces[0].shows, "seen": look.digest()}

        return await desk.page(request, "case.html", gather)

    _actions(router, desk)
    return router


def _actions(router: APIRouter, desk: Desk) -> None:
    """Who works at this screen, and what they press on the case's page."""

    @router.post("/cases/{case_id}/actor")
    async def works_here(request: Request, case_id: str, actor_id: Name) -> Response:
        chosen = actor_of(actor_id)
        await desk.read(lambda connection: actor.check_known(connection, chosen))
        response = RedirectResponse(f"{prefix(request)}/cases/{quote(case_id, safe='')}", 303)
        actor.keep(desk, request, response, chosen)
        return response

    async def after(request: Request, case_id: str, by: Actor, answer: Answer) -> Response:
        """The page's part as it is now, or the page anew where no script runs."""
        acts.check(desk, request, answer)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"{prefix(request)}/cases/{quote(case_id, safe='')}", 303)
        sign_off = desk.rulebook.rules.sign_off
        return await desk.page(
            request,
            "parts/case.html",
            lambda connection: {"one": gathered(connection, case_id, sign_off, by)},
        )

    def who(request: Request) -> Actor:
        return actor.acting_at_screen(desk, request)

    acts.add_routes(router, desk, "/cases", who, after, by_page=True)
