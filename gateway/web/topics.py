"""What open pages hear: a topic for each view in each language, read and drawn once for all that
show it.

A topic's task lives as long as somebody listens. What a commit changed is drawn once and handed to
every listener; a page that comes, or comes back, and has missed something gets the whole, which is
drawn once too. A listener that does not take what it is handed is let go: its page comes back, and
is told what it missed.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from gateway.engine.broadcast import Subscription, merged
from gateway.engine.clock import Clock
from gateway.engine.ports import Committed
from gateway.store.database import StoreError
from gateway.web.context import Lane, WebContext
from gateway.web.live_view import Fragment, LiveView

log = logging.getLogger("menshen.console")

PUSH_EVERY_MS: Final = 200
SHARE: Final = 4  # all topics of a lane together read and draw for a quarter of the time ...
REST_MAX_MS: Final = 5_000  # ... but nobody waits longer for what a slow drawing put off
PING_MS: Final = 1_500  # a word into the silence, so that a page never shows as live what is dead
FULL_EVERY_MS: Final = 60_000  # some things change by the clock alone: an order ends
TROUBLE_MS: Final = 2_000  # between readings of a store that cannot be read
NAMED_MAX: Final = 200  # doors that `committed` names; beyond it, it says `all`
UNTAKEN_MAX: Final = 64  # events that wait for one listener


class Listener:
    """One open line to a browser, which may show several topics, told apart by a label."""

    def __init__(self) -> None:
        self.is_open = True
        self._events: deque[str] = deque()
        self._wake = asyncio.Event()

    def post(self, event: str) -> None:
        """Hand it an event, or let it go if it takes none."""
        if len(self._events) >= UNTAKEN_MAX:
            self.close()
            return
        self._events.append(event)
        self._wake.set()

    def close(self) -> None:
        """Nothing more comes."""
        self.is_open = False
        self._events.clear()
        self._wake.set()

    async def events(self) -> AsyncIterator[str]:
        """What comes, until it is closed."""
        while self.is_open:
            await self._wake.wait()
            self._wake.clear()
            while self._events:
                yield self._events.popleft()


class _Place(msgspec.Struct, eq=False):
    """A listener's place in a topic: its label there, and what its page shows already."""

    listener: Listener
    label: str
    seen: str


