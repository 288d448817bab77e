"""What a household asks for, contests and says: each becomes an event of its own into the loop,
where the core decides. The same by its page, by telephone and by text message.

Whose record is contested, and who was part of it, is looked up here; what a form says of that is
never believed.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.cases.refusal import Refusal
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.events import Event
from gateway.core.households.events import (
    DisputeRaised,
    HealthReported,
    HoursNarrowed,
    RequestAsked,
    RequestWithdrawn,
    SealAnswered,
)
from gateway.core.households.model import (
    DISPUTE,
    REQUEST,
    RecordKind,
    RequestKind,
    RequestState,
    Said,
    SealAnswer,
    Symptom,
    Windows,
)
from gateway.core.households.requests import OPEN
from gateway.core.model import Permit
from gateway.core.subject import of_household
from gateway.language.announcements import WHO
from gateway.language.catalogue import say
from gateway.language.refusals import matter_refusal_line
from gateway.store import household_views, resident_views
from gateway.store.household_views import RequestRow
from gateway.web.answers import NOT_FOUND, HttpProblem, optional_line
from gateway.web.context import WebContext
from gateway.web.matter_words import KIND_WORDS
from gateway.web.offers import id_of, id_of_words
from gateway.web.resident import shown

WORDS_MAX: Final = 200
PERMIT_MS: Final = 12 * HOUR_MS  # so long whoever brings it may come
PERMIT_OPENINGS: Final = 2
PERMIT_LONGEST_MS: Final = 15 * MINUTE_MS
OF_REQUEST: Final = "rq-"  # how the ids of permits that come with a request begin
_ONCE: Final = (Refusal.REPEATED, Refusal.DONE_ALREADY)  # it stands as it was said


class Voice(Struct, frozen=True):
    """A household that says something: by which way, and in which language it is answered.
    `offered`: of the form or message, so that the same sent twice is one."""

    household_id: str
    said: Said
    language: str
    offered: str = ""

    def id_of(self, *words: str) -> str:
        """The id of what is said now: the same for the same words by the same form or message, and
        another for whatever else is said by it, and for whatever another household says."""
        return id_of(self.offered, self.household_id, self.said.way, *words)


async def ask(context: WebContext, voice: Voice, kind: RequestKind, words: str) -> None:
    """For something to be brought, taken away or arranged; an opening is announced with it, so that
    whoever comes disturbs nobody. HttpProblem if it cannot be."""
    now_ms, number = context.now_ms(), voice.id_of("ask", kind, words)
    before, order = await context.read(
        lambda rows: (
            household_views.request(rows, f"{REQUEST}{number}"),
            resident_views.order_of(rows, voice.household_id, now_ms),
        )
    )
    if before is not None and before.state not in OPEN:
        number = secrets.token_hex(8)  # an old page of theirs: it is wanted once more
    to_ms = now_ms + PERMIT_MS if order is None else min(now_ms + PERMIT_MS, order.over_ms)
    site = context.settings.site.language
    permit = Permit(
        f"{OF_REQUEST}{number}",
        now_ms,
        to_ms,
        PERMIT_OPENINGS,
        PERMIT_LONGEST_MS,
        say(WHO[voice.said.way], site),
        say(KIND_WORDS[kind], site),
    )
    event = RequestAsked(
        action_id=secrets.token_hex(8),  # what was refused may be asked for again
        said=voice.said,
        request_id=f"{REQUEST}{number}",
        kind=kind,
        words=optional_line(words, WORDS_MAX),
        permit=permit,
    )
    await _say(context, voice, event)


async def is_asked(context: WebContext, voice: Voice, kind: RequestKind, words: str) -> bool:
    """Whether just this was asked for before by the same form, whatever became of it."""
    request_id = f"{REQUEST}{voice.id_of('ask', kind, words)}"
    return await context.read(lambda rows: household_views.request(rows, request_id)) is not None


async def withdraw(context: WebContext, voice: Voice, request_id: str) -> None:
    """A request is not wanted any more. HttpProblem for one of another home."""

    def own(rows: Connection) -> RequestRow | None:
        found = household_views.request(rows, request_id)
        return found if found is not None and found.household_id == voice.household_id else None

    asked = await context.read(own)
    if asked is None:
        raise HttpProblem(404, NOT_FOUND)
    if asked.state is RequestState.WITHDRAWN:
        return  # pressed twice
    action_id = id_of_words("withdraw", request_id)  # at once, too, and by whichever way
    event = RequestWithdrawn(action_id=action_id, said=voice.said, request_id=request_id)
    await _say(context, voice, event)


def dispute_id(voice: Voice, record: RecordKind, record_id: str, words: str) -> str:
    """The id of a dispute as it is said now: the same for the same form or message."""
    return f"{DISPUTE}{voice.id_of('contest', record, record_id, words)}"


async def contest(
    context: WebContext, voice: Voice, record: RecordKind, record_id: str, words: str
) -> None:
    """A record is wrong. HttpProblem for a record of another home or of another order, and for
    none."""
    now_ms = context.now_ms()

    def about(rows: Connection) -> tuple[str, tuple[str, ...]]:
        door_id = household_views.door_of(rows, record, record_id)
        if door_id is None or door_id not in resident_views.door_ids_of(rows, voice.household_id):
            raise HttpProblem(404, NOT_FOUND)
        order = resident_views.order_of(rows, voice.household_id, now_ms)
        if order is not None:
            whose = rows, voice.household_id, order
            if shown.record(*whose, record, record_id) is None:
                raise HttpProblem(404, NOT_FOUND)
        return door_id, household_views.parties_of(rows, record, record_id)

    door_id, parties = await context.read(about)
    event = DisputeRaised(
        action_id=secrets.token_hex(8),
        said=voice.said,
        dispute_id=dispute_id(voice, record, record_id, words),
        record=record,
        record_id=record_id,
        door_id=door_id,
        words=optional_line(words, WORDS_MAX),
        parties=parties,
    )
    await _say(context, voice, event)


async def report_health(
    context: WebContext, voice: Voice, is_well: bool, symptoms: Sequence[Symptom] = ()
) -> None:
    """How they are at home today."""
    event = HealthReported(
        action_id=voice.id_of("well" if is_well else "not well", *symptoms),
        said=voice.said,
        is_well=is_well,
        symptoms=() if is_well else tuple(dict.fromkeys(symptoms)),
    )
    await _say(context, voice, event)


async def answer_of_seal(
    context: WebContext, voice: Voice, door_number: int, answer: SealAnswer
) -> None:
    """What they say of a seal that is not heard. `door_number`: of their doors, from 1."""
    doors = await context.read(lambda rows: resident_views.door_ids_of(rows, voice.household_id))
    if not 1 <= door_number <= len(doors):
        raise HttpProblem(404, NOT_FOUND)
    event = SealAnswered(
        action_id=voice.id_of("seal", str(door_number), answer),
        said=voice.said,
        door_id=doors[door_number - 1],
        answer=answer,
    )
    await _say(context, voice, event)


async def narrow_hours(context: WebContext, voice: Voice, quiet: Windows) -> None:
    """The hours in which nobody rings them but for a breach; none, and the order's hold alone."""
    # Said once more it changes nothing, so it needs no id by which it is known.
    event = HoursNarrowed(action_id=secrets.token_hex(8), said=voice.said, quiet=quiet)
    await _say(context, voice, event)


async def _say(context: WebContext, voice: Voice, event: Event) -> None:
    """Into the loop. HttpProblem with the sentence where the core refuses it."""
    answer = await context.action(of_household(voice.household_id), event)
    refusal = answer.refusal
    if refusal is not None and refusal not in _ONCE:
        raise HttpProblem(409, matter_refusal_line(refusal, voice.language))
