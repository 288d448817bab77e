"""What makes a phone ring: its browser's subscription, and what it shows when a page rings it.

All of it is of the phone that asks, by its session: no address names anybody. A site without
accounts has no sessions, and so no phone that rings.
"""

import asyncio
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from msgspec import UNSET
from pydantic import BaseModel, Field
from sqlalchemy import Connection, select

from gateway.accounts import subscriptions
from gateway.accounts.file import key
from gateway.accounts.subscriptions import Subscription
from gateway.channels.message import Wording
from gateway.channels.push import PUSH, urgency
from gateway.channels.web_push import (
    KEY_NAME,
    SECRET_BYTES,
    SiteKey,
    check_point,
    octets,
)
from gateway.core.reasons import MATTERS, Reason
from gateway.language.catalogue import N_, say
from gateway.settings.push_services import is_allowed
from gateway.settings.web_address import ADDRESS_CHARACTERS_MAX, web_address
from gateway.store import case_views, outbox, tables
from gateway.store.case_views import WAITING, CaseRow
from gateway.store.outbox import Entry
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.api.answered import answered
from gateway.web.api.shapes import Notification, Ringing
from gateway.web.case_words import holder
from gateway.web.context import WebContext
from gateway.web.security import prefix
from gateway.web.visitors import Visitor, visitor

BY: Final = "by"  # ?by=push: what woke the phone for which this receipt is
DAILY_TAG: Final = "daily-test"  # each day's stands for yesterday's
_KEY_CHARACTERS_MAX: Final = 200

_NO_ACCOUNTS = N_("A phone rings for who signed in on it, and here nobody signs in.")
_IS_OFF = N_("Nobody has set up here that phones ring (push.contact in the settings).")
_NO_SERVICE = N_(
    "This browser's push service is not one that the site knows: {host}. Whoever runs the site can "
    "add it to push.services."
)
_NO_KEYS = N_("What this browser gave to be rung by cannot be used.")
_IN_HAND = N_("{name} has it.")
_OVER = N_("Nothing is to be done about it any more.")


class Keys(BaseModel):
    """A browser's keys, base64url."""

    p256dh: Annotated[str, Field(max_length=_KEY_CHARACTERS_MAX)]
    auth: Annotated[str, Field(max_length=_KEY_CHARACTERS_MAX)]


class Offered(BaseModel):
    """A subscription as a browser spells it; what else stands in it is passed over."""

    endpoint: Annotated[str, Field(max_length=ADDRESS_CHARACTERS_MAX)]
    keys: Keys


def routes(context: WebContext) -> APIRouter:
    """GET and POST …/ringing, POST …/ringing/end, GET …/pages/{id}/notification."""
    router = APIRouter()

    @router.get("/ringing", **answered(Ringing))
    async def stands(request: Request) -> Response:
        """Whether this phone can ring, and does."""
        who = visitor(request)
        return json_answer(await _standing(context, who))

    @router.post("/ringing", **answered(Ringing))
    async def subscribe(request: Request, offered: Offered) -> Response:
        """Let this phone ring: its browser's push subscription."""
        who = _phone(request)
        if not context.settings.push.contact:
            raise HttpProblem(422, _IS_OFF)
        kept = _subscription(context, who, offered)
        await context.visitors.write(lambda rows: subscriptions.keep(rows, kept))
        return json_answer(await _standing(context, who))

    @router.post("/ringing/end", **answered(Ringing))
    async def end(request: Request) -> Response:
        """Let this phone ring no more."""
        who = _phone(request)
        session_id = who.session.session_id
        await context.visitors.write(lambda rows: subscriptions.forget(rows, session_id))
        return json_answer(await _standing(context, who))

    @router.get("/pages/{page_id}/notification", **answered(Notification, {404: None}))
    async def notification(request: Request, page_id: str) -> Response:
        """A page of one's own as this phone shows it."""
        warden_id = _phone(request).account.warden_id or ""
        language, before = context.language(request), prefix(request)

        def query(connection: Connection) -> Notification:
            page = outbox.told(connection, page_id, warden_id)
            if page is None:
                raise HttpProblem(404, NOT_FOUND)
            case = case_views.case(connection, page.case_id) if page.case_id else None
            return _shown(
                context, page, case, language, f"{before}/handheld/{quote(warden_id, safe='')}"
            )

        return json_answer(await context.read(query))

    return router


