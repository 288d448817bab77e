"""Server-sent events: what a commit changed on the page that listens, and nothing else.

`fragment` is HTML whose elements replace those of the same id; `committed` the commits' doors,
cases and pages as JSON (to who may not see all, only that there was one); `ping` says every second
or two that the line stands, and `away` that the console is there but its gateway is not.
Everything that comes within a fifth of a second goes out together. A stream begins with whatever
the page has missed; so a break of any length, or a gateway that was killed, is made good by coming
back.

A browser has one line for all its tabs: it names a topic for each, `topic=view:name:seen:language`,
and the events of the n-th carry `.n` behind their name.
"""

from collections.abc import AsyncGenerator, Callable, Hashable
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Send

from gateway.accounts.roles import Right
from gateway.language.catalogue import LOCALES, N_
from gateway.store.database import StoreError
from gateway.store.matter_reach import Reach
from gateway.web.access import actions_of, check, look
from gateway.web.access_rules import RULES, Thing
from gateway.web.actor import at_screen, of_phone
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.case_lists import Places
from gateway.web.context import Lane, WebContext
from gateway.web.door_map import DoorQuery
from gateway.web.handheld.tasks import Task, Tasks
from gateway.web.inbox_parts import read_place
from gateway.web.live_view import LiveView
from gateway.web.pages.cases import OneCase, OpenCases
from gateway.web.pages.commission import WalkTestView
from gateway.web.pages.doors import OneDoor
from gateway.web.pages.requests import Matters, MattersOfPhone
from gateway.web.pages.requests import read_place as place_among_matters
from gateway.web.pages.updates import Updates
from gateway.web.pages.wallboard import Wallboard
from gateway.web.pages.warden_inbox import Inbox
from gateway.web.pages.wardens import OneWarden
from gateway.web.security import prefix
from gateway.web.seldom import Seldom
from gateway.web.topics import Listener, Topic, Topics
from gateway.web.visitors import Visitor, may, visitor
from gateway.web.whose import WHOSE, Shares

STREAMS_MAX: Final = 1_000  # some 60 kB each
KEPT_FOR_PHONES: Final = 250  # of them, which no wall takes away
TOPICS_MAX: Final = 24  # tabs of one browser
OF_PHONES: Final = frozenset({"inbox", "tasks", "further", "task", "asked"})  # kinds of views
ALL_TOPICS_MAX: Final = 2_000  # each is read and drawn by itself
TOPICS_KEPT_FOR_PHONES: Final = 1_000  # of them, likewise
OF_ONE_MAX: Final = 60  # lines of one person: as many sessions as they may have, on plain HTTP too
TOPICS_OF_ONE_MAX: Final = 240  # on those lines: ten browsers full of tabs
NAME_MAX: Final = 400  # characters of what a page is about; the longest is a search on the wall
SEEN_MAX: Final = 32
TOPIC_MAX: Final = 2_500  # of a topic as it is written in an address

_FULL = N_(
    "As many pages are open as this machine bears; this one does not change by itself until "
    "others are closed."
)

_ENOUGH = N_(
    "You have more pages open at once than one person may, so this one does not change by itself. "
    "Close some, on your other screens too."
)

_seldom = Seldom("menshen.console")


class Wanted(NamedTuple):
    """A topic as a page asks for it: its kind of view, what it is about, what the page shows."""

    kind: str
    name: str
    seen: str
    language: str
    label: str = ""

    @property
    def lane(self) -> Lane:
        """A phone's own, or all others'."""
        return Lane.PHONES if self.kind in OF_PHONES else Lane.WALLS


