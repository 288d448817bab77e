"""What people do about a case, for pages and programs: one declaration makes all routes.

An action becomes an event into the loop; the core decides (cases/transitions.py), and what it
answers is said as it is: nobody is left before a button that silently does nothing.
"""

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from gateway.core.actor import Acting, Actor, ActorKind
from gateway.core.cases.actions import ACTION_OF, LATE_MS
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.duration import HOUR_MS
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    PageReceived,
    PageTestAnswered,
    PersonOnSite,
    PersonOnTheWay,
    ReportTakenBack,
)
from gateway.core.model import ActionResult
from gateway.core.outcome import Outcome
from gateway.core.proof import Scan
from gateway.core.subject import SITE, Subject, of_door
from gateway.engine.ports import Answer
from gateway.language import times
from gateway.language.catalogue import N_, say
from gateway.language.proofs import told_line
from gateway.language.refusals import refusal_line
from gateway.registry import door_codes
from gateway.store import case_views, page_views, reach_views
from gateway.store.case_views import CaseRow
from gateway.store.door_codes import scan_of
from gateway.web.actor import check_known
from gateway.web.answers import NOT_FOUND, HttpProblem, optional_line, peoples_line
from gateway.web.case_words import holder, who_word
from gateway.web.context import WebContext

SHELF_HOURS_MAX: Final = 8
WHY_MAX: Final = 200
NOTE_MAX: Final = 300

_LATE = N_("{why} You did it at {done}, and it arrived at {arrived}.")
_OVERTAKEN = N_(
    "{why} You did it at {done}, and it arrived at {arrived}; others have acted on it meanwhile."
)
_WITH = N_("{why} It is with {who} now.")
_HELD: Final = (  # refusals because of somebody, who is then named
    Refusal.TAKEN_ALREADY,
    Refusal.ON_THE_WAY_ALREADY,
    Refusal.ON_SITE_ALREADY,
    Refusal.NOT_HOLDER,
)
_NO_CODE = N_("These are no door's digits: one of them is wrong. Look once more.")
M = TypeVar("M", bound=BaseModel)


class Press(BaseModel):
    """What every action says: its own id, and how long ago it was done."""

    model_config = ConfigDict(extra="forbid")
    action_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    age_ms: Annotated[int, Field(ge=0, le=2**53)] = 0

    def facts(self, now_ms: int) -> dict[str, Any]:
        """What the event says beside that."""
        return {}

    def looked_up(self, connection: Connection) -> dict[str, Any]:
        """What the registry knows of it, for the event to say. HttpProblem if it cannot be so."""
        return {}


class Arriving(Press):
    """The code on the door's label, scanned or typed, where there is one at hand."""

    code: Annotated[str, Field(max_length=door_codes.TYPED_MAX)] = ""

    def looked_up(self, connection: Connection) -> dict[str, Any]:
        """Whose code it is; nothing without one."""
        return {"scan": _scan(connection, self.code)} if self.code.strip() else {}


class Proving(Press):
    """The code on the door's label, given by who is at the door already."""

    code: Annotated[str, Field(min_length=1, max_length=door_codes.TYPED_MAX)]

    def looked_up(self, connection: Connection) -> dict[str, Any]:
        """Whose code it is."""
        return {"scan": _scan(connection, self.code)}


class Ending(Press):
    """How the case ended, whether that is so although the seal says otherwise, and a note."""

    outcome: Outcome
    despite_seal: bool = False
    note: Annotated[str, Field(max_length=NOTE_MAX)] = ""

    def facts(self, now_ms: int) -> dict[str, Any]:
        """All of it; a note of blanks is none."""
        note = optional_line(self.note, NOTE_MAX)
        return {"outcome": self.outcome, "despite_seal": self.despite_seal, "note": note}


class HandingOver(Press):
    """Who is to have the case, by warden_id."""

    to: Annotated[str, Field(min_length=1, max_length=64)]

    def facts(self, now_ms: int) -> dict[str, Any]:
        """Who."""
        return {"to": self.to}


