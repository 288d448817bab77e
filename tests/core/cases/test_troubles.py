"""Troubles of the site: one case each, for captain and centre, without a door."""

import pytest

from gateway.core.cases import troubles
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.effects import ActionRefused, CaseMoved, Effect, PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseReported,
    DeadlineCame,
    PageReceived,
    PageWentOut,
    StaffSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.model import CaseState
from gateway.core.outcome import Outcome
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import SLOW_TROUBLES, TROUBLES, Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn
from gateway.core.site_model import Troubles
from gateway.core.subject import SITE
from tests.core.actors import DAY, action_id, actor_of
from tests.core.story import NOON

MIDNIGHT = NOON + 10 * HOUR_MS + 30 * MINUTE_MS  # 22:30
PEOPLE = {
    "captain-1": Member("g1", Role.CAPTAIN, (1,)),
    "captain-2": Member("g2", Role.CAPTAIN, (2,)),
    "centre": Member("g1", Role.CENTRE, (3,)),
    "installer": Member("g2", Role.INSTALLER, (4,)),
    "warden": Member("g1", Role.WARDEN, (5,)),
}


class Watch:
    """A site of people and no doors, what befalls it, and who was told when."""

    def __init__(self) -> None:
        self.now_ms = MIDNIGHT
        self.turn = SiteTurn(SiteState(Rulebook()))
        self.effects: list[Effect] = []
        self.told: list[tuple[int, str]] = []
        self.tell(StaffSet(staff.of(PEOPLE, [], [])))

    def tell(self, event: object) -> "Watch":
        for step in self.turn.apply(self.now_ms, SITE, event):  # type: ignore[arg-type]
            self.effects += step.effects
            for out in step.routed:
                if hasattr(out, "warden_id"):
                    self.told.append((self.now_ms - MIDNIGHT, out.warden_id))
        return self

    def after(self, ms: int) -> "Watch":
        until_ms = self.now_ms + ms
        while (due_ms := self.turn.due_ms(SITE)) is not None and due_ms <= until_ms:
            self.now_ms = due_ms
            self.tell(DeadlineCame())
        self.now_ms = until_ms
        return self

    def cases(self) -> list[CaseMoved]:
        return [effect for effect in self.effects if isinstance(effect, CaseMoved)]

    def names(self) -> list[str]:
        return [name for _, name in self.told]

    def take(self, case_id: str = "", by: str = "captain-1") -> "Watch":
        case_id = case_id or self.cases()[-1].case.case_id
        return self.tell(CaseAcknowledged(case_id, actor_of(by), action_id()))


@pytest.mark.parametrize("reason", sorted(TROUBLES - SLOW_TROUBLES))
def test_a6_the_loss_of_the_watch_is_told_at_once_at_any_hour_to_captains_and_centre(
    reason: Reason,
) -> None:
    watch = Watch().tell(TroubleBegan(reason))
    assert watch.told == [(0, "captain-1"), (0, "captain-2"), (0, "centre")]
    watch.after(Rules().deputy_ms)
    assert watch.names()[3:] == ["installer"]
    watch.after(Rules().again_ms)
    assert watch.names()[4:7] == ["captain-1", "captain-2", "centre"]
    before = len(watch.told)
    watch.take().after(HOUR_MS - 1)
    assert len(watch.told) == before


@pytest.mark.parametrize("reason", sorted(SLOW_TROUBLES))
def test_a6_what_leaves_the_watch_standing_is_told_at_once_and_again_day_by_day(
    reason: Reason,
) -> None:
    watch = Watch().tell(TroubleBegan(reason, "x1")).after(2 * HOUR_MS)
    assert sorted(watch.names()) == ["captain-1", "captain-2", "centre", "installer"]
    watch.after(DAY)
    assert watch.names().count("centre") == 2


def test_a_trouble_that_is_said_again_is_one_case_and_another_of_its_kind_another() -> None:
    watch = Watch()
    for about in ("a", "a", "b", "a"):
        watch.tell(TroubleBegan(Reason.CHANNEL_FAILING, about))
    assert len({moved.case.case_id for moved in watch.cases()}) == 2
    assert {moved.about for moved in watch.cases()} == {"a", "b"}
    assert {moved.door_id for moved in watch.cases()} == {""}


def test_what_heals_ends_untaken_and_what_must_be_looked_into_waits_for_a_person() -> None:
    healed = Watch().tell(TroubleBegan(Reason.DISK_LOW)).tell(TroubleEnded(Reason.DISK_LOW))
    assert healed.cases()[-1].case.state is CaseState.CLOSED
    assert healed.cases()[-1].case.outcome == Reason.TROUBLE_OVER
    assert healed.turn.troubles.troubles == ()
    twin = Watch().tell(TroubleBegan(Reason.TWIN)).tell(TroubleEnded(Reason.TWIN))
    (trouble,) = twin.turn.troubles.troubles
    assert trouble.case is not None
    assert trouble.case.state is CaseState.RAISED
    assert trouble.case.cleared_ms == MIDNIGHT
    assert len(twin.after(Rules().again_ms).told) > 3, "it is told until somebody takes it"


def test_a_taken_trouble_goes_round_the_whole_loop_and_comes_again_as_a_new_case() -> None:
    watch = Watch().tell(TroubleBegan(Reason.DISK_LOW)).take()
    first = watch.cases()[-1].case.case_id
    watch.tell(CaseReported(first, actor_of("captain-1"), action_id(), outcome=Outcome.REPAIRED))
    assert watch.cases()[-1].case.state is CaseState.REPORTED
    watch.tell(TroubleEnded(Reason.DISK_LOW)).tell(TroubleBegan(Reason.DISK_LOW))
    second = watch.cases()[-1].case
    assert second.case_id != first
    assert second.refers_to == first


