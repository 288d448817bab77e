"""When most of the site is silent, when that is over, and what the site knows of its troubles."""

import pytest
from msgspec.structs import replace

from gateway.core.cases import troubles
from gateway.core.cases.troubles import ABOUT_MAX, EACH_MAX, MORE
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseReported,
    DeadlineCame,
    DutyEnds,
    Event,
    PageReceived,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.model import CaseState, Door, Doubt, Order, Silence
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Trouble, Troubles
from tests.core.actors import HOUR, MINUTE, SECOND, action_id, actor_of
from tests.core.story import DAY, NOON

RULES, NONE = Rules(), Troubles()
LOST, OVER = TroubleBegan(Reason.WATCH_LOST), TroubleEnded(Reason.WATCH_LOST)
WATCHED = Door("d", seal_id="s", heartbeat_ms=1, orders=(Order("o", NOON - HOUR, NOON + HOUR),))
SILENT = replace(WATCHED, silence=Silence(NOON))
KNOWN = Troubles((Trouble("t", Reason.WATCH_LOST, "", NOON),))


def event(silent: int, heard: int, known: Troubles = NONE, rules: Rules = RULES) -> object:
    doors = [SILENT] * silent + [WATCHED] * heard
    return troubles.watch_event(doors, known, NOON, rules)


@pytest.mark.parametrize(
    ("silent", "heard", "is_lost"),
    [(2, 0, False), (3, 0, True), (3, 3, True), (3, 4, False), (50, 50, True), (50, 51, False)],
)
def test_the_watch_is_lost_with_half_of_it_and_three_doors_at_least(
    silent: int, heard: int, is_lost: bool
) -> None:
    assert event(silent, heard) == (LOST if is_lost else None)


@pytest.mark.parametrize(
    ("silent", "heard", "is_over"),
    [(2, 0, True), (3, 3, False), (3, 5, False), (3, 6, True), (30, 50, False), (29, 50, True)],
)
def test_it_is_over_with_a_quarter_less_so_that_it_does_not_come_and_go(
    silent: int, heard: int, is_over: bool
) -> None:
    assert event(silent, heard, KNOWN) == (OVER if is_over else None)


def test_how_many_and_what_share_are_the_sites_to_set() -> None:
    rules = Rules(blind_doors=1, blind_percent=20)
    assert event(1, 4, rules=rules) == LOST
    assert event(1, 5, rules=rules) is None


def test_another_loss_of_the_watch_explains_it_and_one_that_is_over_does_not() -> None:
    broker = Troubles((Trouble("t", Reason.WATCH_LOST, "broker", NOON),))
    assert event(5, 0, broker) is None
    ended = Troubles((Trouble("t", Reason.WATCH_LOST, "broker", NOON, is_over=True),))
    assert event(5, 0, ended) == LOST
    assert event(5, 0, Troubles((Trouble("t", Reason.TWIN, "", NOON),))) == LOST


@pytest.mark.parametrize(
    "nobodys",
    [
        replace(SILENT, orders=()),
        replace(SILENT, orders=(Order("o", NOON + 1, NOON + HOUR),)),
        replace(SILENT, seal_id=None),
        replace(SILENT, heartbeat_ms=None),
    ],
)
def test_a_door_that_nobody_watches_is_no_loss(nobodys: Door) -> None:
    assert troubles.watch_event([nobodys] * 9, Troubles(), NOON, RULES) is None
    doors = [nobodys] * 9 + [SILENT] * 3
    assert troubles.watch_event(doors, Troubles(), NOON, RULES) == LOST, "and no comfort either"
    late = replace(SILENT, orders=(Order("o", NOON - HOUR, NOON),), doubt=Doubt(0, MINUTE))
    assert troubles.watch_event([late] * 3, Troubles(), NOON, RULES) == LOST


class Gateway:
    """What befell the site, and what followed."""

    def __init__(self) -> None:
        self.now_ms = NOON
        self.known = Troubles()

    def tell(self, event: Event) -> list[Effect]:
        self.known, effects = troubles.step(self.known, event, self.now_ms, RULES)
        return list(effects)

    def until_due(self) -> list[Effect]:
        due_ms = troubles.next_deadline(self.known)
        assert due_ms is not None
        self.now_ms = due_ms
        return self.tell(DeadlineCame())

    def of(self, about: str) -> Trouble:
        return next(t for t in self.known.troubles if t.about == about)


