"""A household at the line: what a warden reads to it, and books as said by it; and its sheet.

Whoever rings has no page, or does not want one: all of it works by telephone. What is booked here
is the household's word, and says that it came by telephone; who booked it stands in the audit.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection

from gateway.core.households.model import (
    RecordKind,
    RequestKind,
    Said,
    SealAnswer,
    Symptom,
    Way,
)
from gateway.core.local_time import DAY_MIN
from gateway.registry import consents, notices, resident_codes
from gateway.settings.values import is_loopback
from gateway.store import photos, resident_views
from gateway.store.resident_views import OrderSpan
from gateway.web.actor import acting_at_screen
from gateway.web.at_a_door import back_to, household_at
from gateway.web.context import WebContext
from gateway.web.offers import Offered, new_offer
from gateway.web.resident import announcing, asking, consenting, shown
from gateway.web.resident.announce_routes import choices
from gateway.web.resident.announcing import Announcement
from gateway.web.resident.asking import Voice
from gateway.web.resident.asking_routes import NO_SYMPTOMS, Words
from gateway.web.resident.sheets import new_sheet
from gateway.web.said_address import host_of
from gateway.web.security import RESIDENT, prefix

Language = Annotated[str, Form(max_length=16)]
What = Annotated[str, Form(max_length=16)]
PAGE: Final = "household"  # of a door
OPENINGS_MAX: Final = 5  # that can be contested by telephone, and as many other records


def routes(context: WebContext) -> APIRouter:
    """GET /doors/{id}/household; POST …/announce/now, …/once, …/daily and …/sheet; and the sheet
    at the end of a walk test."""
    router = APIRouter()

    @router.get("/doors/{door_id}/household")
    async def page(request: Request, door_id: str) -> Response:
        now_ms, language = context.now_ms(), context.language(request)

        def gather(rows: Connection) -> dict[str, Any]:
            household_id = household_at(rows, door_id)
            order = resident_views.order_of(rows, household_id, now_ms)
            doors = resident_views.doors_of(rows, household_id)
            values = {
                "doors": doors,
                "door_id": door_id,
                "telephone": photos.telephone(rows, door_id),
                "order": order,
                "holder": resident_codes.holder(rows, household_id),
                "all_languages": notices.languages(context.settings),
                "offered": new_offer(),
            }
            if order is None:
                return values
            home = shown.home(rows, household_id, order, now_ms, context.rulebook)
            return (
                values
                | choices(context, now_ms, order, language)
                | {
                    "home": home,
                    **_contestable(rows, household_id, order),
                    "consents": consents.given(rows, household_id, order.order_id),
                    "asks_consent": consenting.is_asked(context),
                    "quiet": shown.quiet(rows, household_id),
                    "kinds": list(RequestKind),
                    "symptoms": list(Symptom),
                    "seal_answers": list(SealAnswer),
                }
            )

        return await context.page(request, "household.html", gather)

    _add_announcing(router, context)
    _add_matters(router, context)
    _add_own(router, context)
    _add_sheets(router, context)
    return router


def _add_announcing(router: APIRouter, context: WebContext) -> None:
    async def _whose(door_id: str) -> str:
        return await context.read(lambda rows: household_at(rows, door_id))

    @router.post("/doors/{door_id}/household/announce/now")
    async def now(
        request: Request, door_id: str, offered: Offered = "", what: What = "other"
    ) -> Response:
        said = Announcement(Way.TELEPHONE, what, offered)
        await announcing.announce_now(context, await _whose(door_id), said)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/announce/once")
    async def once(
        request: Request,
        door_id: str,
        day: Annotated[str, Form(max_length=10)],
        minute: Annotated[int, Form(ge=0, lt=DAY_MIN)],
        lasts: Annotated[int, Form()],
        offered: Offered = "",
        what: What = "other",
    ) -> Response:
        said = Announcement(Way.TELEPHONE, what, offered)
        from_ms = announcing.at(day, minute, context.zone)
        await announcing.announce_once(context, await _whose(door_id), said, from_ms, lasts)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/announce/daily")
    async def daily(
        request: Request,
        door_id: str,
        minute: Annotated[int, Form(ge=0, lt=DAY_MIN)],
        lasts: Annotated[int, Form()],
        offered: Offered = "",
        what: What = "other",
    ) -> Response:
        said = Announcement(Way.TELEPHONE, what, offered)
        await announcing.announce_daily(context, await _whose(door_id), said, minute, lasts)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/announce/end")
    async def end(
        request: Request, door_id: str, permit_id: Annotated[str, Form(max_length=64)]
    ) -> Response:
        await announcing.end(context, await _whose(door_id), permit_id)
        return back_to(request, door_id, PAGE)


def _add_matters(router: APIRouter, context: WebContext) -> None:
    """What the household asks for, says of itself and its seal, and contests."""

    @router.post("/doors/{door_id}/household/ask")
    async def ask(
        request: Request,
        door_id: str,
        kind: Annotated[RequestKind, Form()],
        words: Words = "",
        offered: Offered = "",
    ) -> Response:
        await asking.ask(context, await _voice(context, request, door_id, offered), kind, words)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/well")
    async def well(
        request: Request,
        door_id: str,
        is_well: Annotated[bool, Form()],
        symptoms: Annotated[list[Symptom], Form()] = NO_SYMPTOMS,
        offered: Offered = "",
    ) -> Response:
        voice = await _voice(context, request, door_id, offered)
        await asking.report_health(context, voice, is_well, symptoms)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/seal")
    async def of_seal(
        request: Request,
        door_id: str,
        door: Annotated[int, Form(ge=1)],
        answer: Annotated[SealAnswer, Form()],
        offered: Offered = "",
    ) -> Response:
        voice = await _voice(context, request, door_id, offered)
        await asking.answer_of_seal(context, voice, door, answer)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/dispute")
    async def contest(
        request: Request,
        door_id: str,
        record_id: Annotated[str, Form(max_length=80)],
        record: Annotated[RecordKind, Form()] = RecordKind.OPENING,
        words: Words = "",
        offered: Offered = "",
    ) -> Response:
        voice = await _voice(context, request, door_id, offered)
        await asking.contest(context, voice, record, record_id, words)
        return back_to(request, door_id, PAGE)


def _add_own(router: APIRouter, context: WebContext) -> None:
    """What the household wants no more, when it wants to be left alone, and its consent."""

    @router.post("/doors/{door_id}/household/ask/withdraw")
    async def not_needed(
        request: Request, door_id: str, request_id: Annotated[str, Form(max_length=80)]
    ) -> Response:
        await asking.withdraw(context, await _voice(context, request, door_id, ""), request_id)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/quiet")
    async def quiet(
        request: Request,
        door_id: str,
        from_min: Annotated[int, Form(ge=0, lt=DAY_MIN)] = 0,
        to_min: Annotated[int, Form(ge=0, lt=DAY_MIN)] = 0,
    ) -> Response:
        hours = ((from_min, to_min),) if from_min != to_min else ()
        await asking.narrow_hours(context, await _voice(context, request, door_id, ""), hours)
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/consent/give")
    async def give(request: Request, door_id: str) -> Response:
        await consenting.give(context, await _voice(context, request, door_id, ""))
        return back_to(request, door_id, PAGE)

    @router.post("/doors/{door_id}/household/consent/withdraw")
    async def withdraw(request: Request, door_id: str) -> Response:
        await consenting.withdraw(context, await _voice(context, request, door_id, ""))
        return back_to(request, door_id, PAGE)


def _add_sheets(router: APIRouter, context: WebContext) -> None:
    """Another sheet, for who cares for the household and for who tests its seal."""

    async def sheet(request: Request, door_id: str, language: str, offered: str) -> Response:
        address = _address(context, request)
        wanted = language or context.settings.site.language

        async def make() -> Response:
            content = await new_sheet(context, door_id, address, wanted)
            headers = {"Content-Disposition": 'attachment; filename="household.pdf"'}
            return Response(content, headers=headers, media_type="application/pdf")

        return await context.shown_once.answer(request, offered, wanted, make)

    @router.post("/doors/{door_id}/household/sheet")
    async def another(
        request: Request, door_id: str, language: Language = "", offered: Offered = ""
    ) -> Response:
        return await sheet(request, door_id, language, offered)

    @router.post("/doors/{door_id}/walk-test/sheet")
    async def first(
        request: Request, door_id: str, language: Language = "", offered: Offered = ""
    ) -> Response:
        return await sheet(request, door_id, language, offered)


def _address(context: WebContext, request: Request) -> str:
    """Where households open their page: as the settings say, else as whoever prints has opened the
    console; empty where no phone reaches that."""
    public = context.settings.console.public_url.rstrip("/")
    address = public or context.visitors.origin(request) + prefix(request)
    return "" if is_loopback(host_of(address)) else address + RESIDENT


async def _voice(context: WebContext, request: Request, door_id: str, offered: str) -> Voice:
    """The household as it speaks by telephone, to who books it."""
    household_id = await context.read(lambda rows: household_at(rows, door_id))
    said = Said(Way.TELEPHONE, acting_at_screen(context, request).actor)
    return Voice(household_id, said, context.language(request), offered)


def _contestable(connection: Connection, household_id: str, order: OrderSpan) -> dict[str, Any]:
    """The latest records that can be contested at the line: openings, and what else was noted."""
    openings = shown.openings(connection, household_id, order)
    known = {one.row.opening_id for one in openings}
    others = shown.other_cases(connection, household_id, order, known)
    return {
        "openings": openings[:OPENINGS_MAX],
        "others": others[:OPENINGS_MAX],
        "is_cut": max(len(openings), len(others)) > OPENINGS_MAX,
        "most": OPENINGS_MAX,
    }