class Topic:
    """One view in one language, for all that show it."""

    def __init__(
        self,
        context: WebContext,
        make_view: Callable[[], LiveView] | None,
        setting: dict[str, Any],
        lane: Lane,
        count: Callable[[], int],
        sees_all: bool = True,
    ) -> None:
        self._context, self._make_view, self._lane = context, make_view, lane
        self._setting, self._count, self._sees_all = setting, count, sees_all
        self._view = make_view() if make_view is not None else None
        self._places: list[_Place] = []
        self._newcomers: list[_Place] = []
        self._welcomed: list[_Place] = []  # newcomers for whom is read just now
        self._whole: tuple[str, str] | None = None  # HTML and digest of all of it, as of now
        self._full_ms = 0  # when all of it was read last
        self._told_ms = 0  # when all who listen last heard of it
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_used(self) -> bool:
        """Whether anybody listens, or is about to."""
        return bool(self._places or self._newcomers or self._welcomed)

    def join(self, place: _Place) -> None:
        """A listener comes; it hears the whole if its page does not show that."""
        self._newcomers.append(place)
        if self._subscription is None:
            self._told_ms = self._context.now_ms()
            self._subscription = self._context.gateway.broadcast.subscribe()
            self._task = asyncio.ensure_future(self._run(self._subscription))
        else:
            self._subscription.wake.set()

    def leave(self, listener: Listener) -> None:
        """A listener is gone; the last one ends the topic."""
        for places in (self._places, self._newcomers, self._welcomed):
            places[:] = [place for place in places if place.listener is not listener]
        if not self.is_used and self._subscription is not None and self._task is not None:
            self._context.gateway.broadcast.unsubscribe(self._subscription)
            self._subscription = None
            self._task.cancel()

    async def _run(self, subscription: Subscription) -> None:
        try:
            await self._goes_on(subscription)
        except Exception:
            log.exception("A live page cannot be drawn: whoever shows it is let go, and comes back")
            for place in [*self._places, *self._newcomers, *self._welcomed]:
                place.listener.close()
            self._places, self._newcomers, self._welcomed = [], [], []
            self._full_ms, self._whole = 0, None  # whoever comes now begins it anew
            self._context.gateway.broadcast.unsubscribe(subscription)
            self._subscription = None

    async def _goes_on(self, subscription: Subscription) -> None:
        clock = self._context.gateway.clock
        news: Committed | None = None
        while True:
            rest_ms = await self._turn(news)
            await self._rest(rest_ms)
            news = await _next(clock, subscription)
            # Commits of others may come without a pause: a tab hears nothing of those.
            is_silence = self._context.now_ms() - self._told_ms >= PING_MS
            if (news is None or is_silence) and not self._newcomers:
                self._post(self._word(), "")

    async def _rest(self, rest_ms: float) -> None:
        """Read nothing for so long, and say meanwhile that the line stands."""
        clock = self._context.gateway.clock
        while rest_ms > PING_MS:
            await clock.sleep(PING_MS)
            self._post(self._word(), "")
            rest_ms -= PING_MS
        await clock.sleep(rest_ms)

    def _word(self) -> str:
        """That the line stands, or that there is nobody at its other end."""
        return "ping" if self._context.gateway.is_heard() else "away"

    async def _turn(self, news: Committed | None) -> float:
        """Tell what is new, to those who were there and to those who came. How long to rest, in
        ms."""
        self._welcomed, self._newcomers = self._newcomers, []
        rest_ms: float = PUSH_EVERY_MS
        now_ms = self._context.now_ms()
        anew = now_ms - self._full_ms >= FULL_EVERY_MS or bool(news and news.all)
        if self._view is not None:
            is_affected = anew or (news is not None and self._view.affected_by(news))
            try:
                took_ms = await self._tell(None if anew else news, is_affected)
                self._full_ms = now_ms if anew else self._full_ms
                rest_ms = max(rest_ms, min(SHARE * took_ms * self._count(), REST_MAX_MS))
            except StoreError:  # the health page says so; here, read everything again soon
                self._newcomers[:0] = self._welcomed
                self._welcomed, rest_ms, self._full_ms = [], TROUBLE_MS, 0
        for place in self._welcomed:
            place.listener.post(event(self._word() + place.label, ""))
        self._places, self._welcomed = self._places + self._welcomed, []
        if news is not None and not _is_empty(news):
            self._post("committed", _named(news, self._sees_all))
        elif news is not None:
            self._post(self._word(), "")
        return rest_ms

    async def _tell(self, news: Committed | None, is_affected: bool) -> float:
        """Draw what is new and tell it. The ms that took on its thread."""
        view = self._view
        assert view is not None and self._make_view is not None  # noqa: S101, PT018 - of a view
        is_first = not self._full_ms and not self._places
        has_newcomers = bool(self._welcomed)
        wants_whole = has_newcomers and not is_first and not self._agree(is_affected)
        if not (is_affected or wants_whole):
            self._welcome()
            return 0.0
        took_ms, html, whole = await self._looked(news, is_affected, wants_whole)
        if is_first:
            self._whole = html, view.digest()
        elif whole is not None:
            self._whole = whole
        elif html:
            self._whole = None
        if html and not is_first:
            self._post("fragment", html, view.digest())
        self._welcome()
        return took_ms

    def _agree(self, is_affected: bool) -> bool:
        """Whether what is known already is enough for all who came."""
        assert self._view is not None  # noqa: S101
        if is_affected:
            return False
        digest = self._view.digest()
        return self._whole is not None or all(place.seen == digest for place in self._welcomed)

    def _welcome(self) -> None:
        """The whole to who came, unless their pages show that already."""
        assert self._view is not None  # noqa: S101
        html, digest = self._whole or ("", "")
        for place in self._welcomed if html else ():
            if place.seen != self._view.digest():
                place.listener.post(event("fragment" + place.label, html, digest))

    async def _looked(
        self, news: Committed | None, is_affected: bool, wants_whole: bool
    ) -> tuple[float, str, tuple[str, str] | None]:
        """One reading: what changed, and the whole if somebody wants it."""
        now_ms, view, make_view = self._context.now_ms(), self._view, self._make_view
        here = self._setting | {"oob": True, "now_ms": now_ms}
        assert view is not None and make_view is not None  # noqa: S101, PT018 - as above

        def look(connection: Connection) -> tuple[float, str, tuple[str, str] | None]:
            started_s = time.thread_time()
            html, whole = "", None
            if is_affected:
                html = self._drawn(view.changed(connection, news, now_ms), here)
            if wants_whole:
                anew = make_view()
                whole = self._drawn(anew.changed(connection, None, now_ms), here), anew.digest()
            return (time.thread_time() - started_s) * 1000, html, whole

        return await self._context.read(look, self._lane)

    def _drawn(self, fragments: list[Fragment], here: dict[str, Any]) -> str:
        draw = self._context.draw
        return "".join(draw(f.template, here, {f.name: f.shows}) for f in fragments)

    def _post(self, name: str, data: str, event_id: str | None = None) -> None:
        """To all who listen. Who came and could not be shown the whole yet hears all but
        fragments; of commits, only who has the line for itself."""
        waiting = [] if name == "fragment" else self._newcomers
        self._told_ms = self._told_ms if name == "committed" else self._context.now_ms()
        for place in [*self._places, *waiting]:
            if name != "committed" or not place.label:
                place.listener.post(event(name + place.label, data, event_id))
        self._places = [place for place in self._places if place.listener.is_open]


