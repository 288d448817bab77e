"""The installer's phone: which doors want a walk test, a seal that is scanned, and the test itself.

The test is live: what the gateway saw of the door is there as soon as it is committed. When all is
good the certificate is there, as a page to print and as a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection, select
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right
from gateway.core.commissioning import Purpose
from gateway.core.doors import walk_test
from gateway.core.doors.certificates import Standing, standing
from gateway.core.duration import MINUTE_MS
from gateway.core.no_json import NO_JSON
from gateway.engine.ports import Committed
from gateway.language.catalogue import N_
from gateway.registry import certificates as signed
from gateway.registry import door_codes, notices
from gateway.registry.door_codes import TYPED_MAX
from gateway.registry.scanned import LINK_MAX, ScanError, door_of, seal_of
from gateway.registry.visits import VISIT_HOURS_MAX, VISIT_MINUTES, WHO_CHARACTERS_MAX, Plan
from gateway.store import certificates, tables, views
from gateway.store.door_lists import listed
from gateway.web import commissioning
from gateway.web.actor import acting_at_screen
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import Lane, WebContext
from gateway.web.handheld import shell
from gateway.web.live_view import Fragment, LiveView
from gateway.web.offers import id_of
from gateway.web.sealing import part, wanting
from gateway.web.security import prefix

LISTED_MAX: Final = 100  # on one page
Begin = Annotated[int, Query(ge=0, le=2**31)]  # so many doors stand on the pages before
_NO_CERTIFICATE = N_("What is kept of this certificate cannot be read; test the seal anew.")
_UNKNOWN = N_("No seal of this id is enrolled here: flash it first.")
_NOWHERE = N_("This seal hangs on no door yet: enrol it for its door first.")
_ELSEWHERE = N_(
    "This seal belongs to another door: {door}. Hang it there, or test the one of here."
)


class WalkTestView(LiveView):
    """A door's walk test, or its certificate."""

    def __init__(self, door_id: str) -> None:
        super().__init__()
        self._door_id = door_id

    def affected_by(self, news: Committed) -> bool:
        """Only this door."""
        return news.all or self._door_id in news.doors

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The test; nothing if there is no such door."""
        row = next(iter(views.doors_of(connection, [self._door_id])), None)
        if row is None or row.ended_ms is not None:
            return []
        door, test = row.state, row.state.walk_test
        shown = {
            "row": row,
            "standing": standing(door, now_ms),
            "test": None if test is None or test.is_over else test,
            "is_over": test is not None and test.is_over,
            "checks": () if test is None else walk_test.checks(door, test, now_ms),
            "certificate": door.certificate,
        }
        return [Fragment("walk", "parts/walk_test.html", "walk", shown)]


def routes(context: WebContext) -> APIRouter:
    """GET and POST /commission; a door's walk test, visits and certificate."""
    router = APIRouter()

    @router.get("/commission")
    async def page(request: Request, begin: Begin = 0) -> Response:
        return await _list(context, request, begin)

    @router.post("/commission")
    async def scan(
        request: Request,
        code: Annotated[str, Form(max_length=LINK_MAX)] = "",
        door: Annotated[str, Form(max_length=TYPED_MAX)] = "",
    ) -> Response:
        return await _scanned(context, request, code, door)

    _add_tests(router, context)
    _add_visits(router, context)
    _add_certificates(router, context)
    return router


def _add_tests(router: APIRouter, context: WebContext) -> None:
    """GET and POST /doors/{id}/walk-test, and …/end."""

    @router.get("/doors/{door_id}/walk-test")
    async def test(request: Request, door_id: str) -> Response:
        view, now_ms = WalkTestView(door_id), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            shown = {f.name: f.shows for f in view.changed(connection, None, now_ms)}
            if not shown:
                raise HttpProblem(404, NOT_FOUND)
            return shown | {
                "seen": view.digest(),
                "has_order": any(o.to_ms > now_ms for o in shown["walk"]["row"].state.orders),
                "all_languages": notices.languages(context.settings),
            }

        return await context.page(request, "walk_test.html", gather)

    @router.post("/doors/{door_id}/walk-test")
    async def begins(request: Request, door_id: str) -> Response:
        await commissioning.begin_test(context, door_id, acting_at_screen(context, request).actor)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}/walk-test", 303)

    @router.post("/doors/{door_id}/walk-test/end")
    async def ends(request: Request, door_id: str) -> Response:
        await commissioning.end_test(context, door_id)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}/walk-test", 303)


def _add_visits(router: APIRouter, context: WebContext) -> None:
    """POST /doors/{id}/visits, and …/{id}/end."""

    @router.post("/doors/{door_id}/visits")
    async def announce(
        request: Request,
        door_id: str,
        who: Annotated[str, Form(max_length=2 * WHO_CHARACTERS_MAX)],
        purpose: Annotated[Purpose, Form()] = Purpose.REPAIR,
        minutes: Annotated[int, Form(ge=1, le=VISIT_HOURS_MAX * 60)] = VISIT_MINUTES,
        offered: Annotated[str, Form(max_length=16)] = "",
    ) -> Response:
        now_ms, visit_id = context.now_ms(), id_of(offered, door_id, who, purpose, minutes)
        plan = Plan(now_ms, now_ms + minutes * MINUTE_MS, who, purpose, visit_id)
        there = commissioning.at_door(door_id)
        await commissioning.announce(context, there, plan, by_form=True)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}#seal", 303)

    @router.post("/doors/{door_id}/visits/{visit_id}/end")
    async def over(request: Request, door_id: str, visit_id: str) -> Response:
        await commissioning.end_visit(context, door_id, visit_id)
        return RedirectResponse(f"{prefix(request)}/doors/{door_id}#seal", 303)