async def signed(context: WebContext, request: Request) -> None:
    """A receipt came; where a push woke the phone for it, its page can say that it rings."""
    who = visitor(request)
    if who is None or request.query_params.get(BY) != PUSH.name:
        return
    session_id, now_ms = who.session.session_id, context.now_ms()
    await context.visitors.write(lambda rows: subscriptions.rang(rows, session_id, now_ms))


def _phone(request: Request) -> Visitor:
    """Whose phone asks. HttpProblem where nobody signs in."""
    who = visitor(request)
    if who is None:
        raise HttpProblem(422, _NO_ACCOUNTS)
    return who


async def _standing(context: WebContext, who: Visitor | None) -> Ringing:
    """What the phone's own page says of it: whether it could ring here, and whether it does."""
    if who is None or not context.settings.push.contact:
        return Ringing(context.now_ms(), who is not None, None)
    session_id, warden_id = who.session.session_id, who.account.warden_id or ""
    known = await context.visitors.read(lambda rows: subscriptions.of_session(rows, session_id))
    return Ringing(
        context.now_ms(),
        True,
        await site_key(context),
        UNSET if known is None else known.endpoint,
        UNSET if known is None else known.rang_ms,
        UNSET if known is None else known.ended_ms is not None,
        await context.read(lambda rows: _is_told(rows, warden_id)),
    )


async def site_key(context: WebContext) -> str:
    """What a browser subscribes with."""
    contact = context.settings.push.contact

    def on_thread() -> str:
        return SiteKey(key(context.visitors.file.store(), KEY_NAME), contact).public

    return await asyncio.to_thread(on_thread)


def _is_told(connection: Connection, warden_id: str) -> bool:
    """Whether the registry has it that this person is rung."""
    query = select(tables.wardens.c.channels).where(tables.wardens.c.warden_id == warden_id)
    return f'"{PUSH.name}"' in (connection.execute(query).scalar() or "")


def _subscription(context: WebContext, who: Visitor, offered: Offered) -> Subscription:
    """It as it is kept. HttpProblem if nothing could be sent there."""
    try:
        point, secret = octets(offered.keys.p256dh), octets(offered.keys.auth)
        check_point(point)
        target = web_address(offered.endpoint)
    except ValueError:
        raise HttpProblem(422, _NO_KEYS) from None
    if len(secret) != SECRET_BYTES:
        raise HttpProblem(422, _NO_KEYS)
    if not is_allowed(target, context.settings.push.services):
        raise HttpProblem(422, _NO_SERVICE, host=target.host)
    return Subscription(who.session.session_id, offered.endpoint, point, secret, context.now_ms())


def _shown(
    context: WebContext, page: Entry, case: CaseRow | None, language: str, home: str
) -> Notification:
    """A page as the phone shows it, locked too: in the words in which it leaves the house by any
    other channel, and how the case stands by now."""
    page.language = language
    title, text = Wording(context.zone).text(page)
    waits = case is None or (case.state in WAITING and case.shelved_until_ms is None)
    if case is not None and not waits and page.reason != Reason.GROUPED:
        name = holder(case)
        after = say(_IN_HAND, language).format(name=name) if name else say(_OVER, language)
        text = f"{text} {after}"
    path = f"{home}/cases/{quote(page.case_id, safe='')}" if page.case_id else home
    if page.reason in MATTERS:
        path = f"{home}/requests"
    if page.reason == Reason.TEST_PAGE:
        path, waits = f"{home}/tests/{page.sent_id}", page.pressed_ms is None
    rings = urgency(page) if waits or page.reason == Reason.GROUPED else "low"
    tag = DAILY_TAG if page.reason == Reason.TEST else page.sent_id
    return Notification(title, text, path, rings, tag)