def test_each_has_a_number_of_its_own_and_says_since_when_it_is() -> None:
    site = Gateway()
    moved, *pages = site.tell(TroubleBegan(Reason.TWIN, "a", 5 * MINUTE))
    case_id = f"trouble-{NOON}-1"
    assert isinstance(moved, CaseMoved)
    assert (moved.case.case_id, moved.case.since_ms) == (case_id, NOON - 5 * MINUTE)
    assert (moved.area, moved.about, moved.door_id) == ("site", "a", "")
    assert [page.step_index for page in pages if isinstance(page, PageDue)] == [0, 1]
    site.tell(TroubleBegan(Reason.TWIN, "b"))
    assert [t.trouble_id for t in site.known.troubles] == [case_id, f"trouble-{NOON}-2"]
    assert site.known.raised == 2
    assert site.of("a") == Trouble(
        case_id, Reason.TWIN, "a", NOON - 5 * MINUTE, case=site.of("a").case, last_case=case_id
    )


def test_what_it_is_about_is_short() -> None:
    site = Gateway()
    site.tell(TroubleBegan(Reason.TWIN, "x" * 99))
    assert [t.about for t in site.known.troubles] == ["x" * ABOUT_MAX]
    assert site.tell(TroubleBegan(Reason.TWIN, "x" * 98)) == []
    assert troubles.is_present(site.known, Reason.TWIN, "x" * 50)
    site.tell(TroubleEnded(Reason.TWIN, "x" * 77))
    assert site.known.troubles[0].is_over
    assert not troubles.is_present(site.known, Reason.TWIN, "x" * 50)
    assert not troubles.has_present(site.known, Reason.TWIN)


def test_one_that_comes_again_before_anybody_answered_raises_its_case_again() -> None:
    site = Gateway()
    site.tell(TroubleBegan(Reason.TWIN))
    site.tell(TroubleEnded(Reason.TWIN))
    assert site.tell(TroubleEnded(Reason.TWIN)) == []
    site.now_ms += MINUTE
    moved, *_ = site.tell(TroubleBegan(Reason.TWIN, "", SECOND))
    assert isinstance(moved, CaseMoved)
    assert (moved.case.openings, moved.case.cleared_ms) == (2, None)
    (trouble,) = site.known.troubles
    assert (trouble.since_ms, trouble.is_over) == (NOON + MINUTE - SECOND, False)


def test_of_one_kind_so_many_are_told_apart_and_of_another_still_more() -> None:
    site = Gateway()
    for number in range(EACH_MAX):
        site.tell(TroubleBegan(Reason.POISONED, f"row-{number}"))
    assert [t.about for t in site.known.troubles] == [f"row-{n}" for n in range(EACH_MAX)]
    effects = site.tell(TroubleBegan(Reason.POISONED, "row-9"))
    more = site.of(MORE)
    assert more.is_over, "nobody counts them"
    assert more.case is not None
    assert more.case.cleared_ms == NOON
    assert [e.case.cleared_ms for e in effects if isinstance(e, CaseMoved)] == [None, NOON]
    assert site.tell(TroubleBegan(Reason.POISONED, "row-10")) == [], "it says so already"
    assert site.tell(TroubleBegan(Reason.POISONED, "row-1")) == []
    site.tell(TroubleBegan(Reason.TWIN))
    assert len(site.known.troubles) == EACH_MAX + 2


def test_more_of_them_after_that_one_was_reported_is_news() -> None:
    site = Gateway()
    for number in range(EACH_MAX + 1):
        site.tell(TroubleBegan(Reason.POISONED, f"row-{number}"))
    first = site.of(MORE).case
    assert first is not None
    wang = actor_of("wang")
    site.tell(CaseAcknowledged(first.case_id, wang, action_id()))
    site.tell(CaseReported(first.case_id, wang, action_id(), outcome=Outcome.REPAIRED))
    moved, *_ = site.tell(TroubleBegan(Reason.POISONED, "row-77"))
    assert isinstance(moved, CaseMoved)
    assert moved.case.case_id == f"trouble-{NOON}-{EACH_MAX + 2}"