def _add_certificates(router: APIRouter, context: WebContext) -> None:
    """GET /doors/{id}/certificate, to print, and …/certificate/file, to keep."""

    @router.get("/doors/{door_id}/certificate")
    async def printed(request: Request, door_id: str) -> Response:
        now_ms = context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            row, door = _certificate(connection, door_id)
            with _readable():
                said = signed.said_in(row)
                checks = [signed.check_of(one) for one in said.checks]
                openings = [signed.opening_ms(one) for one in said.openings]
            how = standing(door.state, now_ms)
            is_latest = (
                door.state.certificate is not None
                and door.state.certificate.certificate_id == row.certificate_id
            )
            return {
                "row": row,
                "said": said,
                "checks": checks,
                "openings": openings,
                "door": door,
                "standing": how if is_latest or door.state.seal_id is None else Standing.UNTESTED,
            }

        return await context.page(request, "certificate.html", gather)

    @router.get("/doors/{door_id}/certificate/file")
    async def file(door_id: str) -> Response:
        row, _ = await context.read(lambda rows: _certificate(rows, door_id))
        name = f"certificate-{row.certificate_id}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        with _readable():
            content = signed.as_file(row)
        return Response(content, media_type="application/json", headers=headers)


@contextmanager
def _readable() -> Iterator[None]:
    """HttpProblem where what is kept of a certificate is none."""
    try:
        yield
    except (*NO_JSON, signed.CertificateError, ValueError, KeyError, TypeError):
        raise HttpProblem(404, _NO_CERTIFICATE) from None


def _certificate(
    connection: Connection, door_id: str
) -> tuple[certificates.CertificateRow, views.DoorRow]:
    row = certificates.latest(connection, door_id)
    door = next(iter(views.doors_of(connection, [door_id])), None)
    if row is None or door is None:
        raise HttpProblem(404, NOT_FOUND)
    return row, door


async def _list(context: WebContext, request: Request, begin: int) -> Response:
    """Doors that want a walk test, those under an order first, from one of them on."""
    now_ms, grids = context.now_ms(), context.scope(request, Right.COMMISSION)

    def gather(connection: Connection) -> dict[str, Any]:
        doors = [
            listed(row, wants)
            for row in views.unnamed_doors(connection, grids)
            if (wants := wanting(row.state, now_ms)) is not None
        ]
        first = min(begin, max(len(doors) - 1, 0))  # some have passed since the link was drawn
        return {
            "doors": part(connection, doors, first, LISTED_MAX),
            "begin": first,
            "step": LISTED_MAX,
            "more": max(len(doors) - first - LISTED_MAX, 0),
            "reader_version": shell.READER_VERSION,
        }

    return await context.page(request, "commission.html", gather, Lane.SITE)


async def _scanned(context: WebContext, request: Request, code: str, door: str) -> Response:
    """To the walk test of the seal that was scanned; of the door, where that was. HttpProblem where
    the two do not belong together."""
    grids = context.scope(request, Right.COMMISSION)

    def in_scope(connection: Connection) -> str:
        try:
            at_door = door_of(connection, door) if door.strip() else ""
            seal_id = _seal_in(code) if code.strip() or not at_door else ""
            at_door = at_door if seal_id or at_door else door_of(connection, code)
        except ScanError as error:
            raise HttpProblem(422, error.sentence) from None
        door_id = _door_of_seal(connection, seal_id) if seal_id else at_door
        row = next(iter(views.doors_of(connection, [door_id])), None)
        if row is None or (grids is not None and row.grid_id not in grids):
            raise HttpProblem(404, NOT_FOUND)  # before anything is said of another's door
        if at_door and at_door != door_id:
            raise HttpProblem(409, _ELSEWHERE, door=row.label)
        return door_id

    door_id = await context.read(in_scope)
    return RedirectResponse(f"{prefix(request)}/doors/{door_id}/walk-test", 303)


def _seal_in(code: str) -> str:
    """The seal of a code; empty where it is a door's. ScanError if it is neither's."""
    try:
        door_codes.read(code)
    except ValueError:
        return seal_of(code)
    return ""


def _door_of_seal(connection: Connection, seal_id: str) -> str:
    """The door on which a seal hangs. HttpProblem if it is none."""
    c = tables.seals.c
    query = select(c.door_id).where(c.seal_id == seal_id, c.ended_ms.is_(None))
    row = connection.execute(query).first()
    if row is None:
        raise HttpProblem(404, _UNKNOWN)
    if row.door_id is None:
        raise HttpProblem(409, _NOWHERE)
    return str(row.door_id)