class Stream(StreamingResponse):
    """Closes its source at once when the listener is gone, so that nothing is watched in vain."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str, None], close: Callable[[], None]) -> None:
        super().__init__(events, headers={"X-Accel-Buffering": "no"})
        self._events, self._close = events, close

    async def stream_response(self, send: Send) -> None:
        """Send until the listener is gone."""
        try:
            await super().stream_response(send)
        finally:
            await self._events.aclose()

    async def __call__(self, *asgi: Any) -> None:
        """Answer; whatever comes of it, the place is free afterwards."""
        try:
            await super().__call__(*asgi)
        finally:
            self._close()


def routes(context: WebContext, topics: Topics) -> APIRouter:
    """GET /stream?view=…&name=…&seen=…, or with a topic for each tab of a browser."""
    router = APIRouter()
    lines = _Lines(context, topics)

    @router.get("/stream")
    async def stream(
        request: Request,
        view: Annotated[str, Query(max_length=16)] = "",
        name: Annotated[str, Query(max_length=NAME_MAX)] = "",
        seen: Annotated[str, Query(max_length=SEEN_MAX)] = "",
        topic: Annotated[list[str], Query(max_length=TOPICS_MAX)] = [],  # noqa: B006
    ) -> Response:
        if topic:
            wanted = [_read(text, f".{number}") for number, text in enumerate(topic)]
        else:
            seen = request.headers.get("last-event-id", seen)
            wanted = [Wanted(view, name, seen, context.language(request))]
        for one in wanted:
            await _check(context, request, one)
        return lines.open(request, wanted)

    return router


# Whoever may open a page may watch it live, and nobody else: its rule is that of the page.
PAGES: Final = {
    "wallboard": "/",
    "cases": "/cases",
    "case": "/cases/{case_id}",
    "door": "/doors/{door_id}",
    "walk": "/doors/{door_id}/walk-test",
    "inbox": "/inbox/{warden_id}",
    "tasks": "/handheld/{warden_id}",
    "task": "/handheld/{warden_id}/cases/{case_id}",
    "warden": "/wardens/{warden_id}",
    "updates": "/updates",
    "requests": "/requests",
    "asked": "/handheld/{warden_id}/requests",
    "further": "/handheld/{warden_id}/further",
}


async def _check(context: WebContext, request: Request, wanted: Wanted) -> None:
    """As a page's rule has it, and in the audit as its page is. HttpProblem where it may not be."""
    who, path = visitor(request), PAGES.get(wanted.kind)
    if who is None or path is None:
        return  # of what is no page there is no view either
    is_of_two = wanted.kind in ("task", "further", "asked")
    names = iter(Task.parts(wanted.name) if is_of_two else (wanted.name,))
    for need in RULES["GET", path].needs:
        value = "" if need.thing is Thing.LIST else next(names)
        why = await check(context, who, need, value)
        if need.thing is not Thing.LIST:
            await look(context, who, "live", f"{need.thing} {value}", why, is_counted=False)


def _read(text: str, label: str) -> Wanted:
    """A topic as `kind:name:seen:language`, the name percent-encoded. HttpProblem if it is none."""
    parts = text.split(":")
    if len(text) > TOPIC_MAX or len(parts) != 4 or parts[3] not in LOCALES:
        raise HttpProblem(404, NOT_FOUND)
    kind, name, seen, language = parts
    name = unquote(name)
    if len(name) > NAME_MAX or len(seen) > SEEN_MAX:
        raise HttpProblem(404, NOT_FOUND)
    return Wanted(kind, name, seen, language, label)


class _Lines:
    """The open lines of a console, counted before they begin."""

    def __init__(self, context: WebContext, topics: Topics) -> None:
        self._context, self._figures, self._topics = context, context.figures, topics
        self._of_one, self._topics_of_one = Shares(OF_ONE_MAX), Shares(TOPICS_OF_ONE_MAX)

    def open(self, request: Request, wanted: list[Wanted]) -> Stream:
        """A line. HttpProblem where there is no place, or no such view."""
        context = self._context
        views = [_view(context, request, one.kind, one.name) for one in wanted]
        places = self._take(wanted)
        setting, where = context.setting(request), prefix(request)
        scope = context.scope(request, Right.DOORS), context.scope(request, Right.CASES)
        who = visitor(request)

        def join(listener: Listener) -> None:
            for one, make_view in zip(wanted, views, strict=True):
                own = _own(one.kind, listener, who)
                key = one.kind, one.name, one.language, where, own, scope
                here = setting | {"language": one.language}

                def make(
                    count: Callable[[], int],
                    make_view: Callable[[], LiveView] | None = make_view,
                    here: dict[str, Any] = here,
                    lane: Lane = one.lane,
                ) -> Topic:
                    return Topic(context, make_view, here, lane, count, scope == (None, None))

                self._topics.join(key, make, one.lane, listener, one.seen, one.label)

        ends = _Ends(context, who)
        return Stream(_events(self._topics, join, ends), places)

    def _take(self, wanted: list[Wanted]) -> Callable[[], None]:
        """Take a line's places; what gives them back, once. HttpProblem where there are none."""
        whose, count = WHOSE.get(), len(wanted)
        if not (self._of_one.has_room(whose) and self._topics_of_one.has_room(whose, count)):
            self._figures.streams_refused += 1
            _seldom.warn("somebody wants more live pages than one person may have")
            raise HttpProblem(429, _ENOUGH)
        has_phone = any(one.kind in OF_PHONES for one in wanted)
        most = STREAMS_MAX - (0 if has_phone else KEPT_FOR_PHONES)
        topics = ALL_TOPICS_MAX - (0 if has_phone else TOPICS_KEPT_FOR_PHONES)
        is_full = len(self._of_one) >= most or len(self._topics) >= topics
        if is_full or self._topics.is_stopping:
            self._figures.streams_refused += 1
            _seldom.warn("%d live pages are open, as many as this machine bears", most)
            raise HttpProblem(503, _FULL)
        self._of_one.take(whose)
        self._topics_of_one.take(whose, count)
        self._figures.streams += 1
        is_open = True

        def give() -> None:
            nonlocal is_open
            if is_open:
                is_open = False
                self._of_one.give(whose)
                self._topics_of_one.give(whose, count)
                self._figures.streams -= 1

        return give