class Shelving(Press):
    """Why a case is put aside, and until when."""

    why: Annotated[str, Field(min_length=1, max_length=WHY_MAX)]
    until_ms: Annotated[int, Field(ge=0, le=2**53)]

    def facts(self, now_ms: int) -> dict[str, Any]:
        """Why, and until when."""
        return {"why": peoples_line(self.why, WHY_MAX), "until_ms": self.until_ms}


class ShelvingForHours(Press):
    """The same on a page: for so many hours."""

    why: Annotated[str, Field(min_length=1, max_length=WHY_MAX)]
    hours: Annotated[int, Field(ge=1, le=SHELF_HOURS_MAX)]

    def facts(self, now_ms: int) -> dict[str, Any]:
        """Why, and until when."""
        return {"why": peoples_line(self.why, WHY_MAX), "until_ms": now_ms + self.hours * HOUR_MS}


class Kind(NamedTuple):
    """An action's event, and what a program's body and a page's form say of it."""

    event: type[Any]  # a CaseAction
    body: type[Press] = Press
    form: type[Press] = Press


KINDS: Final[dict[Action, Kind]] = {
    ACTION_OF[kind.event]: kind
    for kind in (
        Kind(CaseAcknowledged),
        Kind(PersonOnTheWay),
        Kind(PersonOnSite, Arriving, Arriving),
        Kind(ArrivalProved, Proving, Proving),
        Kind(CaseReported, Ending, Ending),
        Kind(CaseHandedOver, HandingOver, HandingOver),
        Kind(ReportTakenBack),
        Kind(CaseAssessed),
        Kind(CaseSignedOff),
        Kind(CaseShelved, Shelving, ShelvingForHours),
    )
}
_FIELDS: Final = frozenset(name for kind in KINDS.values() for name in kind.form.model_fields)


class Answered(Answer, frozen=True):
    """What came of an action; and by name who has the case, where that is why it was refused."""

    holder: str = ""


# Who acts by this request, and what is shown after what came of it.
Who = Callable[[Request], Acting]
After = Callable[[Request, str, Acting, Answered], Awaitable[Response]]


def add_routes(
    router: APIRouter,
    context: WebContext,
    before: str,
    who: Who,
    after: After,
    *,
    by_page: bool,
    described: Callable[[Action, Kind], dict[str, Any]] = lambda _, __: {},
) -> None:
    """POST {before}/{case_id}/acknowledge, …/on_site and so on: each action, by one path.
    `described`: what the API's document says of each."""

    def route(action: Action, kind: Kind) -> None:
        async def press(request: Request, case_id: str) -> Response:
            by = who(request)
            model = kind.form if by_page else kind.body
            pressed = await read_press(request, model, action, by_page=by_page)
            answer = await _act(context, kind, case_id, by, pressed)
            return await after(request, case_id, by, answer)

        path = f"{before}/{{case_id}}/{action}"
        router.add_api_route(path, press, methods=["POST"], **described(action, kind))

    for action, kind in KINDS.items():
        route(action, kind)


async def _act(
    context: WebContext, kind: Kind, case_id: str, by: Acting, pressed: Press
) -> Answered:
    def query(connection: Connection) -> tuple[CaseRow, dict[str, Any]]:
        case = case_views.case(connection, case_id)
        if case is None:
            raise HttpProblem(404, NOT_FOUND)
        check_known(connection, by.actor)
        return case, pressed.looked_up(connection)

    case, looked_up = await context.read(query)
    action_id = pressed.action_id or secrets.token_hex(8)
    facts = pressed.facts(context.now_ms()) | looked_up
    event = kind.event(case_id, by.actor, action_id, pressed.age_ms, by.for_centre, **facts)
    answer = await context.action(case.subject, event)
    if answer.refusal not in _HELD:
        return Answered(answer.changed, answer.result)
    named = await context.read(lambda rows: _holder(rows, case_id))
    return Answered(answer.changed, answer.result, named)


def _holder(connection: Connection, case_id: str) -> str:
    case = case_views.case(connection, case_id)
    return (holder(case) or "") if case is not None else ""