@pytest.mark.parametrize("reason", sorted(troubles.HEALS))
def test_what_heals_while_somebody_has_it_waits_for_their_report(reason: Reason) -> None:
    site = Gateway()
    moved, *_ = site.tell(TroubleBegan(reason))
    assert isinstance(moved, CaseMoved)
    site.tell(CaseAcknowledged(moved.case.case_id, actor_of("wang"), action_id()))
    (over,) = site.tell(TroubleEnded(reason))
    assert isinstance(over, CaseMoved)
    assert (over.case.state, over.case.cleared_ms) == (CaseState.ACKNOWLEDGED, NOON)
    assert (over.area, over.about) == ("site", "")


def test_what_heals_closes_what_waits_for_its_review_no_earlier_than_signed_off() -> None:
    site = Gateway()
    moved, *_ = site.tell(TroubleBegan(Reason.DISK_LOW))
    assert isinstance(moved, CaseMoved)
    wang, case_id = actor_of("wang"), moved.case.case_id
    site.tell(CaseAcknowledged(case_id, wang, action_id()))
    site.tell(CaseReported(case_id, wang, action_id(), outcome=Outcome.REPAIRED))
    site.tell(TroubleBegan(Reason.DISK_LOW))  # known already: it goes on
    assert site.tell(TroubleEnded(Reason.DISK_LOW)) == []
    (trouble,) = site.known.troubles
    assert [case.cleared_ms for case in trouble.in_review] == [NOON]


def test_a_receipt_of_one_spares_nobody_of_another_and_moves_its_own_case() -> None:
    site = Gateway()
    for about in ("a", "b"):
        site.tell(TroubleBegan(Reason.TWIN, about))
    case = site.of("b").case
    assert case is not None
    (moved,) = site.tell(PageReceived(case.case_id, case.case_id, "wang"))
    assert isinstance(moved, CaseMoved)
    assert (moved.about, moved.case.state) == ("b", CaseState.PAGED)
    untouched = site.of("a").case
    assert untouched is not None
    assert untouched.state is CaseState.RAISED


def test_a_duty_that_ends_gives_a_trouble_back() -> None:
    site = Gateway()
    for about in ("a", "b"):
        site.tell(TroubleBegan(Reason.TWIN, about))
    case = site.of("b").case
    assert case is not None
    site.tell(CaseAcknowledged(case.case_id, actor_of("wang"), action_id()))
    before = site.known
    assert site.tell(DutyEnds("trouble-0-0", NOON + MINUTE)) == []
    assert site.known == before
    assert site.tell(DutyEnds(case.case_id, NOON + MINUTE)) == []
    held = site.of("b").case
    assert held is not None
    assert held.hands_over_ms == NOON + MINUTE
    assert troubles.next_deadline(site.known) == NOON + MINUTE
    moved, page, *_ = site.until_due()
    assert isinstance(moved, CaseMoved)
    assert isinstance(page, PageDue)
    assert page.page_id == f"{case.case_id}-back-{NOON + MINUTE}"
    assert moved.about == "b"


def test_of_two_times_the_earlier_comes_first_and_both_come_in_one_step() -> None:
    site = Gateway()
    site.tell(TroubleBegan(Reason.TWIN, "a"))
    site.now_ms += SECOND
    site.tell(TroubleBegan(Reason.TWIN, "b"))
    assert troubles.next_deadline(site.known) == NOON + RULES.deputy_ms
    site.now_ms = NOON + HOUR
    pages = [e for e in site.tell(DeadlineCame()) if isinstance(e, PageDue)]
    assert [page.case_id[-1] for page in pages[:2]] == ["1", "2"]
    assert [page.step_index for page in pages[:2]] == [2, 2]
    assert troubles.of_case(site.known, "seal-1") is None
    assert DAY > HOUR
