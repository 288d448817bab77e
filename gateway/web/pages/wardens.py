"""The people who are told: who has duty, which way reaches whom, on which phones; and one of them,
with what came of a test page, live.

A list of a thousand is looked through by name, grid and what is wrong, and comes in pages.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import phones
from gateway.accounts.persons import Account
from gateway.accounts.phones import Phone
from gateway.accounts.roles import Right
from gateway.channels.kinds import kind_of
from gateway.core.evidence import SIGNED_FOR
from gateway.core.paging import routing, schedule
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Schedule
from gateway.core.paging.staff import schedule_of
from gateway.core.rules import Rules
from gateway.engine.ports import Committed
from gateway.store import reach_views, register_views, states, views
from gateway.store.reach_views import Way
from gateway.store.views import WardenRow
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.inviting import invited
from gateway.web.live_view import Fragment, LiveView
from gateway.web.offers import Offered, new_offer
from gateway.web.pages import me
from gateway.web.security import prefix

WARDENS_MAX: Final = 5_000  # looked through; of more people, by grid
LISTED_MAX: Final = 50  # on one page
PAGES_MAX: Final = WARDENS_MAX // LISTED_MAX
SHOWS: Final = ("", "duty", "unreached", "no_phone")  # what one may look for

Text = Annotated[str, Query(alias="q", max_length=100)]
Grid = Annotated[str, Query(max_length=64)]
Show = Annotated[str, Query(max_length=16)]
Page = Annotated[int, Query(ge=1, le=PAGES_MAX)]


class Duty(Struct, frozen=True):
    """Whether somebody has duty now, and until when; None: nobody knows of an end."""

    is_on: bool
    ends_ms: int | None = None


class Line(Struct, frozen=True):
    """One of the people in the list."""

    warden: WardenRow
    duty: Duty
    unreached_ms: int | None  # since when no way reaches them; 0 where that is not known
    reached_ms: int | None
    channels: list[str]  # their kinds
    phones: list[Phone]


class NamedWay(Struct, frozen=True):
    """A channel as it is enrolled, and what came by it; `number` tells two of a kind apart."""

    number: int
    is_signed_for: bool  # the phone's own signature proves it, else its service's word
    way: Way


class OneWarden(LiveView):
    """One of the people: by which channels they are reached, and what came of a test page."""

    def __init__(self, warden_id: str) -> None:
        super().__init__()
        self._warden_id = warden_id

    def affected_by(self, news: Committed) -> bool:
        """A page to somebody, or how it went."""
        return bool(news.all or news.pages or news.sent)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The channels, and the latest test page; nothing if there is no such person."""
        if views.warden(connection, self._warden_id) is None:
            return []
        ways = named_ways(connection, self._warden_id, now_ms)
        test = reach_views.latest_test(connection, self._warden_id)
        return [
            Fragment("tested", "parts/tested.html", "tested", {"test": test}),
            Fragment("ways", "parts/ways.html", "ways", ways),
        ]


