"""A household in a site of three wardens, with a clock: tests read as stories."""

from itertools import count
from typing import Any

from gateway.core.actor import Actor, actor_of
from gateway.core.effects import Effect
from gateway.core.events import DeadlineCame, DoorPlaced, Event, OrderPlaced, StaffSet
from gateway.core.households.effects import HouseholdRefused
from gateway.core.households.events import (
    DisputeRaised,
    HouseholdAction,
    RequestAsked,
)
from gateway.core.households.model import Household, RecordKind, RequestKind, Said, Way
from gateway.core.model import Door, Order, Policy
from gateway.core.paging import staff
from gateway.core.paging.person import SinglePage
from gateway.core.paging.routing import Notification
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import SITE, Subject, of_door, of_household
from tests.core.dated import as_dated
from tests.core.story import DAY, HOUR, NOON

HOME = "501"
CHEN, LIU, WANG, MA = map(actor_of, ("chen", "liu", "wang", "ma"))
TEAM = {
    "chen": Member("g", Role.WARDEN, (1,)),
    "liu": Member("g", Role.DEPUTY, (2,)),
    "wang": Member("g", Role.CAPTAIN, (3,)),
    "ma": Member("g", Role.CENTRE, (4,)),
}
EIGHT = NOON - 4 * HOUR  # of the first day, when the installer's day begins


class Home:
    """`told` are the pages in their order: (when, who, about what)."""

    def __init__(self, health_daily: bool = False, days: int = 14) -> None:
        self.turn = SiteTurn(SiteState(Rulebook()))
        self.now_ms = EIGHT
        self.told: list[tuple[int, str, str]] = []
        self.effects: list[Effect] = []
        self.steps: list[Step] = []
        self.times: dict[int, int] = {}  # by the id of a step
        self._ids = count(1)
        self.apply(SITE, StaffSet(staff.of(TEAM, [], [])))
        self.apply(of_door(HOME), DoorPlaced("g"))
        self.order("o1", days, health_daily)

    @property
    def household(self) -> Household:
        return self.turn.household(HOME)

    @property
    def door(self) -> Door:
        return self.turn.door(HOME)

    def order(self, order_id: str, days: float, health_daily: bool = False) -> None:
        policy = Policy(health_daily=health_daily)
        order = Order(order_id, EIGHT - HOUR, EIGHT + int(days * DAY), policy)
        self.apply(of_door(HOME), OrderPlaced(order))

    def apply(self, subject: Subject, event: Event) -> list[Step]:
        steps = self.turn.apply(self.now_ms, subject, event)
        for step in steps:
            self.times[id(step)] = self.now_ms
            self.effects += as_dated(step.effects, self.now_ms)
            for out in step.routed:
                if isinstance(out, Notification):
                    told = out.content
                    reason = told.page.reason if isinstance(told, SinglePage) else "grouped"
                    self.told.append((self.now_ms, out.warden_id, reason))
        self.steps += steps
        return steps

    def does(self, event: HouseholdAction) -> str | None:
        """Somebody does this; why it was refused, if it was."""
        effects = self.apply(of_household(HOME), event)[0].effects
        return next((str(e.refusal) for e in effects if isinstance(e, HouseholdRefused)), None)

    def until(self, at_ms: int) -> None:
        """All that is due comes at its time."""
        for _ in range(1_000):
            times = {s: self.turn.due_ms(s) for s in (of_door(HOME), of_household(HOME))}
            due = min(((ms, s) for s, ms in times.items() if ms is not None), default=None)
            if due is None or due[0] > at_ms:
                break
            self.now_ms = max(self.now_ms, due[0])
            self.apply(due[1], DeadlineCame())
        else:
            raise AssertionError("it never ends")
        self.now_ms = at_ms

    def stands_still_until(self, at_ms: int) -> None:
        """The gateway stands still; what came due meanwhile comes when it is back."""
        self.now_ms = at_ms
        for subject in (of_door(HOME), of_household(HOME)):
            self.apply(subject, DeadlineCame())

    def action(self) -> str:
        return f"a{next(self._ids)}"

    def asks(self, kind: RequestKind, words: str = "", **more: Any) -> str:
        """A request; its id."""
        request_id = f"request-{next(self._ids)}"
        event = RequestAsked(
            action_id=self.action(), request_id=request_id, kind=kind, words=words, **more
        )
        refusal = self.does(event)
        assert refusal is None, refusal
        return request_id

    def disputes(self, record_id: str, *parties: Actor, booked_by: Actor | None = None) -> str:
        """A dispute; its id."""
        said = Said() if booked_by is None else Said(Way.TELEPHONE, booked_by)
        dispute_id = f"dispute-{next(self._ids)}"
        event = DisputeRaised(
            action_id=self.action(),
            dispute_id=dispute_id,
            record=RecordKind.OPENING,
            record_id=record_id,
            door_id=HOME,
            said=said,
            words="~1.k.x",
            parties=tuple(actor.actor_id for actor in parties),
        )
        refusal = self.does(event)
        assert refusal is None, refusal
        return dispute_id

    def told_who(self) -> list[str]:
        return [who for _, who, _ in self.told]