class Topics:
    """All topics of a console, and all who listen."""

    def __init__(self) -> None:
        self._topics: dict[Hashable, Topic] = {}
        self._lanes: dict[Hashable, Lane] = {}
        self._listeners: set[Listener] = set()
        self.is_stopping = False

    def __len__(self) -> int:
        return len(self._topics)

    @contextlib.contextmanager
    def listener(self) -> Iterator[Listener]:
        """A listener until the end of the block."""
        one = Listener()
        self._listeners.add(one)
        if self.is_stopping:
            one.close()
        try:
            yield one
        finally:
            self._listeners.discard(one)
            for key, topic in list(self._topics.items()):
                topic.leave(one)
                if not topic.is_used:
                    del self._topics[key], self._lanes[key]

    def join(
        self,
        key: Hashable,
        make: Callable[[Callable[[], int]], Topic],
        lane: Lane,
        listener: Listener,
        seen: str,
        label: str = "",
    ) -> None:
        """Let somebody listen to a topic, which is made if nobody has yet."""
        if key not in self._topics:
            self._topics[key] = make(lambda: list(self._lanes.values()).count(lane))
            self._lanes[key] = lane
        self._topics[key].join(_Place(listener, label, seen))

    def close(self) -> None:
        """Let everybody go: the console stops."""
        self.is_stopping = True
        for one in list(self._listeners):
            one.close()


async def _next(clock: Clock, subscription: Subscription) -> Committed | None:
    """What has been committed since, as one; None after a silence, or for a newcomer."""
    await clock.wait(subscription.wake, PING_MS)
    news = subscription.take()
    return merged(news) if news else None


def event(name: str, data: str, event_id: str | None = None) -> str:
    """A server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n" + (f"id: {event_id}\n" if event_id else "") + lines + "\n"


def _is_empty(news: Committed) -> bool:
    """Whether it says only that the gateway went away or came back."""
    return not (news.all or news.doors or news.cases or news.pages or news.sent)


def _named(news: Committed, sees_all: bool) -> str:
    """What a commit was about; only that there was one, where it may be somebody else's."""
    if not sees_all or len(news.doors) + len(news.pages) > NAMED_MAX:
        news = Committed(news.at_ms, all=True)
    return msgspec.json.encode(news).decode()
