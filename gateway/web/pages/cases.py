"""Cases: those that are open, in review and closed; one with its whole loop; its buttons."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right
from gateway.core.actor import CENTRE, Acting
from gateway.core.cases.transitions import Action
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.ending import holds
from gateway.ending.holds import HeldOrder
from gateway.engine.ports import Committed
from gateway.store import (
    case_log,
    case_views,
    hand_over_views,
    household_views,
    photos,
    resident_views,
    spoilt_rows,
    views,
)
from gateway.store.case_views import CaseRow
from gateway.store.contact_views import contacts_of
from gateway.store.delivery_views import count_of, deliveries, first_told_ms
from gateway.store.household_views import SealAnswerRow
from gateway.store.views import WardenRow
from gateway.web import actions, actor, case_lists, photo_limits
from gateway.web.access import actions_of
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.case_lists import BEGINNING, PLACE_MAX, Places
from gateway.web.case_words import may, without_paging, workflow
from gateway.web.context import Before, WebContext
from gateway.web.happened import pressed
from gateway.web.live_view import Fragment, LiveView
from gateway.web.security import prefix

CLOSED_MAX: Final = 50
DELIVERIES_MAX: Final = 50
LOG_MAX: Final = 20  # of what came too late, and of what is no step of the loop
WARDENS_MAX: Final = 100

Name = Annotated[str, Form(min_length=1, max_length=64)]


class OpenCases(LiveView):
    """The lists of cases that are not closed."""

    def __init__(self, grids: frozenset[str] | None = None, places: Places = BEGINNING) -> None:
        super().__init__()
        self._grids, self._places = grids, places

    def affected_by(self, news: Committed) -> bool:
        """Only cases are listed."""
        return bool(news.all or news.cases)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """Two lists, each from its place on."""
        cases = case_lists.open_cases(connection, self._places.open, self._grids)
        in_review = case_lists.in_review(connection, self._places.review, self._grids)
        return [
            Fragment("open", "parts/open.html", "open_cases", cases),
            Fragment("in_review", "parts/in_review.html", "reviewed", in_review),
        ]


class OneCase(LiveView):
    """A case: its loop, who may do what next, and who was told."""

    def __init__(
        self, case_id: str, rules: Rules, by: Acting | None, can: frozenset[Action] | None = None
    ) -> None:
        super().__init__()
        self._case_id, self._rules, self._by, self._can = case_id, rules, by, can
        self._is_outage, self._doors = False, set[str]()

    def affected_by(self, news: Committed) -> bool:
        """It moved, or a page of some case went out; an outage's doors come and go, and those of
        its household open and shut."""
        silent = self._is_outage and news.doors
        beside = not self._doors.isdisjoint(news.doors)
        return bool(news.all or self._case_id in news.cases or news.sent or silent or beside)

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The case, its silent doors, and who was told; nothing if there is no such case."""
        shown = gathered(connection, self._case_id, self._rules, self._by, now_ms, self._can)
        if shown is None:
            return []
        # A page that goes out must not take away what somebody is filling in beside it.
        parts = (
            "household_says",
            "held",
            "wardens",
            "by",
            "may",
            "on_duty",
            "photos",
            "telephone",
        )
        key = [without_paging(shown["case"]), *(shown[part] for part in parts)]
        fragments = [
            Fragment("case", "parts/case.html", "shown", shown, key=key),
            Fragment("workflow", "parts/workflow.html", "workflow", shown["workflow"], "case"),
        ]
        contacts = shown["contacts"]
        self._doors = {door.door_id for door in contacts["doors"]}
        fragments.append(Fragment("contacts", "parts/contacts.html", "contacts", contacts, "case"))
        self._is_outage = shown["outage"] is not None
        if self._is_outage:
            outage = Fragment("outage", "parts/outage.html", "outage", shown["outage"], "case")
            fragments.append(outage)
        told = shown["deliveries"]
        last = Fragment("deliveries", "parts/deliveries.html", "deliveries", told, "case")
        return [*fragments, last]


def gathered(
    connection: Connection,
    case_id: str,
    rules: Rules,
    by: Acting | None,
    now_ms: int,
    can: frozenset[Action] | None = None,
) -> dict[str, Any] | None:
    """A case with all that its page shows to who works there; None if there is no such case. `can`:
    what their roles allow, where people sign in."""
    case = case_views.case(connection, case_id)
    if case is None:
        return None
    log = case_log.log_of(connection, case_id, LOG_MAX)
    told_ms = first_told_ms(connection, case)
    steps = workflow(case, told_ms, rules.sign_off, log.late, log.detours)
    acts = may(case, by, now_ms, rules.take_back_ms)
    acts = [action for action in acts if can is None or action in can]
    wardens = views.wardens(connection, WARDENS_MAX + 1, case.grid_id)
    return {
        "case": case,
        "by": by,
        "by_name": _name(connection, by),
        "may": acts,
        "on_duty": to_hand_to(connection, case, acts, now_ms, rules),
        "workflow": {"case": case, "steps": steps, "older": log.older},
        "contacts": {"doors": contacts_of(connection, case), "links": True},
        "outage": case_views.outage_of(connection, case),
        "household_says": _household_says(connection, case, now_ms),
        "unreached": _unreached(connection, case),
        "held": _held(connection, case, now_ms),
        "away": _away(connection, case),
        "deliveries": _told(connection, case),
        "photos": photos.of_case(connection, case_id, photo_limits.OF_CASE_MAX),
        "telephone": photos.telephone(connection, None if case.area else case.door_id),
        "wardens": wardens[:WARDENS_MAX],
        "is_cut": len(wardens) > WARDENS_MAX,
    }