def routes(context: WebContext) -> APIRouter:
    """GET /wardens and /wardens/{id}; POST …/invite and …/phones/{session_id}/end."""
    router = APIRouter()

    @router.get("/wardens")
    async def wardens(
        request: Request, text: Text = "", grid: Grid = "", show: Show = "", page: Page = 1
    ) -> Response:
        scope, now_ms = context.scope(request, Right.PEOPLE), context.now_ms()
        rules = context.rulebook.rules
        asked = {"q": text, "grid": grid, "show": show if show in SHOWS else ""}

        def gather(connection: Connection) -> tuple[list[WardenRow], Schedule, dict[str, Person]]:
            people = views.wardens(connection, WARDENS_MAX + 1, grid or None, scope)
            known = {person.warden_id: person for person in states.people(connection)}
            return people, schedule_of(states.staff(connection)), known

        people, on_call, known = await context.read(gather)
        is_cut, people = len(people) > WARDENS_MAX, people[:WARDENS_MAX]
        grids = await context.read(
            lambda connection: register_views.grids_with_wardens(connection, scope)
        )
        every = [warden.warden_id for warden in people]
        if show == "no_phone":
            asked_for = await _ringing(context, every, now_ms)
            people = [warden for warden in people if warden.warden_id not in asked_for]
        found = _found(people, on_call, known, asked, now_ms, rules)
        pages = max(1, -(-len(found) // LISTED_MAX))
        shown = found[(page - 1) * LISTED_MAX : page * LISTED_MAX]
        lines = await _lines(context, shown, on_call, known, now_ms)
        values = asked | {"lines": lines, "grids": grids, "count": len(found), "everybody": every}
        values |= {
            "is_cut": is_cut,
            "looked": WARDENS_MAX,
            "pages": pages,
            "page": page,
            "address": _address(asked),
        }
        return context.answer(
            request, context.draw("wardens.html", context.setting(request), values)
        )

    @router.get("/wardens/{warden_id}")
    async def one(request: Request, warden_id: str) -> Response:
        return await _one(context, request, warden_id, None)

    _acts(router, context)
    return router


def _acts(router: APIRouter, context: WebContext) -> None:
    @router.post("/wardens/{warden_id}/invite")
    async def invite(request: Request, warden_id: str, offered: Offered = "") -> Response:
        """The code is shown in this answer and nowhere else."""

        def name(rows: Connection) -> str:
            warden = views.warden(rows, warden_id)
            return warden.name if warden is not None else warden_id

        async def press() -> Response:
            called = await context.read(name)
            one = await invited(context, request, called, lambda rows: _account(rows, warden_id))
            return await _one(context, request, warden_id, one)

        who = me.somebody(request).account.account_id
        return await context.shown_once.answer(request, offered, who, press)

    @router.post("/wardens/{warden_id}/phones/{session_id}/end")
    async def end(request: Request, warden_id: str, session_id: str) -> Response:
        """The phone is lost: whoever has it is out within seconds."""
        me.somebody(request)
        account = await context.visitors.read(lambda rows: _account(rows, warden_id))
        await me.end(context, account, session_id)
        where = f"{prefix(request)}/wardens/{quote(warden_id, safe='')}"
        return RedirectResponse(where, 303)


def _account(rows: Connection, warden_id: str) -> Account:
    account = phones.account_of(rows, warden_id)
    if account is None:
        raise HttpProblem(404, NOT_FOUND)
    return account


def named_ways(connection: Connection, warden_id: str, now_ms: int) -> list[NamedWay]:
    """Every channel that is enrolled for somebody, in its order, and what came by it."""
    known = {
        (way.channel, way.address): way for way in reach_views.ways(connection, [warden_id], now_ms)
    }
    named: list[NamedWay] = []
    for channel, address in reach_views.channels(connection, [warden_id])[warden_id]:
        kind = kind_of(channel)
        place = channel, warden_id if kind is not None and kind.is_of_person else address
        way = known.get(place) or Way(warden_id, channel, "")
        number = 1 + sum(before.way.channel == channel for before in named)
        named.append(NamedWay(number, channel in SIGNED_FOR, way))
    return named


def _found(
    people: list[WardenRow],
    on_call: Schedule,
    known: dict[str, Person],
    asked: dict[str, str],
    now_ms: int,
    rules: Rules,
) -> list[WardenRow]:
    """Those whom somebody looks for."""
    text, show, found = asked["q"].casefold(), asked["show"], people
    if text:
        found = [
            warden
            for warden in found
            if text in f"{warden.name}\n{warden.warden_id}\n{warden.grid}".casefold()
        ]
    if show == "duty":
        on_duty = {
            warden_id
            for grid_id in {warden.grid_id for warden in found}
            for warden_id in routing.duty_of(on_call, grid_id, now_ms, rules)
        }
        found = [warden for warden in found if warden.warden_id in on_duty]
    if show == "unreached":
        found = [warden for warden in found if _unreached_ms(known, warden.warden_id) is not None]
    return found


def _unreached_ms(known: dict[str, Person], warden_id: str) -> int | None:
    """Since when no way reaches somebody; None while one does, as far as anybody knows."""
    person = known.get(warden_id)
    return None if person is None or person.working else person.unreached_ms or 0


async def _lines(
    context: WebContext,
    shown: list[WardenRow],
    on_call: Schedule,
    known: dict[str, Person],
    now_ms: int,
) -> list[Line]:
    names, rules = [warden.warden_id for warden in shown], context.rulebook.rules

    def query(connection: Connection) -> tuple[dict[str, int], dict[str, list[tuple[str, str]]]]:
        reached = reach_views.reached_ms(connection, names, now_ms)
        return reached, reach_views.channels(connection, names)

    reached, channels = await context.read(query)
    live = await _phones(context, names, now_ms)
    return [
        Line(
            warden,
            _duty(on_call, warden.warden_id, now_ms, rules),
            _unreached_ms(known, warden.warden_id),
            reached.get(warden.warden_id),
            list(dict.fromkeys(kind for kind, _ in channels[warden.warden_id])),
            live.get(warden.warden_id, []),
        )
        for warden in shown
    ]


def _duty(on_call: Schedule, warden_id: str, now_ms: int, rules: Rules) -> Duty:
    if not schedule.is_on_duty(on_call, warden_id, now_ms, rules.zone):
        return Duty(False)
    return Duty(True, schedule.duty_ends_ms(on_call, warden_id, now_ms, rules.zone))


async def _phones(
    context: WebContext, warden_ids: list[str], now_ms: int
) -> dict[str, list[Phone]]:
    """On which phones they are signed in; nothing at a site where nobody signs in."""
    if not context.visitors.is_used():
        return {}
    found: dict[str, list[Phone]] = await context.visitors.read(
        lambda rows: phones.of_people(rows, warden_ids, now_ms)
    )
    return found


async def _ringing(context: WebContext, warden_ids: list[str], now_ms: int) -> set[str]:
    """Those of whom a phone rings."""
    ringing: set[str] = set()
    for first in range(0, len(warden_ids), phones.PEOPLE_MAX):
        part = await _phones(context, warden_ids[first : first + phones.PEOPLE_MAX], now_ms)
        ringing |= {who for who, live in part.items() if any(phone.rings for phone in live)}
    return ringing


async def _one(
    context: WebContext, request: Request, warden_id: str, invitation: dict[str, Any] | None
) -> Response:
    view, now_ms, rules = OneWarden(warden_id), context.now_ms(), context.rulebook.rules

    def gather(connection: Connection) -> dict[str, Any]:
        warden = views.warden(connection, warden_id)
        if warden is None:
            raise HttpProblem(404, NOT_FOUND)
        on_call = schedule_of(states.staff(connection))
        known = {person.warden_id: person for person in states.people(connection)}
        shown = {each.name: each.shows for each in view.changed(connection, None, now_ms)}
        return shown | {
            "warden": warden,
            "seen": view.digest(),
            "duty": _duty(on_call, warden_id, now_ms, rules),
            "unreached_ms": _unreached_ms(known, warden_id),
            "next_test_ms": known[warden_id].test_ms if warden_id in known else None,
            "reached_ms": reach_views.reached_ms(connection, [warden_id], now_ms).get(warden_id),
        }

    values = await context.read(gather)
    live = (await _phones(context, [warden_id], now_ms)).get(warden_id, [])
    account = None
    if context.visitors.is_used():
        account = await context.visitors.read(lambda rows: phones.account_of(rows, warden_id))
    values |= {"phones": live, "account": account, "invited": invitation, "rules": rules}
    values |= {"offered": new_offer()}
    return context.answer(request, context.draw("warden.html", context.setting(request), values))


def _address(asked: dict[str, str]) -> str:
    """What is looked for, as an address goes on with it."""
    return urlencode({name: value for name, value in asked.items() if value})
