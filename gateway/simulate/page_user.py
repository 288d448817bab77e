"""A household that has its page, beside the life of its door: it announces late or forgets to, asks
for things, says that its seal is in its place (whether that is so or not), and contests what it is
told of.

Its chances are its own, so that a door of the same seed lives the same with it and without.
"""

from collections import Counter
from random import Random

from gateway.core.actor import Actor, ActorKind
from gateway.core.cases.case import UNANSWERED
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.effects import CaseMoved, SilenceBegan
from gateway.core.events import PermitAnnounced
from gateway.core.households import requests
from gateway.core.households.events import (
    DisputeAnswered,
    DisputeAssigned,
    DisputeRaised,
    HouseholdAction,
    RequestAsked,
    RequestDone,
    RequestTaken,
    SealAnswered,
)
from gateway.core.households.model import RecordKind, RequestKind, SealAnswer
from gateway.core.model import Permit
from gateway.core.paging.schedule import Role
from gateway.core.reasons import BREACHES
from gateway.core.site import Step
from gateway.core.subject import of_household
from gateway.simulate.ground_truth import START_MS, GroundTruth
from gateway.simulate.scenario import Page, Range
from gateway.simulate.site_run import SiteRun

NOW_MS = 10 * MINUTE_MS  # "now for ten minutes"
_WARDEN = Actor(ActorKind.WARDEN, str(Role.WARDEN))
_CENTRE = Actor(ActorKind.WARDEN, str(Role.CENTRE))


class PageUser:
    """The household of one door. `counts` says what it did.

    Args:
        door_id: its one door.
        page: how it uses its page.
        chance: its own.
        site: where its events go.
    """

    def __init__(self, door_id: str, page: Page, chance: Random, site: SiteRun) -> None:
        self.counts: Counter[str] = Counter()
        self._door_id, self._page, self._chance, self._site = door_id, page, chance, site
        self._at = site.calendar.at
        self._acts = 0

    def begin(self, truth: GroundTruth, days: int) -> None:
        """Put what it will do by itself on the calendar."""
        for opening in truth.openings:
            is_forgotten = opening.breach < 0 and opening.permit is None and not opening.recurs
            if is_forgotten and self._chance.random() < self._page.remembers:
                at_ms = opening.edges[0] + self._ms(self._page.announces_min)
                self._at(max(at_ms, START_MS), self._announces, opening.edges[0])
        for day in range(days):
            if self._chance.random() < self._page.asks_per_day:
                at_ms = START_MS + day * DAY_MS + int(self._chance.uniform(8, 20) * HOUR_MS)
                self._at(at_ms, self._asks, None)

    def saw(self, step: Step) -> None:
        """Its door has made a step: what it does about that."""
        for effect in step.effects:
            if isinstance(effect, SilenceBegan) and self._chance.random() < self._page.answers:
                self._at(self._later(self._page.answers_min), self._answers, None)
            elif isinstance(effect, CaseMoved) and effect.case.reason in BREACHES:
                is_new = effect.case.state in UNANSWERED and effect.case.openings == 1
                if is_new and self._chance.random() < self._page.disputes:
                    later_ms = self._later((60, 600))
                    self._at(later_ms, self._contests, effect.case.case_id)

    def _announces(self, opened_ms: int) -> None:
        now_ms = self._site.calendar.now_ms
        self.counts["announced_on_page"] += 1
        from_ms = min(now_ms, opened_ms) if now_ms - opened_ms < NOW_MS else now_ms
        window = from_ms, now_ms + NOW_MS
        permit = Permit(f"{self._door_id}-page-{now_ms}", *window, 1, NOW_MS, "household", "now")
        self._site.tell_door(self._door_id, PermitAnnounced(permit))

    def _asks(self, _: None) -> None:
        request_id = f"request-{self._door_id}-{self._site.calendar.now_ms}"
        kind = self._chance.choice((RequestKind.FOOD, RequestKind.RUBBISH, RequestKind.MEDICINE))
        self._does(RequestAsked(action_id=self._act(), request_id=request_id, kind=kind))
        household = self._site.turn.household(self._door_id)
        if requests.find(household, request_id) is None:
            self.counts["requests_refused"] += 1
            return
        self.counts["requests"] += 1
        self._at(self._later(self._page.served_min), self._takes, request_id)

    def _takes(self, request_id: str) -> None:
        self._does(RequestTaken(action_id=self._act(), actor=_WARDEN, request_id=request_id))
        self._at(self._later(self._page.served_min), self._brings, request_id)

    def _brings(self, request_id: str) -> None:
        household = self._site.turn.household(self._door_id)
        self.counts["requests_done"] += requests.find(household, request_id) is not None
        self._does(RequestDone(action_id=self._act(), actor=_WARDEN, request_id=request_id))

    def _answers(self, _: None) -> None:
        """It says that all is well, also where nobody is at home who could know."""
        self.counts["seals_spoken_for"] += 1
        said = SealAnswered(
            action_id=self._act(), door_id=self._door_id, answer=SealAnswer.IN_PLACE
        )
        self._does(said)

    def _contests(self, case_id: str) -> None:
        dispute_id = f"dispute-{case_id}"
        self.counts["disputes"] += 1
        raised = DisputeRaised(
            action_id=self._act(),
            dispute_id=dispute_id,
            record=RecordKind.CASE,
            record_id=case_id,
            door_id=self._door_id,
            parties=(_WARDEN.actor_id,),
        )
        self._does(raised)
        self._at(self._later((60, 1_440)), self._is_answered, dispute_id)

    def _is_answered(self, dispute_id: str) -> None:
        named = DisputeAssigned(
            action_id=self._act(), actor=_CENTRE, dispute_id=dispute_id, to=_CENTRE
        )
        self._does(named)
        answered = DisputeAnswered(
            action_id=self._act(),
            actor=_CENTRE,
            dispute_id=dispute_id,
            is_upheld=self._chance.random() < 0.5,
            words="looked at",
        )
        self._does(answered)

    def _does(self, event: HouseholdAction) -> None:
        self._site.apply(of_household(self._door_id), event)  # type: ignore[arg-type] # one of them

    def _act(self) -> str:
        self._acts += 1
        return f"{self._door_id}-{self._acts}"

    def _ms(self, minutes: Range) -> int:
        return int(self._chance.uniform(*minutes) * MINUTE_MS)

    def _later(self, minutes: Range) -> int:
        return self._site.calendar.now_ms + self._ms(minutes)
