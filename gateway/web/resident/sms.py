"""Text messages of households: POST /sms/in, from whatever takes texts for the site.

The gateway of texts signs what it hands over (Standard Webhooks, `channels.signature`), and sends
what is answered back to the number. Who wrote is known by the number in the registry; a sender can
be forged, so a text can announce, take back, ask and contest, and is told in the answer, which goes
to the true owner of the number. What comes again under the same id is answered alike, and done
once.
"""

import asyncio
import time
from collections import OrderedDict
from hashlib import blake2b
from typing import Annotated, Final
from weakref import WeakValueDictionary

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct
from sqlalchemy import Connection

from gateway.channels import signature
from gateway.channels.signature import Checker
from gateway.core.duration import SECOND_MS
from gateway.core.households.model import Said, Way
from gateway.core.no_json import NO_JSON
from gateway.language.catalogue import N_, say
from gateway.settings.signing_secret import signing_key
from gateway.store import resident_views
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.clients import Rate
from gateway.web.context import WebContext
from gateway.web.matter_words import KIND_WORDS
from gateway.web.resident import announcing, asking, shown, text_records
from gateway.web.resident import text_messages as texts
from gateway.web.resident.announcing import Announcement
from gateway.web.resident.asking import Voice
from gateway.web.resident.text_messages import ANSWERS, Understood, Wish, answer
from gateway.web.security import SMS

REMEMBERED_MAX: Final = 4_096  # answers, by message
ONCE_MINUTES: Final = 60
RATE: Final = 1 / 120, 12.0  # messages a second from one number, and at once
ALL_RATE: Final = 5.0, 100.0  # from all together: each is compared with every household's number
TOLD_RATE: Final = 1 / 3_600, 1.0  # that they are too many: two robots would else talk for ever
SENDER_MAX: Final = 64  # characters
_TOO_MANY = N_("Too many text messages come at once; hand this one over again in a moment.")
_UNSIGNED = N_("This is not signed as the site's settings want it.")
_UNREADABLE = N_("This is no text message: JSON with from and text is wanted.")


class TextMessage(Struct, frozen=True):
    """What comes: from which number, and what it says."""

    sender: Annotated[str, msgspec.Meta(max_length=SENDER_MAX)] = msgspec.field(name="from")
    text: str


class TextAnswer(Struct, frozen=True):
    """What goes back, to the same number."""

    to: str
    text: str


