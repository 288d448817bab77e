"""The warden's phone: a card for each case, newest first, with the one thing to do next."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.core.actor import Acting
from gateway.core.cases.transitions import Action
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.paging.person import ASKED_PREFIX
from gateway.core.rules import Rules
from gateway.engine.ports import Committed
from gateway.store import case_views, page_views, reach_views, spoilt_rows, views
from gateway.store.case_views import OPEN, CaseRow
from gateway.store.page_views import PageRow
from gateway.store.views import WardenRow
from gateway.web import actions, actor
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.case_words import may, without_paging
from gateway.web.context import WebContext
from gateway.web.door_words import dom_id
from gateway.web.happened import pressed
from gateway.web.inbox_parts import GROUPS, InboxPart, group, part_of
from gateway.web.live_view import Fragment, LiveView
from gateway.web.pages.cases import to_hand_to
from gateway.web.security import prefix

PAGES_MAX: Final = 500  # of the open cases of one part
CLOSED_MAX: Final = 20
UNSIGNED_MAX: Final = 100
NOTES_MAX: Final = 100  # of a day: the orders of a building end together
SIGNED_WITHIN_MS: Final = DAY_MS  # nobody waits any longer for a receipt
CARD_PAGES_MAX: Final = 4  # the latest pages of one case, on its card
Place = Annotated[str, Query(max_length=200)]  # where a later part of her cases begins
TEST_SHOWN_MS: Final = HOUR_MS  # afterwards nobody waits for the answer to a test page


class Card(Struct, frozen=True):
    """A case as its warden has it: the case, and its latest pages, newest first."""

    case: CaseRow
    pages: list[PageRow]
    warden_id: str
    may: list[Action]  # what she may do about it now
    on_duty: list[WardenRow]  # to whom she can hand it over
    sign_off: bool  # whether the site wants reports signed off
    take_back_until_ms: int
    by: Acting  # who acts by this card


class Inbox(LiveView):
    """One warden's cases: those that wait, those that somebody has, those that are done with."""

    whole_template, card_template = "parts/inbox.html", "parts/card.html"
    phone = "inbox"  # what its addresses begin with

    def __init__(self, warden_id: str, by: Acting, rules: Rules, after: str = "") -> None:
        super().__init__()
        self._warden_id, self._by, self._rules = warden_id, by, rules
        self._after = after
        self.groups: dict[str, list[Card]] = {}  # as they were read last

    def affected_by(self, news: Committed) -> bool:
        """Doors that only open lawfully are not on the phone."""
        is_of_test = any(page_id.startswith(ASKED_PREFIX) for page_id in news.sent)
        return bool(news.all or news.cases or news.pages or is_of_test)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The whole inbox, and each card in it."""
        part, who = self._part(connection), self._warden_id
        self.groups = groups = grouped(connection, who, self._by, self._rules, now_ms, part)
        key = [(name, [card.case.case_id for card in group]) for name, group in groups.items()]
        spoilt = spoilt_rows.of_cases(connection, part.spoilt)
        listed = {"groups": groups, "spoilt": spoilt, "phone": self.phone}
        whole = Fragment("inbox", self.whole_template, "inbox", listed, key=[key, spoilt])
        to_sign = {"warden_id": self._warden_id, "pages": self._unsigned(connection, now_ms)}
        signed = Fragment("unsigned", "parts/unsigned.html", "unsigned", to_sign)
        after_ms = now_ms - SIGNED_WITHIN_MS
        notes = page_views.notes(connection, self._warden_id, after_ms, NOTES_MAX + 1)
        told = {"rows": notes[:NOTES_MAX], "is_cut": len(notes) > NOTES_MAX}
        noted = Fragment("notes", "parts/notes.html", "notes", told)
        cards = [self._fragment(card) for group in groups.values() for card in group]
        shown = {"phone": self.phone, "warden_id": self._warden_id, "part": part}
        counted = Fragment("counted", "parts/counted.html", "counted", shown)
        further = Fragment("further", "parts/further.html", "further", shown)
        test = self._test(connection, now_ms)
        return [*test, counted, whole, *cards, further, noted, signed]

    def _part(self, connection: Connection) -> InboxPart:
        return part_of(connection, self._warden_id, self._after)

    def _unsigned(self, connection: Connection, now_ms: int) -> list[str]:
        return unsigned(connection, self._warden_id, now_ms)

    def _test(self, connection: Connection, now_ms: int) -> list[Fragment]:
        """The test page that waits for her, if one does."""
        after_ms = now_ms - TEST_SHOWN_MS
        waits = reach_views.waiting_test(connection, self._warden_id, after_ms)
        shown = {"phone": self.phone, "warden_id": self._warden_id, "test": waits}
        return [Fragment("asked", "parts/asked.html", "asked", shown)]

    def _fragment(self, card: Card) -> Fragment:
        """The card, drawn anew only for what it shows: that a page was told changes nothing on
        it."""
        key = replace(card, case=without_paging(card.case))
        card_id = dom_id("card", card.case.case_id)
        return Fragment(card_id, self.card_template, "card", card, "inbox", key)


def grouped(
    connection: Connection, warden_id: str, by: Acting, rules: Rules, now_ms: int, part: InboxPart
) -> dict[str, list[Card]]:
    """The cards of a part of a warden's cases by where they stand on her phone, each group with the
    newest first; behind the first part also those that are done with."""
    pages = page_views.pages_of(connection, warden_id, part.case_ids, PAGES_MAX)
    if part.first == 1:
        pages += page_views.inbox(connection, warden_id, is_open=False, limit=CLOSED_MAX)
    groups: dict[str, list[Card]] = {name: [] for name in GROUPS}
    for card in _cards(connection, pages, warden_id, by, rules, now_ms):
        groups[group(card.case, warden_id)].append(card)
    return groups


def unsigned(connection: Connection, warden_id: str, now_ms: int) -> list[str]:
    """The pages of a warden that want the handheld's receipt."""
    after_ms = now_ms - SIGNED_WITHIN_MS
    rows = page_views.unsigned(connection, warden_id, after_ms, UNSIGNED_MAX)
    return [row.page_id for row in rows]


