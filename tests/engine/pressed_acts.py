"""What people press, at random: about a case, for a household, about a seal, of themselves."""

import random

from gateway.core.actor import CENTRE, actor_of
from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan, WalkTestEnded
from gateway.core.events import (
    CaseHandedOver,
    CaseSignedOff,
    DutyEnds,
    Event,
    PageTestAnswered,
    PageTestAsked,
    PermitAnnounced,
    PersonOnTheWay,
    ReportTakenBack,
)
from gateway.core.households.events import (
    DisputeRaised,
    HealthReported,
    RequestAsked,
    RequestAtTheDoor,
    RequestDone,
    RequestLeft,
    RequestTaken,
    RequestWithdrawn,
    SaidOfSeal,
)
from gateway.core.households.model import RecordKind, RequestKind, Said, SealAnswer
from gateway.core.model import Permit
from gateway.core.subject import SITE, Subject, of_door, of_household
from gateway.engine.engine import Engine

MINUTE, HOUR = 60_000, 3_600_000
PEOPLE = ("wang", "li", "chen", "zhao")


class Presses:
    """Draws one press after the other."""

    def __init__(self, chance: random.Random, doors: int) -> None:
        self._chance, self._doors = chance, doors
        self._names = 0

    def draw(self, engine: Engine, now_ms: int) -> tuple[Subject, Event]:
        """What somebody presses now, at what this gateway shows them."""
        self._names += 1
        draw = self._chance.choice([self._of_case, self._of_household, self._of_seal, self._own])
        return draw(engine, f"door-{self._chance.randrange(self._doors)}", now_ms)

    def _of_case(self, engine: Engine, door_id: str, now_ms: int) -> tuple[Subject, Event]:
        case = engine.state.doors[door_id].case
        case_id = case.case_id if case else "no-such-case"
        hers = case_id, actor_of(self._chance.choice(PEOPLE)), f"press-{self._names}"
        event = self._chance.choice(
            [
                PersonOnTheWay(*hers),
                CaseHandedOver(*hers, to=self._chance.choice(PEOPLE)),
                ReportTakenBack(*hers),
                CaseSignedOff(case_id, CENTRE, hers[2]),
                DutyEnds(case_id, now_ms + HOUR),
            ]
        )
        return of_door(door_id), event

    def _of_household(self, _: Engine, door_id: str, now_ms: int) -> tuple[Subject, Event]:
        name = {"action_id": f"press-{self._names}"}
        request_id = f"request-{self._chance.randrange(3)}-{door_id}"
        staff = {**name, "actor": actor_of(self._chance.choice(PEOPLE)), "request_id": request_id}
        from_ms, to_ms = now_ms, now_ms + 4 * HOUR
        permit = Permit(f"of-{request_id}", from_ms, to_ms, 2, 10 * MINUTE, "Li", "food")
        asked = RequestAsked(
            **name, request_id=request_id, kind=RequestKind.FOOD, words="rice", permit=permit
        )
        event = self._chance.choice(
            [
                asked,
                asked,
                RequestWithdrawn(**name, request_id=request_id),
                RequestTaken(**staff),
                RequestAtTheDoor(**staff),
                RequestDone(**staff),
                RequestLeft(**staff),
                HealthReported(**name, is_well=self._chance.random() < 0.5),
                DisputeRaised(
                    **name,
                    dispute_id=f"dispute-{self._names}",
                    record=RecordKind.OPENING,
                    record_id="an-opening",
                    door_id=door_id,
                ),
            ]
        )
        return of_household(door_id), event

    def _of_seal(self, engine: Engine, door_id: str, now_ms: int) -> tuple[Subject, Event]:
        seal_id = engine.state.doors[door_id].seal_id or ""
        test_id = f"test-{self._names - self._chance.randrange(3)}"
        visit = Visit(f"visit-{self._names}", seal_id, now_ms, now_ms + HOUR, "Li")
        said = SaidOfSeal(Said(), self._chance.choice(list(SealAnswer)))
        permit = Permit(f"again-{door_id}", now_ms, now_ms + HOUR, 1, MINUTE, "Li", "again")
        event = self._chance.choice(
            [
                VisitAnnounced(visit),
                WalkTestBegan(test_id, seal_id, actor_of("li"), now_ms + 10 * MINUTE),
                WalkTestEnded(test_id),
                PermitAnnounced(permit),
                said,
            ]
        )
        return of_door(door_id), event

    def _own(self, _: Engine, door_id: str, now_ms: int) -> tuple[Subject, Event]:
        who, page_id = self._chance.choice(PEOPLE), f"test-page-{self._names}"
        asked = PageTestAsked(who, page_id)
        answered = PageTestAnswered(f"test-page-{self._names - 1}", "no-such-sending", who, True)
        return SITE, self._chance.choice([asked, answered])