def test_a_page_that_went_out_moves_the_case_on_and_an_unknown_case_is_refused() -> None:
    watch = Watch().tell(TroubleBegan(Reason.FORGERY))
    page = next(effect for effect in watch.effects if isinstance(effect, PageDue))
    watch.tell(PageWentOut(page.case_id, page.page_id))
    assert watch.cases()[-1].case.state is CaseState.PAGED
    watch.take("trouble-1-99")
    refused = watch.effects[-1]
    assert isinstance(refused, ActionRefused)
    assert refused.refusal is Refusal.NO_SUCH_CASE


def test_too_many_of_a_kind_are_one_case_more_that_waits_for_a_person() -> None:
    watch = Watch()
    for number in range(100):
        watch.tell(TroubleBegan(Reason.POISONED, f"row-{number}"))
    assert len(watch.turn.troubles.troubles) == troubles.EACH_MAX + 1
    last = watch.turn.troubles.troubles[-1]
    assert (last.about, last.is_over) == (troubles.MORE, True)
    for number in range(100):
        watch.tell(TroubleEnded(Reason.POISONED, f"row-{number}"))
    assert all(trouble.is_over for trouble in watch.turn.troubles.troubles)


def test_more_of_a_kind_that_heals_is_told_once_and_waits_for_a_person_too() -> None:
    watch = Watch()
    for number in range(troubles.EACH_MAX):
        watch.tell(TroubleBegan(Reason.NETWORK_AWAY, f"net-{number}"))
    before = len(watch.effects)
    for number in range(10, 22):
        watch.tell(TroubleBegan(Reason.NETWORK_AWAY, f"net-{number}"))
    since = watch.effects[before:]
    assert sum(isinstance(effect, PageDue) for effect in since) == 3, "each step of one case"
    last = watch.turn.troubles.troubles[-1]
    assert last.case is not None
    assert (last.about, last.case.state) == (troubles.MORE, CaseState.RAISED)
    for number in range(22):
        watch.tell(TroubleEnded(Reason.NETWORK_AWAY, f"net-{number}"))
    (left,) = watch.turn.troubles.troubles
    assert left == last, "nobody counted whether those have healed"
    watch.take(last.case.case_id).after(Rules().on_site_ms - 1)
    assert watch.cases()[-1].case.state is CaseState.ACKNOWLEDGED


def test_several_times_of_troubles_and_none_of_outages_each_come() -> None:
    watch = Watch().tell(TroubleBegan(Reason.TWIN)).after(1_000).tell(TroubleBegan(Reason.FORGERY))
    watch.after(Rules().again_ms + Rules().centre_ms)
    assert watch.names().count("installer") >= 3
    assert watch.turn.troubles != Troubles()


def test_a_handheld_that_signs_for_a_trouble_moves_its_case_on() -> None:
    watch = Watch().tell(TroubleBegan(Reason.DISK_LOW))
    page = next(effect for effect in watch.effects if isinstance(effect, PageDue))
    signed = PageReceived(page.case_id, page.page_id, "captain-1")
    watch.after(MINUTE_MS).tell(signed)
    moved = watch.cases()[-1]
    assert (moved.case.state, moved.at_ms) == (CaseState.PAGED, watch.now_ms)
    before = len(watch.effects)
    watch.tell(signed)
    assert len(watch.effects) == before, "once"
    watch.tell(PageReceived("trouble-0-0", page.page_id, "captain-1"))
    assert len(watch.effects) == before, "of a case that is none"


def test_a_trouble_is_known_by_the_beginning_of_what_it_is_about_and_since_when() -> None:
    """However long the name of a channel is: in a row there is so much room."""
    name = "c" * (troubles.ABOUT_MAX - 1)
    watch = Watch().tell(TroubleBegan(Reason.CHANNEL_FAILING, name + "a-long", 5 * MINUTE_MS))
    (trouble,) = watch.turn.troubles.troubles
    assert (trouble.about, trouble.since_ms) == (name + "a", watch.now_ms - 5 * MINUTE_MS)
    assert trouble.case is not None
    assert trouble.case.since_ms == watch.now_ms - 5 * MINUTE_MS
    watch.tell(TroubleBegan(Reason.CHANNEL_FAILING, name + "a-longer"))
    assert len(watch.turn.troubles.troubles) == 1
    for known, is_there in ((name + "a-long", True), (name + "b", False)):
        its = watch.turn.troubles
        assert troubles.is_present(its, Reason.CHANNEL_FAILING, known) is is_there
    assert not troubles.is_present(watch.turn.troubles, Reason.TWIN, name + "a")
    watch.tell(TroubleEnded(Reason.CHANNEL_FAILING, name + "a-long"))
    assert watch.turn.troubles.troubles == ()
    assert not troubles.has_present(watch.turn.troubles, Reason.CHANNEL_FAILING)


def test_one_that_comes_again_while_somebody_has_it_is_since_then_and_told_again() -> None:
    watch = Watch().tell(TroubleBegan(Reason.DISK_LOW)).take()
    first = watch.cases()[-1].case
    watch.tell(TroubleEnded(Reason.DISK_LOW)).after(MINUTE_MS)
    watch.tell(TroubleBegan(Reason.DISK_LOW, "", 1_000))
    (trouble,) = watch.turn.troubles.troubles
    assert (trouble.since_ms, trouble.is_over) == (watch.now_ms - 1_000, False)
    assert trouble.case is not None
    assert (trouble.case.case_id, trouble.case.state) == (first.case_id, CaseState.RAISED)
    assert trouble.case.cleared_ms is None