def card_of(
    connection: Connection, case_id: str, warden_id: str, by: Acting, rules: Rules, now_ms: int
) -> Card | None:
    """One card, to be drawn again after a button was pressed."""
    case = case_views.case(connection, case_id)
    if case is None:
        return None
    is_open = case.state in OPEN
    pages = page_views.pages_of(connection, warden_id, [case_id], PAGES_MAX, is_open)
    return _card(connection, case, pages, warden_id, by, rules, now_ms)


def _card(
    connection: Connection,
    case: CaseRow,
    pages: list[PageRow],
    warden_id: str,
    by: Acting,
    rules: Rules,
    now_ms: int,
) -> Card:
    can = may(case, by, now_ms, rules.take_back_ms)
    on_duty = to_hand_to(connection, case, can, now_ms, rules)
    until_ms = (case.reported_ms or 0) + rules.take_back_ms
    return Card(case, _happenings(pages), warden_id, can, on_duty, rules.sign_off, until_ms, by)


def _happenings(pages: list[PageRow]) -> list[PageRow]:
    """The latest things that pages were about: what was told again stands there once, as it was
    told first."""
    first = {(page.reason, page.since_ms): page for page in pages}
    return list(first.values())[:CARD_PAGES_MAX]


def _cards(
    connection: Connection,
    pages: list[PageRow],
    warden_id: str,
    by: Acting,
    rules: Rules,
    now_ms: int,
) -> list[Card]:
    by_case: dict[str, list[PageRow]] = {}
    for page in pages:
        by_case.setdefault(page.case_id, []).append(page)
    cases = {case.case_id: case for case in case_views.cases_of(connection, list(by_case))}
    return [
        _card(connection, cases[case_id], latest, warden_id, by, rules, now_ms)
        for case_id, latest in by_case.items()
        if case_id in cases  # else its row is spoilt, and her list says so
    ]


def routes(context: WebContext) -> APIRouter:
    """GET /inbox/{warden_id}; what she presses there, and what her phone signs for."""
    router = APIRouter()

    @router.get("/inbox/{warden_id}")
    async def phone(request: Request, warden_id: str, after: Place = "") -> Response:
        by = actor.on_phone(request)
        view, now_ms = Inbox(warden_id, by, context.rulebook.rules, after), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            warden = views.warden(connection, warden_id)
            if warden is None:
                raise HttpProblem(404, NOT_FOUND)
            fragments = {
                fragment.name: fragment.shows for fragment in view.changed(connection, None, now_ms)
            }
            return fragments | {"warden": warden, "seen": view.digest(), "is_later": bool(after)}

        return await context.page(request, "warden_inbox.html", gather)

    _actions(router, context)
    return router


def _actions(router: APIRouter, context: WebContext) -> None:
    """What she presses on her phone, as herself; and what her phone signs for."""

    async def after(
        request: Request, case_id: str, by: Acting, answer: actions.Answered
    ) -> Response:
        """The card as it is now, or her page anew where no script runs."""
        actions.check(context, request, answer)
        warden_id = by.actor.actor_id
        if "hx-request" not in request.headers:
            return RedirectResponse(f"{prefix(request)}/inbox/{quote(warden_id, safe='')}", 303)
        rules, now_ms = context.rulebook.rules, context.now_ms()
        return await context.page(
            request,
            "parts/pressed.html",
            lambda rows: {
                "happened": pressed(request, context.language(request)),
                "part": "parts/card.html",
                "card": card_of(rows, case_id, warden_id, by, rules, now_ms),
            },
        )

    actions.add_routes(
        router, context, "/inbox/{warden_id}/cases", actor.on_phone, after, by_page=True
    )

    @router.post("/inbox/{warden_id}/pages/{page_id}/received")
    async def received(request: Request, page_id: str) -> Response:
        await actions.received(context, page_id, actor.on_phone(request).actor)
        return Response(status_code=204)