class Texts:
    """Takes text messages.

    Args:
        context: of the console.
    """

    def __init__(self, context: WebContext) -> None:
        self._context = context
        secret = context.settings.household.sms_secret
        self._checker = None
        if secret is not None:
            now_s = lambda: context.now_ms() / SECOND_MS  # noqa: E731 - the gateway's own clock
            self._checker = Checker([signing_key(secret)], now_s)
        self._answered: OrderedDict[str, TextAnswer | None] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._rate, self._all_rate, self._told_rate = Rate(*RATE), Rate(*ALL_RATE), Rate(*TOLD_RATE)

    async def take(self, request: Request) -> TextAnswer | None:
        """What one message comes to; None: it is taken, and nothing goes back. HttpProblem where
        nobody may send any, or it is not signed."""
        if self._checker is None:
            raise HttpProblem(404, NOT_FOUND)
        body = await request.body()
        if not self._checker.is_signed(request.headers, body):
            self._context.figures.texts_refused += 1
            raise HttpProblem(401, _UNSIGNED)
        try:
            came = msgspec.json.decode(body, type=TextMessage)
        except NO_JSON:
            raise HttpProblem(422, _UNREADABLE) from None
        message_id = request.headers[signature.ID]
        async with self._locks.setdefault(message_id, asyncio.Lock()):  # handed over twice at once
            if message_id not in self._answered:
                words = await self._answer(came, message_id)
                answered = None if words is None else TextAnswer(came.sender, words)
                self._answered[message_id] = answered
                if len(self._answered) > REMEMBERED_MAX:
                    self._answered.popitem(last=False)
                return answered
            return self._answered[message_id]

    async def _answer(self, came: TextMessage, message_id: str) -> str | None:
        context, said = self._context, texts.understood(came.text)
        now_ms, now_s = context.now_ms(), time.monotonic()
        number = texts.number_key(came.sender)
        # First its own, which costs nothing: whoever floods takes no other household's turn.
        if not self._rate.allows(number, now_s):
            is_told = not self._told_rate.allows(number, now_s)
            return None if is_told else answer(texts.TOO_OFTEN, said.language)
        if not self._all_rate.allows("", now_s):
            raise HttpProblem(429, _TOO_MANY)
        found = await context.read(lambda rows: _households(rows, came.sender, now_ms))
        if len(found) != 1:  # nobody's, or more than one's: nobody is shown another's
            context.figures.texts_unknown += 1
            return answer(texts.NEUTRAL, said.language)
        try:
            return await self._do(found[0], said, message_id, came.text)
        except HttpProblem as problem:
            return answer(texts.NOT_DONE, said.language, why=problem.detail(said.language))

    async def _do(self, household_id: str, said: Understood, message_id: str, text: str) -> str:
        if said.wish is Wish.STATUS:
            return await self._status(household_id, said.language)
        if said.wish is Wish.CANCEL:
            count = await self._cancel(household_id)
            return answer(ANSWERS[Wish.CANCEL], said.language, count=count)
        if (matter := await self._matter(household_id, said, message_id, text)) is not None:
            return matter
        return await self._announce(household_id, said, message_id)

    async def _announce(self, household_id: str, said: Understood, message_id: str) -> str:
        """Now, at a time or every day; and the answer to what is none of them."""
        context = self._context
        announced = Announcement(Way.TEXT, "other", message_id)
        if said.wish is Wish.DAILY and said.minute is None:
            return answer(texts.NO_TIME, said.language)
        if said.is_vague:
            return answer(texts.NO_SUCH_TIME, said.language)
        if said.wish is Wish.NOW:
            await announcing.announce_now(context, household_id, announced)
        elif said.wish is Wish.ONCE and said.minute is not None:
            from_ms = announcing.next_at(said.minute, context.now_ms(), context.zone)
            await announcing.announce_once(context, household_id, announced, from_ms, ONCE_MINUTES)
        elif said.wish is Wish.DAILY and said.minute is not None:
            minutes = said.minute, ONCE_MINUTES
            await announcing.announce_daily(context, household_id, announced, *minutes)
        time = texts.clock(said.minute) if said.minute is not None else ""
        return answer(ANSWERS[said.wish], said.language, time=time)

    async def _matter(
        self, household_id: str, said: Understood, message_id: str, text: str
    ) -> str | None:
        """What the household asks for, says of itself, or contests; None where it does neither."""
        context, kind = self._context, texts.ASKED.get(said.wish)
        voice = _voice(household_id, said, message_id)
        if said.wish in (Wish.WRONG, Wish.RECORDS):
            return await text_records.answered(context, voice, said, text)
        if kind is not None:
            await asking.ask(context, voice, kind, "")
            thing = say(KIND_WORDS[kind], said.language)
            return answer(ANSWERS[said.wish], said.language, thing=thing)
        if said.wish in texts.OF_SEAL:
            return await self._seal(voice, said)
        if said.wish in (Wish.WELL, Wish.UNWELL):
            await asking.report_health(context, voice, said.wish is Wish.WELL)
            return answer(ANSWERS[said.wish], said.language)
        return None

    async def _seal(self, voice: Voice, said: Understood) -> str:
        """What is said of each of the household's seals that is not heard."""

        def silent(rows: Connection) -> list[int]:
            doors = enumerate(resident_views.doors_of(rows, voice.household_id), 1)
            return [number for number, door in doors if door.state.silence is not None]

        numbers = await self._context.read(silent)
        for number in numbers:
            await asking.answer_of_seal(self._context, voice, number, texts.OF_SEAL[said.wish])
        return answer(ANSWERS[said.wish] if numbers else texts.NOT_ASKED, said.language)

    async def _status(self, household_id: str, language: str) -> str:
        context, now_ms = self._context, self._context.now_ms()

        def read(rows: Connection) -> shown.HomeShown | None:
            order = resident_views.order_of(rows, household_id, now_ms)
            if order is None:
                return None
            return shown.home(rows, household_id, order, now_ms, context.rulebook)

        home = await context.read(read)
        if home is None or not home.doors:
            return answer(texts.NEUTRAL, language)
        door = home.doors[0]
        at = context.stamp(door.at_ms, now_ms, language) if door.at_ms is not None else ""
        seal = say(door.seal, language).format(at=at)
        return answer(texts.STATUS_LINE, language, days=home.days_left, seal=seal)

    async def _cancel(self, household_id: str) -> int:
        context, now_ms = self._context, self._context.now_ms()
        permits = await context.read(lambda rows: announcing.own_live(rows, household_id, now_ms))
        for permit in permits:
            await announcing.end(context, household_id, permit.permit_id)
        return len(permits)


def routes(context: WebContext) -> APIRouter:
    """POST /sms/in."""
    router, taken = APIRouter(), Texts(context)

    @router.post(SMS)
    async def come(request: Request) -> Response:
        answered = await taken.take(request)
        return Response(status_code=204) if answered is None else json_answer(answered)

    return router


def _voice(household_id: str, said: Understood, message_id: str) -> Voice:
    """The household as it speaks by this message; the same again is the same act."""
    action_id = blake2b(message_id.encode(), digest_size=8).hexdigest()
    return Voice(household_id, Said(Way.TEXT), said.language, action_id)


def _households(connection: Connection, sender: str, now_ms: int) -> list[str]:
    """Whose number it is, of those under an order."""
    return sorted(
        {
            household_id
            for household_id, number in resident_views.telephones(connection, now_ms)
            if texts.numbers_match(number, sender)
        }
    )
