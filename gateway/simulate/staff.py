"""The people around a door: the warden who is paged, the reviewer who signs off, the installer."""

from collections.abc import Callable
from random import Random

from gateway.core.actor import CENTRE, actor_of
from gateway.core.duration import HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.effects import PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseReported,
    CaseSignedOff,
    Event,
    PersonOnSite,
)
from gateway.core.model import CaseState, Door
from gateway.core.outcome import Outcome
from gateway.core.reasons import FAULTS
from gateway.simulate.calendar import Calendar
from gateway.simulate.scenario import Warden

BY = actor_of("warden")


class Staff:
    """What people do about one door's cases. They act only on what they were paged for."""

    def __init__(
        self,
        scenario: Warden,
        chance: Random,
        calendar: Calendar,
        door: Callable[[], Door],
        tell: Callable[[Event], None],
        repaired: Callable[[], None],
    ) -> None:
        self._scenario, self._chance, self._calendar = scenario, chance, calendar
        self._door, self._tell, self._repaired = door, tell, repaired
        self._actions = 0
        self._acting: str | None = None  # the case that a person has in hand or will have

    def paged(self, page: PageDue) -> None:
        """A page arrived. Most are answered soon; some escalate first."""
        if page.case_id == self._acting:
            return
        case = self._door().case
        if page.reason in FAULTS and case is not None and case.reason not in FAULTS:
            return  # the installer mends the seal; the case is somebody else's
        self._acting = page.case_id
        wait_ms = int(self._chance.uniform(*self._scenario.acknowledges_s) * SECOND_MS)
        if page.reason in FAULTS:  # the installer's own round
            wait_ms += int(self._chance.uniform(0, 2) * HOUR_MS)
        self._after(wait_ms, self._acknowledges, page.case_id)

    def _acknowledges(self, case_id: str) -> None:
        self._tell(CaseAcknowledged(case_id, BY, self._action_id()))
        self._after(self._minutes("arrives_min"), self._arrives, case_id)

    def _arrives(self, case_id: str) -> None:
        case = self._door().case
        if case is None or case.case_id != case_id:
            return  # a rule has ended it meanwhile
        if case.locked:
            self._tell(PersonOnSite(case_id, BY, self._action_id()))
            self._repaired()
        self._after(self._minutes("closes_min"), self._reports, case_id)

    def _reports(self, case_id: str) -> None:
        case = self._door().case
        if case is None or case.case_id != case_id:
            return
        if case.state not in (CaseState.ACKNOWLEDGED, CaseState.ON_SITE) or (
            case.locked and case.state is not CaseState.ON_SITE
        ):
            self._tell(CaseAcknowledged(case_id, BY, self._action_id()))  # raised again meanwhile
            self._arrives(case_id)
            return
        self._tell(CaseReported(case_id, BY, self._action_id(), outcome=Outcome.IN_ORDER))
        self._after(self._minutes("closes_min"), self._assesses, case_id)

    def _assesses(self, case_id: str) -> None:
        self._tell(CaseAssessed(case_id, CENTRE, self._action_id()))
        self._after(self._minutes("closes_min"), self._signs_off, case_id)

    def _signs_off(self, case_id: str) -> None:
        self._tell(CaseSignedOff(case_id, CENTRE, self._action_id()))

    def _action_id(self) -> str:
        self._actions += 1
        return str(self._actions)

    def _after(self, wait_ms: int, then: Callable[[str], None], case_id: str) -> None:
        self._calendar.at(self._calendar.now_ms + wait_ms, then, case_id)

    def _minutes(self, name: str) -> int:
        pair: tuple[float, float] = getattr(self._scenario, name)
        return int(self._chance.uniform(*pair) * MINUTE_MS)
