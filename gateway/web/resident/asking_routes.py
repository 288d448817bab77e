"""A household's own matters on its page: requests, health, a record contested, quiet hours."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy import Connection

from gateway.core.duration import DAY_MS
from gateway.core.households.model import RecordKind, RequestKind, Said, SealAnswer, Symptom, Way
from gateway.core.local_time import DAY_MIN
from gateway.store import household_views
from gateway.store.resident_views import OrderSpan
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.resident import asking, shown
from gateway.web.resident.announce_routes import HALF_HOURS
from gateway.web.resident.asking import WORDS_MAX, Voice
from gateway.web.resident.drawn import home, page_of
from gateway.web.resident.entrance import Entrance, Here

LISTED_MAX: Final = 30
NO_SYMPTOMS: Final[list[Symptom]] = []
Words = Annotated[str, Form(max_length=2 * WORDS_MAX)]
RecordId = Annotated[str, Form(max_length=80)]


def add(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET /r/ask, /r/dispute, /r/well and /r/quiet, and what their forms send."""
    _add_requests(router, context, entrance)
    _add_disputes(router, context, entrance)
    _add_answers(router, context, entrance)


def voice_of(context: WebContext, request: Request, here: Here) -> Voice:
    """The household as it speaks on its page."""
    return Voice(here.household_id, Said(Way.PAGE), context.language(request), here.offered)


def _add_requests(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/ask")
    async def page(request: Request, here: Annotated[Here, opened]) -> Response:
        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            limits = LISTED_MAX + 1, order.since_ms
            found = household_views.requests_of(rows, here.household_id, *limits)
            kinds, is_cut = list(RequestKind), len(found) > LISTED_MAX
            return {"requests": found[:LISTED_MAX], "kinds": kinds, "is_cut": is_cut}

        return await page_of(context, request, here, "ask.html", gather)

    @router.post("/ask")
    async def ask(
        request: Request,
        here: Annotated[Here, sent],
        kind: Annotated[RequestKind, Form()],
        words: Words = "",
    ) -> Response:
        await asking.ask(context, voice_of(context, request, here), kind, words)
        return home(request)

    @router.post("/ask/withdraw")
    async def withdraw(
        request: Request,
        here: Annotated[Here, sent],
        request_id: Annotated[str, Form(max_length=80)],
    ) -> Response:
        await asking.withdraw(context, voice_of(context, request, here), request_id)
        return home(request)


def _add_disputes(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/dispute")
    async def page(
        request: Request,
        here: Annotated[Here, opened],
        record: Annotated[RecordKind, Query()],
        record_id: Annotated[str, Query(alias="of", max_length=80)],
    ) -> Response:
        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = shown.record(rows, here.household_id, order, record, record_id)
            if found is None:
                raise HttpProblem(404, NOT_FOUND)
            days = context.rulebook.rules.dispute_ms // DAY_MS
            values = {"one": found, "record": record, "record_id": record_id, "days": days}
            return values | {"words_max": WORDS_MAX}

        return await page_of(context, request, here, "dispute.html", gather)

    @router.post("/dispute")
    async def contest(
        request: Request,
        here: Annotated[Here, sent],
        record: Annotated[RecordKind, Form()],
        record_id: RecordId,
        words: Words = "",
    ) -> Response:
        voice = voice_of(context, request, here)
        await asking.contest(context, voice, record, record_id, words)
        return home(request)


def _add_answers(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/well")
    async def health(request: Request, here: Annotated[Here, opened]) -> Response:
        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            limits = LISTED_MAX + 1, order.since_ms
            found = household_views.reports_of(rows, here.household_id, *limits)
            symptoms, is_cut = list(Symptom), len(found) > LISTED_MAX
            return {"reports": found[:LISTED_MAX], "symptoms": symptoms, "is_cut": is_cut}

        return await page_of(context, request, here, "well.html", gather)

    @router.post("/well")
    async def report(
        request: Request,
        here: Annotated[Here, sent],
        is_well: Annotated[bool, Form()],
        symptoms: Annotated[list[Symptom], Form()] = NO_SYMPTOMS,
    ) -> Response:
        voice = voice_of(context, request, here)
        await asking.report_health(context, voice, is_well, symptoms)
        return home(request)

    @router.post("/seal")
    async def of_seal(
        request: Request,
        here: Annotated[Here, sent],
        door: Annotated[int, Form(ge=1)],
        answer: Annotated[SealAnswer, Form()],
    ) -> Response:
        voice = voice_of(context, request, here)
        await asking.answer_of_seal(context, voice, door, answer)
        return home(request)

    @router.get("/quiet")
    async def hours(request: Request, here: Annotated[Here, opened]) -> Response:
        def gather(rows: Connection, _: OrderSpan) -> dict[str, Any]:
            return {"quiet": shown.quiet(rows, here.household_id), "half_hours": HALF_HOURS}

        return await page_of(context, request, here, "quiet.html", gather)

    @router.post("/quiet")
    async def narrow(
        request: Request,
        here: Annotated[Here, sent],
        from_min: Annotated[int, Form(ge=0, lt=DAY_MIN)] = 0,
        to_min: Annotated[int, Form(ge=0, lt=DAY_MIN)] = 0,
    ) -> Response:
        quiet = ((from_min, to_min),) if from_min != to_min else ()
        await asking.narrow_hours(context, voice_of(context, request, here), quiet)
        return home(request)
