"""Cases: the open ones, the closed ones, one with everything known of it, and its two buttons."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.beat import Committed
from gateway.console.desk import NOT_FOUND, Before, Desk, Trouble
from gateway.console.look import Look, Piece
from gateway.console.phone import card_of
from gateway.console.rim import prefix
from gateway.console.shown import CENTRE
from gateway.core.events import CaseAcknowledged, CaseClosed, PersonOnSite
from gateway.notify.catalogue import N_
from gateway.notify.wording import Outcome
from gateway.store import views

OPEN_MAX: Final = 100
CLOSED_MAX: Final = 50
DELIVERIES_MAX: Final = 50
WARDENS_MAX: Final = 100

_NOBODY = N_("Only a warden of this site or the centre can do this.")

Name = Annotated[str, Form(max_length=64)]
Screen = Annotated[Literal["phone", "case"], Form()]


class OpenCases(Look):
    """The list of cases that are not closed."""

    def concerns(self, news: Committed) -> bool:
        """Only cases are listed."""
        return bool(news.all or news.cases)

    def pieces(self, connection: Connection, news: Committed | None, now_ms: int) -> list[Piece]:
        """One list."""
        cases = views.open_cases(connection, OPEN_MAX)
        return [Piece("open", "parts/open.html", "cases", cases)]


class OneCase(Look):
    """A case: its state, who may take it, and who was told."""

    def __init__(self, case_id: str) -> None:
        super().__init__()
        self._case_id = case_id

    def concerns(self, news: Committed) -> bool:
        """It moved, or a page of some case went out."""
        return bool(news.all or self._case_id in news.cases or news.sent)

    def pieces(self, connection: Connection, news: Committed | None, now_ms: int) -> list[Piece]:
        """The case and who was told, or nothing if there is no such case."""
        one = gathered(connection, self._case_id)
        if one is None:
            return []
        # A page that goes out must not take away what somebody is filling in beside it.
        key = [one["case"], one["wardens"]]
        told = Piece("told", "parts/told.html", "deliveries", one["deliveries"], "case")
        return [Piece("case", "parts/case.html", "one", one, key=key), told]


def gathered(connection: Connection, case_id: str) -> dict[str, Any] | None:
    """A case, its deliveries, and the wardens of its grid; None if there is no such case."""
    case = next(iter(views.cases_of(connection, [case_id])), None)
    if case is None:
        return None
    return {
        "case": case,
        "deliveries": views.deliveries(connection, case, DELIVERIES_MAX),
        "wardens": views.wardens(connection, WARDENS_MAX, case.grid_id),
    }


async def acknowledge(desk: Desk, case_id: str, by: str) -> bool:
    """A person has it. True if that changed something; Trouble if it cannot be."""
    return await desk.submit(await _door_of(desk, case_id, by), CaseAcknowledged(case_id, by))


async def on_site(desk: Desk, case_id: str, by: str) -> bool:
    """A person stands at the door. True if that changed something; Trouble if it cannot be."""
    return await desk.submit(await _door_of(desk, case_id, by), PersonOnSite(case_id, by))


async def close(desk: Desk, case_id: str, by: str, outcome: Outcome) -> bool:
    """A person ends it. True if that changed something; Trouble if it cannot be."""
    return await desk.submit(await _door_of(desk, case_id, by), CaseClosed(case_id, by, outcome))


async def _door_of(desk: Desk, case_id: str, by: str) -> str:
    def look(connection: Connection) -> str:
        case = next(iter(views.cases_of(connection, [case_id])), None)
        if case is None:
            raise Trouble(404, NOT_FOUND)
        if by != CENTRE and views.warden(connection, by) is None:
            raise Trouble(422, _NOBODY)
        return case.door_id

    return await desk.read(look)


def routes(desk: Desk) -> APIRouter:
    """GET /cases and /cases/{id}; POST …/acknowledge, …/on_site and …/close."""
    router = APIRouter()

    @router.get("/cases")
    async def cases(request: Request, before_ms: Before = None, before: str = "") -> Response:
        look, now_ms = OpenCases(), desk.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            pieces = {piece.name: piece.shows for piece in look.changed(connection, None, now_ms)}
            last = None if before_ms is None else (before_ms, before)
            closed = views.closed_cases(connection, CLOSED_MAX, last)
            more = closed[-1] if len(closed) == CLOSED_MAX else None
            return pieces | {"closed": closed, "more": more, "seen": look.digest()}

        return await desk.page(request, "cases.html", gather)

    @router.get("/cases/{case_id}")
    async def case(request: Request, case_id: str) -> Response:
        look, now_ms = OneCase(case_id), desk.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            pieces = look.changed(connection, None, now_ms)
            if not pieces:
                raise Trouble(404, NOT_FOUND)
            return {"one": pieces[0].shows, "seen": look.digest()}

        return await desk.page(request, "case.html", gather)

    _buttons(router, desk)
    return router


def _buttons(router: APIRouter, desk: Desk) -> None:
    @router.post("/cases/{case_id}/acknowledge")
    async def press_acknowledge(
        request: Request, case_id: str, by: Name, screen: Screen = "case"
    ) -> Response:
        await acknowledge(desk, case_id, by)
        return await _after(desk, request, case_id, by, screen)

    @router.post("/cases/{case_id}/on_site")
    async def press_on_site(
        request: Request, case_id: str, by: Name, screen: Screen = "case"
    ) -> Response:
        await on_site(desk, case_id, by)
        return await _after(desk, request, case_id, by, screen)

    @router.post("/cases/{case_id}/close")
    async def press_close(
        request: Request,
        case_id: str,
        by: Name,
        outcome: Annotated[Outcome, Form()],
        screen: Screen = "case",
    ) -> Response:
        await close(desk, case_id, by, outcome)
        return await _after(desk, request, case_id, by, screen)


async def _after(desk: Desk, request: Request, case_id: str, by: str, screen: str) -> Response:
    """What the button's page shows now: its part, or the page anew where no script runs."""
    if "hx-request" not in request.headers:
        path = f"/phone/{by}" if screen == "phone" else f"/cases/{case_id}"
        return RedirectResponse(prefix(request) + path, 303)

    def gather(connection: Connection) -> dict[str, Any]:
        if screen == "phone":
            return {"card": card_of(connection, case_id, by)}
        return {"one": gathered(connection, case_id)}

    return await desk.page(request, f"parts/{'card' if screen == 'phone' else 'case'}.html", gather)
