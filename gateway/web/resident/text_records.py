"""What is noted of a household, by text message: read, and contested, the latest record or the one
whose number an earlier answer named.

A number is that of the record alone (`core.cases.number`), so it means the same whatever was noted
since; a place in a list would not. What is said of a record passes a provider: what it was and
when, and nothing of who, where or why.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS
from gateway.core.households.model import RecordKind
from gateway.language.catalogue import N_, say
from gateway.language.reasons import reason_word
from gateway.store import household_views, resident_views
from gateway.store.household_views import DisputeRow
from gateway.store.resident_views import OrderSpan
from gateway.store.views import OpeningRow
from gateway.web.context import WebContext
from gateway.web.matter_words import MatterWords
from gateway.web.resident import asking, shown
from gateway.web.resident import text_messages as texts
from gateway.web.resident.asking import WORDS_MAX, Voice
from gateway.web.resident.text_messages import Understood, Wish, answer

LISTED_MAX: Final = 3  # each line is paid for
_OPENED = N_("the door opened")
_BETWEEN = N_("between %(a)s and %(b)s")


class Meant(Struct, frozen=True):
    """A record of the household. `what`: in the words of the message's language."""

    kind: RecordKind
    record_id: str
    number: str  # 482-917
    what: str
    at_ms: int
    dispute: DisputeRow | None
    latest_ms: int | None = None  # where it was at an unknown time between the two


def latest(
    connection: Connection, household_id: str, order: OrderSpan, language: str
) -> list[Meant]:
    """What is noted of a household under an order, newest first."""
    openings = shown.openings(connection, household_id, order)
    known = {one.row.opening_id for one in openings}
    others = shown.other_cases(connection, household_id, order, known)
    found = [_opening(one.row, one.dispute, language) for one in openings]
    for other in others:
        case, what = other.case, reason_word(other.case.reason, language)
        number, at_ms = other.case_number, case.since_ms
        found.append(Meant(RecordKind.CASE, case.case_id, number, what, at_ms, other.dispute))
    return sorted(found, key=lambda one: (one.at_ms, one.record_id), reverse=True)


def meant(found: list[Meant], number: str | None) -> Meant | None:
    """The one of this number, or the latest; None where there is none."""
    return next((one for one in found if number in (None, one.number)), None)


async def answered(context: WebContext, voice: Voice, said: Understood, text: str) -> str:
    """The answer to a message that wants to know what is noted, or says that it is wrong.

    Args:
        context: of the console.
        voice: the household, with the message's own id for what it does.
        said: RECORDS or WRONG.
        text: the message, which whoever looks at the record anew reads.

    Raises:
        HttpProblem: it cannot be contested, with the sentence.
    """
    now_ms, language = context.now_ms(), said.language
    words = " ".join(text.split())[:WORDS_MAX]

    def read(rows: Connection) -> tuple[list[Meant], Meant | None]:
        order = resident_views.order_of(rows, voice.household_id, now_ms)
        known = [] if order is None else latest(rows, voice.household_id, order, language)
        ids = {one: asking.dispute_id(voice, one.kind, one.record_id, words) for one in known}
        came = (one for one in known if household_views.dispute(rows, ids[one]) is not None)
        return known, next(came, None)

    def told(one: Meant, sentence: str, **more: object) -> str:
        facts = {"what": one.what, "number": one.number, **more}
        return answer(sentence, language, time=_when(context, one, now_ms, language), **facts)

    found, before = await context.read(read)
    if not found:
        return answer(texts.NO_RECORD, language)
    if said.wish is Wish.RECORDS:
        between = "；" if language == "zh" else "; "
        lines = between.join(_line(one, told, language) for one in found[:LISTED_MAX])
        return answer(texts.RECORDS, language, lines=lines)
    days = context.rulebook.rules.dispute_ms // DAY_MS
    if before is not None:  # the same message again, to a console that was started anew
        return told(before, texts.CONTESTED, days=days)
    one = meant(found, said.number)
    if one is None:
        return answer(texts.NO_SUCH_RECORD, language, number=said.number)
    if one.dispute is not None:
        return told(one, texts.CONTESTED_BEFORE, state=_state(one, language))
    await asking.contest(context, voice, one.kind, one.record_id, words)
    return told(one, texts.CONTESTED, days=days)


def _when(context: WebContext, one: Meant, now_ms: int, language: str) -> str:
    at = context.stamp(one.at_ms, now_ms, language)
    if one.latest_ms is None:
        return at
    return say(_BETWEEN, language) % {
        "a": at,
        "b": context.stamp(one.latest_ms, now_ms, language),
    }


def _line(one: Meant, told: Callable[..., str], language: str) -> str:
    if one.dispute is None:
        return told(one, texts.RECORD_LINE)
    return told(one, texts.RECORD_CONTESTED, state=_state(one, language))


def _state(one: Meant, language: str) -> str:
    """How far its dispute is."""
    return "" if one.dispute is None else MatterWords(language).dispute(one.dispute.state)


def _opening(row: OpeningRow, dispute: DisputeRow | None, language: str) -> Meant:
    its = RecordKind.OPENING, row.opening_id, case_number(row.opening_id), say(_OPENED, language)
    return Meant(*its, row.opened_ms, dispute, row.latest_ms if row.is_interval else None)