async def received(context: WebContext, page_id: str, actor: Actor) -> bool:
    """A person's handheld signed for a page, by its id inside the house or outside. HttpProblem if
    no such page was told to that person."""
    by = actor.actor_id if actor.kind is ActorKind.WARDEN else ""
    test = await context.read(lambda rows: reach_views.sent_test(rows, page_id, by))
    if test is not None:
        return await context.submit(SITE, PageTestAnswered(test.page_id, test.sent_id, by))

    def query(connection: Connection) -> tuple[Subject, str, str]:
        page = page_views.page_of(connection, page_id, by)
        if page is None:
            raise HttpProblem(404, NOT_FOUND)
        case = case_views.case(connection, page.case_id) if page.case_id else None
        if case is not None:
            return case.subject, page.case_id, page.page_id
        return (of_door(page.door_id) if page.door_id else SITE), page.case_id, page.page_id

    subject, case_id, own_id = await context.read(query)
    return await context.submit(subject, PageReceived(case_id, own_id, by))


def why(context: WebContext, request: Request, answer: Answered) -> str | None:
    """Why an action was refused, in a sentence, and when it was done if it came late."""
    result, language = answer.result, context.language(request)
    if result is None or result.refusal is None:
        return None
    sentence = refusal_line(result.refusal, language)
    if answer.holder:
        sentence = say(_WITH, language).format(
            why=sentence, who=who_word(answer.holder, None, language)
        )
    return dated(context, language, sentence, result)


def dated(context: WebContext, language: str, sentence: str, result: ActionResult) -> str:
    """Why something was refused; if it came late, with when it was done and when it came."""
    if result.age_ms < LATE_MS:
        return sentence
    now_ms = context.now_ms()
    done = times.stamp(result.done_ms, now_ms, language, context.zone)
    arrived = times.stamp(result.arrived_ms, now_ms, language, context.zone)
    late = _OVERTAKEN if result.overtaken else _LATE
    return say(late, language).format(why=sentence, done=done, arrived=arrived)


def unproved(context: WebContext, request: Request, answer: Answer) -> str | None:
    """Why the code that was given proves nothing, in a sentence; None where there is none."""
    result = answer.result
    if result is None or result.refusal is not None:
        return None
    return told_line(result.proof, context.language(request))


def check(context: WebContext, request: Request, answer: Answered) -> None:
    """For pages: HttpProblem with the sentence if it was refused. Who has done it already sees
    so."""
    check_done(answer, why(context, request, answer))


def check_done(answer: Answered, sentence: str | None) -> None:
    """The same where the sentence is known."""
    if sentence is not None and answer.refusal is not Refusal.DONE_ALREADY:
        raise HttpProblem(409, sentence)  # in the person's language already


def _scan(connection: Connection, code: str) -> Scan:
    try:
        return scan_of(connection, door_codes.read(code))
    except ValueError:
        raise HttpProblem(422, _NO_CODE) from None


async def read_press(request: Request, model: type[Press], name: str, *, by_page: bool) -> Press:
    """What was pressed: a page's form, else a program's body. RequestValidationError for another.
    A page has one id for all of its buttons, which are told apart by the act's name; and it sends
    all that its form holds, also what was filled in there for another act."""
    if not by_page:
        return read_model(model, await read_body(request))
    of_others = _FIELDS - model.model_fields.keys()
    form = await read_form(request)
    pressed = read_model(model, {key: form[key] for key in form if key not in of_others})
    if pressed.action_id is not None:
        pressed.action_id = f"{pressed.action_id}.{name}"
    return pressed


def read_model(model: type[M], fields: Any) -> M:
    """What was sent as what it should be. RequestValidationError where it is not."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


async def read_form(request: Request) -> dict[str, Any]:
    """What a page's form says, each field's last; a file stands there as what it is, which no field
    is. RequestValidationError where it is no form."""
    try:
        async with request.form() as form:
            return dict(form)
    except ValueError:  # in a character set that is none; its name comes from whoever sends it
        raise RequestValidationError([{"loc": ("body",)}]) from None


async def read_body(request: Request) -> Any:
    """A program's JSON; nothing is an empty object. RequestValidationError where it is none."""
    try:
        return json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):  # no JSON, or nested deeper than anything that we read
        raise RequestValidationError([{"loc": ("body",)}]) from None
