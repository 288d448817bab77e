"""Server-sent events: what a commit changed on the page that listens, and nothing else.

Two events: `fragment`, HTML whose elements replace those of the same id, and `committed`, the
commits' doors, cases and pages as JSON. Everything that comes within a fifth of a second goes out
together. A stream begins with whatever the page has missed; so a break of any length, or a gateway
that was killed, is made good by coming back.
"""

import time
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import StreamingResponse
from starlette.types import Send

from gateway.engine.broadcast import Subscription
from gateway.engine.clock import Clock
from gateway.engine.ports import Committed
from gateway.language.catalogue import N_
from gateway.store.database import StoreError
from gateway.web.actor import at_screen
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.door_map import DoorQuery
from gateway.web.live_view import LiveView
from gateway.web.pages.cases import OneCase, OpenCases
from gateway.web.pages.doors import OneDoor
from gateway.web.pages.wallboard import Wallboard
from gateway.web.pages.warden_inbox import Inbox

STREAMS_MAX: Final = 64
NAME_MAX: Final = 400  # characters of what a page is about; the longest is a search on the wall
PUSH_EVERY_MS: Final = 200
SHARE: Final = 50  # all streams together read and draw for a fiftieth of the time ...
REST_MAX_MS: Final = 5_000  # ... but nobody waits longer for what a slow drawing put off
AFTER_MS: Final = 20  # what was committed goes out to a person first; drawing would hold it up
GIVE_WAY_S: Final = 0.002  # after each fragment, for a page to a warden wants the interpreter too
PING_MS: Final = 15_000  # a word into the silence, so that a dead line is noticed
FULL_EVERY_MS: Final = 60_000  # some things change by the clock alone: an order ends
TROUBLE_MS: Final = 2_000  # between readings of a store that cannot be read
NAMED_MAX: Final = 200  # doors that `committed` names; beyond it, it says `all`

_FULL = N_("Too many pages are open on this gateway; close some.")


def _view(context: WebContext, request: Request, kind: str, name: str) -> LiveView | None:
    """What the page shows that listens, or None for one that only wants to know of commits."""
    kinds: dict[str, Callable[[], LiveView]] = {
        "wallboard": lambda: Wallboard(DoorQuery.named(name), context.rulebook),
        "cases": OpenCases,
        "case": lambda: OneCase(name, context.rulebook.rules.sign_off, at_screen(context, request)),
        "door": lambda: OneDoor(name, context.rulebook),
        "inbox": lambda: Inbox(name),
    }
    if not kind:
        return None
    if kind not in kinds:
        raise HttpProblem(404, NOT_FOUND)
    return kinds[kind]()


class Stream(StreamingResponse):
    """Closes its source at once when the listener is gone, so that nothing is watched in vain."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str, None]) -> None:
        super().__init__(events, headers={"X-Accel-Buffering": "no"})
        self._events = events

    async def stream_response(self, send: Send) -> None:
        """Send until the listener is gone."""
        try:
            await super().stream_response(send)
        finally:
            await self._events.aclose()


def routes(context: WebContext) -> APIRouter:
    """GET /stream?view=…&name=…&seen=…"""
    router = APIRouter()

    @router.get("/stream")
    async def stream(
        request: Request,
        view: Annotated[str, Query(max_length=16)] = "",
        name: Annotated[str, Query(max_length=NAME_MAX)] = "",
        seen: Annotated[str, Query(max_length=32)] = "",
    ) -> Response:
        if context.streams >= STREAMS_MAX:
            raise HttpProblem(503, _FULL)
        seen = request.headers.get("last-event-id", seen)
        return Stream(
            _events(context, _view(context, request, view, name), context.setting(request), seen)
        )

    return router


async def _events(
    context: WebContext, view: LiveView | None, setting: dict[str, Any], seen: str
) -> AsyncGenerator[str, None]:
    context.streams += 1
    clock, subscription = context.engine.clock, context.engine.broadcast.subscribe()
    try:
        yield "retry: 2000\n\n"
        news: Committed | None = None
        is_first, full_ms = True, 0  # when all of it was read last
        while True:
            rest_ms: float = PUSH_EVERY_MS
            now_ms = clock.now_ms()
            anew = now_ms - full_ms >= FULL_EVERY_MS or bool(news and news.all)
            if view is not None and (anew or (news is not None and view.affected_by(news))):
                try:
                    html, took_ms = await _drawn(context, view, None if anew else news, setting)
                    full_ms = now_ms if anew else full_ms
                    rest_ms = max(rest_ms, min(SHARE * took_ms * context.streams, REST_MAX_MS))
                except StoreError:  # the health page says so; here, read everything again soon
                    html, rest_ms, full_ms = "", TROUBLE_MS, 0
                if html and not (is_first and view.digest() == seen):
                    yield _event("fragment", html, view.digest())
                is_first = False
            if news is not None:
                yield _event("committed", _named(news))
            await clock.sleep(rest_ms)
            news = await _next(clock, subscription)
            if news is None:
                yield _event("ping", "")
    finally:
        context.streams -= 1
        context.engine.broadcast.unsubscribe(subscription)


async def _drawn(
    context: WebContext, view: LiveView, news: Committed | None, setting: dict[str, Any]
) -> tuple[str, float]:
    """The changed fragments, drawn (empty if none is), and the ms that took on its thread."""
    now_ms = context.now_ms()

    def look_and_draw(connection: Connection) -> tuple[str, float]:
        started_s = time.thread_time()
        here = setting | {"oob": True, "now_ms": now_ms}
        drawn = []
        for fragment in view.changed(connection, news, now_ms):
            drawn.append(context.draw(fragment.template, here, {fragment.name: fragment.shows}))
            time.sleep(GIVE_WAY_S)
        return "".join(drawn), (time.thread_time() - started_s) * 1000

    return await context.read(look_and_draw)


async def _next(clock: Clock, subscription: Subscription) -> Committed | None:
    """What has been committed since, as one; None after a silence."""
    await clock.wait(subscription.wake, PING_MS)
    if len(subscription):
        await clock.sleep(AFTER_MS)
    news = subscription.take()
    return merged(news) if news else None


def merged(news: list[Committed]) -> Committed:
    """Several commits as one, each name once, in order."""

    def names(field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for commit in news for name in getattr(commit, field)))

    return Committed(
        news[-1].at_ms,
        names("doors"),
        names("cases"),
        names("pages"),
        names("sent"),
        any(commit.all for commit in news),
    )


def _named(news: Committed) -> str:
    if len(news.doors) + len(news.pages) > NAMED_MAX:
        news = Committed(news.at_ms, all=True)
    return msgspec.json.encode(news).decode()


def _event(name: str, data: str, event_id: str | None = None) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n" + (f"id: {event_id}\n" if event_id else "") + lines + "\n"
