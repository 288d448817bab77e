"""Cases: those that are open, at the desk and closed; one with its whole loop; its buttons."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.beat import Committed
from gateway.console import acts
from gateway.console.acts import Done
from gateway.console.closed_loop import loop, told_ms, untold
from gateway.console.desk import NOT_FOUND, Before, Desk, Trouble
from gateway.console.look import Look, Piece
from gateway.console.phone import card_of
from gateway.console.rim import prefix
from gateway.core.duration import HOUR_MS
from gateway.notify.wording import Outcome
from gateway.store import case_views, page_views, views

OPEN_MAX: Final = 100
DESK_MAX: Final = 100
CLOSED_MAX: Final = 50
DELIVERIES_MAX: Final = 50
WARDENS_MAX: Final = 100
SHELF_HOURS_MAX: Final = 8
WHY_MAX: Final = 200

Name = Annotated[str, Form(max_length=64)]
Screen = Annotated[Literal["phone", "case"], Form()]


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

    def __init__(self, case_id: str, sign_off: bool) -> None:
        super().__init__()
        self._case_id, self._sign_off = case_id, sign_off
        self._is_outage = False

    def concerns(self, news: Committed) -> bool:
        """It moved, or a page of some case went out; an outage's doors come and go."""
        silent = self._is_outage and news.doors
        return bool(news.all or self._case_id in news.cases or news.sent or silent)

    def pieces(self, connection: Connection, news: Committed | None, now_ms: int) -> list[Piece]:
        """The case, its silent doors, and who was told; nothing if there is no such case."""
        one = gathered(connection, self._case_id, self._sign_off)
        if one is None:
            return []
        # A page that goes out must not take away what somebody is filling in beside it.
        key = [untold(one["case"]), one["wardens"]]
        found = [
            Piece("case", "parts/case.html", "one", one, key=key),
            Piece("loop", "parts/loop.html", "one_loop", one["loop"], "case"),
        ]
        self._is_outage = one["outage"] is not None
        if self._is_outage:
            found.append(Piece("outage", "parts/outage.html", "outage", one["outage"], "case"))
        return [*found, Piece("told", "parts/told.html", "deliveries", one["deliveries"], "case")]


def gathered(connection: Connection, case_id: str, sign_off: bool) -> dict[str, Any] | None:
    """A case with all that its page shows; None if there is no such case."""
    case = case_views.case(connection, case_id)
    if case is None:
        return None
    deliveries = page_views.deliveries(connection, case, DELIVERIES_MAX)
    return {
        "case": case,
        "loop": {"case": case, "steps": loop(case, told_ms(case, deliveries), sign_off)},
        "outage": case_views.outage_of(connection, case),
        "deliveries": deliveries,
        "wardens": views.wardens(connection, WARDENS_MAX, case.grid_id),
    }


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
        look, now_ms = OneCase(case_id, sign_off), desk.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            pieces = look.changed(connection, None, now_ms)
            if not pieces:
                raise Trouble(404, NOT_FOUND)
            return {"one": pieces[0].shows, "seen": look.digest()}

        return await desk.page(request, "case.html", gather)

    _buttons(router, desk)
    _desk_buttons(router, desk)
    return router


def _buttons(router: APIRouter, desk: Desk) -> None:
    """What a warden presses, on the phone or on the case's page."""

    @router.post("/cases/{case_id}/acknowledge")
    async def press_acknowledge(
        request: Request, case_id: str, by: Name, screen: Screen = "case"
    ) -> Response:
        done = await acts.acknowledge(desk, case_id, by)
        return await _after(desk, request, case_id, by, screen, done)

    @router.post("/cases/{case_id}/on_site")
    async def press_on_site(
        request: Request, case_id: str, by: Name, screen: Screen = "case"
    ) -> Response:
        done = await acts.on_site(desk, case_id, by)
        return await _after(desk, request, case_id, by, screen, done)

    @router.post("/cases/{case_id}/report")
    async def press_report(
        request: Request,
        case_id: str,
        by: Name,
        outcome: Annotated[Outcome, Form()],
        screen: Screen = "case",
    ) -> Response:
        done = await acts.report(desk, case_id, by, outcome)
        return await _after(desk, request, case_id, by, screen, done)


def _desk_buttons(router: APIRouter, desk: Desk) -> None:
    """What the desk presses on the case's page."""

    @router.post("/cases/{case_id}/assess")
    async def press_assess(request: Request, case_id: str, by: Name) -> Response:
        done = await acts.assess(desk, case_id, by)
        return await _after(desk, request, case_id, by, "case", done)

    @router.post("/cases/{case_id}/sign_off")
    async def press_sign_off(request: Request, case_id: str, by: Name) -> Response:
        done = await acts.sign_off(desk, case_id, by)
        return await _after(desk, request, case_id, by, "case", done)

    @router.post("/cases/{case_id}/shelve")
    async def press_shelve(
        request: Request,
        case_id: str,
        by: Name,
        why: Annotated[str, Form(min_length=1, max_length=WHY_MAX)],
        hours: Annotated[int, Form(ge=1, le=SHELF_HOURS_MAX)],
    ) -> Response:
        until_ms = desk.now_ms() + hours * HOUR_MS
        done = await acts.shelve(desk, case_id, by, why, until_ms)
        return await _after(desk, request, case_id, by, "case", done)


async def _after(
    desk: Desk, request: Request, case_id: str, by: str, screen: str, done: Done
) -> Response:
    """What the button's page shows now: its part, or the page anew where no script runs. An act
    that was refused is told in a sentence; the page itself brings up what is so."""
    if done.why is not None:
        raise Trouble(409, done.why)
    if "hx-request" not in request.headers:
        path = f"/phone/{by}" if screen == "phone" else f"/cases/{case_id}"
        return RedirectResponse(prefix(request) + path, 303)

    def gather(connection: Connection) -> dict[str, Any]:
        if screen == "phone":
            return {"card": card_of(connection, case_id, by)}
        return {"one": gathered(connection, case_id, desk.rulebook.rules.sign_off)}

    return await desk.page(request, f"parts/{'card' if screen == 'phone' else 'case'}.html", gather)
