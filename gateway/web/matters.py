"""What people do about a household's matters, for pages and programs: one declaration, all routes.

A request is taken, brought and done; a dispute is given to somebody who was no part of the record,
and answered; a question of health is taken, and ended. Each press becomes an event of the household
into the loop, where the core decides. Who was part of a record is looked up here, at every press,
and never believed of whoever sends it.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.core.actor import Acting, actor_of
from gateway.core.households.events import (
    DisputeAnswered,
    DisputeAssigned,
    HealthEnded,
    HealthTaken,
    RequestAtTheDoor,
    RequestDeclined,
    RequestDone,
    RequestLeft,
    RequestOnTheWay,
    RequestTaken,
)
from gateway.core.households.model import HealthOutcome
from gateway.core.subject import of_household
from gateway.language.refusals import matter_refusal_line
from gateway.store import household_views
from gateway.store.household_views import DisputeRow, QuestionRow, RequestRow
from gateway.web.actions import Answered, Press, check_done, dated, read_press
from gateway.web.actor import check_known
from gateway.web.answers import NOT_FOUND, HttpProblem, optional_line, peoples_line
from gateway.web.context import WebContext

WORDS_MAX: Final = 300
Row = RequestRow | DisputeRow | QuestionRow


class Deciding(Press):
    """Nothing but the press."""


class Declining(Press):
    """Why it cannot be done; the household reads it."""

    why: Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]


class Assigning(Press):
    """Who is to answer it: an actor's id; whoever presses, where it is left out."""

    to: Annotated[str, Field(max_length=64)] = ""


class Answering(Press):
    """Whether the record was wrong, and what was found; the household reads it."""

    is_upheld: bool
    words: Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]


class Ending(Press):
    """How a question of health ended, and a note."""

    outcome: Literal["well", "helped", "handed_on", "not_reached"]  # what staff may say
    words: Annotated[str, Field(max_length=WORDS_MAX)] = ""


class Deed(NamedTuple):
    """A deed by its name in the address, its event, and what a body or a form says of it."""

    name: str
    event: type[Any]  # a StaffAction
    body: type[Press] = Deciding


class Matter(NamedTuple):
    """A kind of matter: its name in addresses, its event's name of its id, its row, its deeds."""

    path: str
    key: str
    row: Callable[[Connection, str], Row | None]
    deeds: tuple[Deed, ...]


REQUESTS: Final = Matter(
    "requests",
    "request_id",
    household_views.request,
    (
        Deed("take", RequestTaken),
        Deed("on_the_way", RequestOnTheWay),
        Deed("at_the_door", RequestAtTheDoor),
        Deed("done", RequestDone),
        Deed("leave", RequestLeft),
        Deed("decline", RequestDeclined, Declining),
    ),
)
DISPUTES: Final = Matter(
    "disputes",
    "dispute_id",
    household_views.dispute,
    (Deed("assign", DisputeAssigned, Assigning), Deed("answer", DisputeAnswered, Answering)),
)
QUESTIONS: Final = Matter(
    "questions",
    "question_id",
    household_views.question,
    (Deed("take", HealthTaken), Deed("end", HealthEnded, Ending)),
)
MATTERS: Final = (REQUESTS, DISPUTES, QUESTIONS)

Who = Callable[[Request], Acting]
After = Callable[[Request, Acting, Answered], Awaitable[Response]]


def add_routes(
    router: APIRouter,
    context: WebContext,
    before: str,
    who: Who,
    after: After,
    *,
    by_page: bool,
    described: Callable[[Matter, Deed], dict[str, Any]] = lambda _, __: {},
) -> None:
    """POST {before}/requests/{request_id}/take and so on: each deed of each matter."""

    def route(matter: Matter, deed: Deed) -> None:
        of_address = Path(alias=matter.key)

        async def press(request: Request, matter_id: Annotated[str, of_address]) -> Response:
            by = who(request)
            pressed = await read_press(request, deed.body, deed.name, by_page=by_page)
            answer = await _act(context, matter, deed, matter_id, by, pressed)
            return await after(request, by, answer)

        path = f"{before}/{matter.path}/{{{matter.key}}}/{deed.name}"
        router.add_api_route(path, press, methods=["POST"], **described(matter, deed))

    for matter in MATTERS:
        for deed in matter.deeds:
            route(matter, deed)


async def _act(
    context: WebContext, matter: Matter, deed: Deed, matter_id: str, by: Acting, pressed: Press
) -> Answered:
    def query(connection: Connection) -> tuple[Row, dict[str, Any]]:
        row = matter.row(connection, matter_id)
        if row is None:
            raise HttpProblem(404, NOT_FOUND)
        check_known(connection, by.actor)
        return row, _facts(connection, row, by, pressed)

    row, facts = await context.read(query)
    action_id = pressed.action_id or secrets.token_hex(8)
    event = deed.event(
        action_id=action_id,
        age_ms=pressed.age_ms,
        actor=by.actor,
        for_centre=by.for_centre,
        **{matter.key: matter_id},
        **facts,
    )
    answer = await context.action(of_household(row.household_id), event)
    return Answered(answer.changed, answer.result)


def _facts(connection: Connection, row: Row, by: Acting, pressed: Press) -> dict[str, Any]:
    """What the event says beside who and which; HttpProblem where it cannot be so."""
    facts: dict[str, Any] = {}
    match pressed:
        case Declining(why=why):
            facts = {"why": peoples_line(why, WORDS_MAX)}
        case Assigning(to=to):
            named = actor_of(to) if to else by.actor
            check_known(connection, named)
            facts = {"to": named}
        case Answering(is_upheld=is_upheld, words=words):
            facts = {"is_upheld": is_upheld, "words": peoples_line(words, WORDS_MAX)}
        case Ending(outcome=outcome, words=words):
            line = optional_line(words, WORDS_MAX)
            facts = {"outcome": HealthOutcome(outcome), "words": line}
    if isinstance(row, DisputeRow):
        facts["parties"] = household_views.parties_of(connection, row.record, row.record_id)
    return facts


def why(context: WebContext, request: Request, answer: Answered) -> str | None:
    """Why an act was refused, in a sentence, and when it was done if it came late."""
    result, language = answer.result, context.language(request)
    if result is None or result.refusal is None:
        return None
    return dated(context, language, matter_refusal_line(result.refusal, language), result)


def check(context: WebContext, request: Request, answer: Answered) -> None:
    """For pages: HttpProblem with the sentence if it was refused. Who has done it already sees
    so."""
    check_done(answer, why(context, request, answer))