def _told(connection: Connection, case: CaseRow) -> dict[str, Any]:
    """The latest pages of a case, and how many there are."""
    part = deliveries(connection, case, DELIVERIES_MAX)
    count = len(part.rows) if part.next is None else count_of(connection, case)
    return {"case_id": case.case_id, "rows": part.rows, "is_cut": bool(part.next), "count": count}


def _held(connection: Connection, case: CaseRow, now_ms: int) -> HeldOrder | None:
    """The order in whose time a case was, if somebody or a dispute keeps its records longer."""
    if case.area is not None or case.door_id is None:
        return None
    household_id = resident_views.household_of(connection, case.door_id)
    if household_id is None:
        return None
    order = holds.at_time(connection, household_id, case.since_ms)
    return order if order is not None and order.is_held(now_ms) else None


def _household_says(connection: Connection, case: CaseRow, now_ms: int) -> list[SealAnswerRow]:
    """What the household of a case's one door says of its seal."""
    if case.area is not None or case.door_id is None:
        return []
    return household_views.seal_answers_at(connection, case.door_id, now_ms)


def _unreached(connection: Connection, case: CaseRow) -> WardenRow | None:
    """Who it is whom no way reaches, if a case is about that."""
    is_one = case.reason is Reason.UNREACHED
    return views.warden_of_code(connection, case.about) if is_one else None


def _away(connection: Connection, case: CaseRow) -> tuple[str, int] | None:
    """Where the network is away, and of how many seals now, if a case is about that."""
    if case.reason is not Reason.NETWORK_AWAY:
        return None
    return case.about, case_views.without_network(connection, case.about)


def to_hand_to(
    connection: Connection,
    case: CaseRow,
    can: list[Action],
    now_ms: int,
    rules: Rules,
) -> list[WardenRow]:
    """To whom somebody who may hand the case over can hand it: but for who has it, those whom
    the site accepts."""
    if Action.HAND_OVER not in can:
        return []
    people = hand_over_views.may_take_over(connection, case.grid_id, now_ms, rules)
    has_it = getattr(case, f"{case.state}_by")
    return [person for person in people if person.warden_id != has_it]


def _name(connection: Connection, by: Acting | None) -> str | None:
    """The name of a warden; None for the centre, and for one who is gone."""
    warden = views.warden(connection, by.actor.actor_id) if by is not None else None
    return warden.name if warden is not None else None


def routes(context: WebContext) -> APIRouter:
    """GET /cases and /cases/{id}; POST …/acknowledge, …/on_site, …/report and so on."""
    router = APIRouter()
    rules = context.rulebook.rules

    @router.get("/cases")
    async def cases(
        request: Request,
        before_ms: Before = None,
        before: str = "",
        open_after: Annotated[str, Query(alias="open", max_length=PLACE_MAX)] = "",
        review_after: Annotated[str, Query(alias="review", max_length=PLACE_MAX)] = "",
    ) -> Response:
        grids, places = context.scope(request, Right.CASES), Places(open_after, review_after)
        view, now_ms = OpenCases(grids, places), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            fragments = {
                fragment.name: fragment.shows for fragment in view.changed(connection, None, now_ms)
            }
            last = None if before_ms is None else (before_ms, before)
            closed = case_views.closed_cases(connection, CLOSED_MAX, last, grids)
            more = closed[-1] if len(closed) == CLOSED_MAX else None
            known = {"closed": closed, "more": more, "seen": view.digest()}
            spoilt = spoilt_rows.cases(connection, grids)
            return fragments | known | {"spoilt": spoilt, "view_name": places.name()}

        return await context.page_for_all(request, "cases.html", gather)

    @router.get("/cases/{case_id}")
    async def case(request: Request, case_id: str) -> Response:
        by = actor.at_screen(context, request)
        view, now_ms = OneCase(case_id, rules, by, actions_of(request)), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            fragments = view.changed(connection, None, now_ms)
            if not fragments:
                raise HttpProblem(404, NOT_FOUND)
            return {"shown": fragments[0].shows, "seen": view.digest(), "centre": CENTRE.actor_id}

        return await context.page(request, "case.html", gather)

    _actions(router, context)
    return router


def _actions(router: APIRouter, context: WebContext) -> None:
    """Who works at this screen, and what they press on the case's page."""

    @router.post("/cases/{case_id}/actor")
    async def works_here(request: Request, case_id: str, actor_id: Name) -> Response:
        chosen = actor.registered(actor_id).actor
        await context.read(lambda connection: actor.check_known(connection, chosen))
        response = RedirectResponse(f"{prefix(request)}/cases/{quote(case_id, safe='')}", 303)
        actor.keep(context, request, response, chosen)
        return response

    async def after(
        request: Request, case_id: str, by: Acting, answer: actions.Answered
    ) -> Response:
        """The page's part as it is now, or the page anew where no script runs."""
        actions.check(context, request, answer)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"{prefix(request)}/cases/{quote(case_id, safe='')}", 303)
        rules, now_ms = context.rulebook.rules, context.now_ms()
        return await context.page(
            request,
            "parts/pressed.html",
            lambda connection: {
                "happened": pressed(request, context.language(request)),
                "part": "parts/case.html",
                "shown": gathered(connection, case_id, rules, by, now_ms, actions_of(request)),
            },
        )

    def who(request: Request) -> Acting:
        return actor.acting_at_screen(context, request)

    actions.add_routes(router, context, "/cases", who, after, by_page=True)