def _own(kind: str, listener: Listener, who: Visitor | None) -> Hashable:
    """What two people must not share. A case's page has forms in it, each with an id of its own, so
    that pressing twice is one act; a phone's has the buttons of who signed in."""
    if kind in ("case", "requests"):
        return listener
    return who.acting if who is not None and kind in OF_PHONES else None


class _Ends:
    """Whether a line is to end: whoever began it is not signed in any more."""

    def __init__(self, context: WebContext, who: Visitor | None) -> None:
        self._visitors, self._who = context.visitors, who

    async def has_ended(self) -> bool:
        """Asked at every event, of which there is one a second or two."""
        try:
            return self._who is not None and not await self._visitors.is_live(self._who)
        except StoreError:
            return True


async def _events(
    topics: Topics, join: Callable[[Listener], None], ends: _Ends
) -> AsyncGenerator[str, None]:
    with topics.listener() as listener:
        yield "retry: 2000\n\n"
        join(listener)
        async for event in listener.events():
            if await ends.has_ended():
                return
            yield event


def _view(
    context: WebContext, request: Request, kind: str, name: str
) -> Callable[[], LiveView] | None:
    """Makes what the page shows that listens; None for one that only wants to know of commits."""
    kinds: dict[str, Callable[[], LiveView]] = {
        "wallboard": lambda: Wallboard(
            DoorQuery.named(name), context.rulebook, doors, has_cases=has_cases
        ),
        "cases": lambda: OpenCases(cases, places),
        "case": lambda: OneCase(name, context.rulebook.rules, by, can),
        "door": lambda: OneDoor(name, context.rulebook),
        "walk": lambda: WalkTestView(name),
        "inbox": lambda: Inbox(name, of_phone(request, name), context.rulebook.rules),
        "tasks": lambda: Tasks(name, of_phone(request, name), context.rulebook.rules),
        "further": lambda: Tasks(
            of_case[0], of_phone(request, of_case[0]), context.rulebook.rules, of_case[1]
        ),
        "task": lambda: Task(*of_case, of_phone(request, of_case[0]), context.rulebook),
        "warden": lambda: OneWarden(name),
        "updates": lambda: Updates.named(name),
        "requests": lambda: Matters(Reach(context.scope(request, Right.REQUESTS)), by, name),
        "asked": lambda: MattersOfPhone(of_case[0], of_phone(request, of_case[0]), of_case[1]),
    }
    by, can = at_screen(context, request), actions_of(request)
    of_case = Task.parts(name)
    doors, cases = context.scope(request, Right.DOORS), context.scope(request, Right.CASES)
    has_cases = may(request, Right.CASES)
    places = Places.named(name)
    if kind == "further":
        read_place(of_case[1])
    if kind == "cases":
        places.check()
    if kind in ("requests", "asked"):
        place_among_matters(name if kind == "requests" else of_case[1])
    if not kind:
        return None
    if kind not in kinds:
        raise HttpProblem(404, NOT_FOUND)
    return kinds[kind]
