"""Consent, where the site's ground is consent: given and taken back, both dated, by any way.

It is no door's state but a row of the registry, and the gateway need not know of it; but once it is
taken back somebody must take the seal down, and that is asked for as anything else is.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import anyio
from msgspec.structs import replace
from sqlalchemy import Connection

from gateway.core.households.model import RequestKind
from gateway.language.catalogue import N_, say
from gateway.registry import consents, notices
from gateway.store import resident_views
from gateway.store.resident_views import OrderSpan
from gateway.web.answers import HttpProblem
from gateway.web.context import WebContext
from gateway.web.resident import asking
from gateway.web.resident.asking import Voice

CONSENT: Final = "consent"  # the ground, as the settings have it

_TAKE_DOWN = N_("The household takes its consent back: end the order, take the seal down.")
_NOBODY_TOLD = N_(
    "It is noted that you take your consent back. But nobody could be told by this page: {why} "
    "Ring your grid worker, so that somebody comes to take the seal down."
)
_NOT_ASKED = N_("At this site nobody asks for consent; the notice says on what ground it acts.")
_NO_ORDER = N_("No order runs at this home or is to come, so no consent is asked for.")


def is_asked(context: WebContext) -> bool:
    """Whether the site acts on the ground of consent."""
    return context.settings.household.ground == CONSENT


def need_asked(context: WebContext) -> None:
    """HttpProblem at a site that acts on another ground."""
    if not is_asked(context):
        raise HttpProblem(404, _NOT_ASKED)


async def give(context: WebContext, voice: Voice) -> None:
    """It is given now, to the notice as it is now. HttpProblem without an order."""
    facts, now_ms = notices.facts_of(context.settings), context.now_ms()

    def change(rows: Connection, order: OrderSpan) -> bool:
        version = notices.keep(rows, facts, now_ms)
        way = voice.said.way
        return consents.give(rows, voice.household_id, order.order_id, version, way, now_ms)

    await _written(context, voice, change)


async def withdraw(context: WebContext, voice: Voice) -> None:
    """It is taken back now; what is taken back already stays so. HttpProblem without an order, and
    where nobody could be told."""
    now_ms = context.now_ms()

    def change(rows: Connection, order: OrderSpan) -> bool:
        way = voice.said.way
        return consents.withdraw(rows, voice.household_id, order.order_id, way, now_ms)

    problem = await _take_down(context, voice)
    await _written(context, voice, change)
    if problem is not None:
        raise HttpProblem(409, _NOBODY_TOLD, why=problem.detail(voice.language))


async def _take_down(context: WebContext, voice: Voice) -> HttpProblem | None:
    """Somebody must take the seal down: that is asked for as anything else is, once for each
    consent, and before it is written down as taken back; else whoever presses again after a failure
    would be told that it is noted, and nobody would come. Why it was refused, if it was."""
    need_asked(context)
    household_id, now_ms = voice.household_id, context.now_ms()
    order = await context.read(lambda rows: resident_views.order_of(rows, household_id, now_ms))
    if order is None:
        return None
    words = say(_TAKE_DOWN, context.settings.site.language)
    kept = await context.read(lambda rows: consents.given(rows, household_id, order.order_id))
    if not kept:
        return None  # nobody ever agreed
    number = blake2b(f"{order.order_id} {len(kept)}".encode(), digest_size=8).hexdigest()
    voice = replace(voice, offered=number)
    if kept[-1].withdrawn_ms is not None and await asking.is_asked(
        context, voice, RequestKind.OTHER, words
    ):
        return None
    try:
        await asking.ask(context, voice, RequestKind.OTHER, words)
    except HttpProblem as problem:
        if problem.status != 409:
            raise  # the gateway is away: nothing was done, and it can be pressed again
        return problem
    return None


async def _written(
    context: WebContext, voice: Voice, change: Callable[[Connection, OrderSpan], bool]
) -> bool:
    """In one transaction, of the order that runs or comes next; whether it is news."""
    need_asked(context)
    now_ms = context.now_ms()

    def on_thread() -> bool:
        with context.store.writing() as connection:
            order = resident_views.order_of(connection, voice.household_id, now_ms)
            if order is None:
                raise HttpProblem(409, _NO_ORDER)
            return change(connection, order)

    return await anyio.to_thread.run_sync(on_thread)
