"""Orders, permits, cases and bursts of refusals."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.actor import actor_of
from gateway.core.cases.refusal import Refusal
from gateway.core.effects import ActionRefused, CaseMoved, Effect, PermitSpent
from gateway.core.events import OrderPlaced
from gateway.core.model import CaseState, Contact, Order
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story


def states(effects: Iterable[Effect]) -> list[CaseState]:
    return [moved.case.state for moved in effects if isinstance(moved, CaseMoved)]


def refusals(effects: Iterable[Effect]) -> list[Refusal]:
    """Why each of them was refused; nothing else must have followed."""
    refused = [effect for effect in effects if isinstance(effect, ActionRefused)]
    assert refused == list(effects)
    return [refused_action.refusal for refused_action in refused]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (None, Reason.NO_ORDER),
        (Order("o", NOON + HOUR, NOON + DAY), Reason.ORDER_NOT_BEGUN),
        (Order("o", NOON - DAY, NOON), Reason.ORDER_OVER),
    ],
)
def test_outside_an_order_openings_are_recorded_and_never_paged(
    order: Order | None, reason: Reason
) -> None:
    story = Story(ordered=False)
    if order:
        story.tell(OrderPlaced(order))
    story.opens(cover=True)
    story.heartbeat(Contact.SHUT, edges=story.edges + 3)
    assert {began.reason for began in story.began()} == {reason}
    assert story.pages() == []


def test_a_permit_lets_a_door_open_and_nobody_is_bothered() -> None:
    story = Story()
    story.permit(openings=2)
    for _ in range(2):
        story.opens()
        story.after(MINUTE).shuts()
        story.after(MINUTE)
    assert story.pages() == []
    assert [began.permit_id for began in story.began()] == ["p1", "p1"]
    spent = [e.openings_left for e in story.effects if isinstance(e, PermitSpent)]
    assert spent == [1, 0]
    story.opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


def test_an_opening_that_outlasts_its_permit_pages_at_that_moment() -> None:
    story = Story()
    story.permit(longest_ms=5 * MINUTE)
    story.opens()
    story.after(5 * MINUTE - 1)
    assert story.pages() == []
    story.after(1)
    (page,) = story.pages()
    assert (page.reason, page.since_ms) == (Reason.PERMIT_OVERSTAYED, NOON + 5 * MINUTE)
    story.after(HOUR)
    assert len(story.pages()) == 1


def test_a_permit_that_was_kept_never_pages() -> None:
    story = Story()
    story.permit(longest_ms=5 * MINUTE)
    story.opens()
    story.after(4 * MINUTE).shuts()
    story.after(HOUR)
    assert story.pages() == []


def test_the_permit_that_ends_soonest_is_spent_first() -> None:
    story = Story()
    story.permit(name="wide")
    story.now_ms -= 10 * MINUTE
    story.permit(name="narrow")
    story.now_ms += 10 * MINUTE
    story.opens()
    assert story.began()[0].permit_id == "narrow"


@pytest.mark.parametrize("kind", ["cover", "magnet"])
def test_tamper_is_paged_once_until_it_is_in_order_again(kind: str) -> None:
    story = Story()
    story.heartbeat(Contact.SHUT, **{kind: True})
    story.heartbeat(Contact.SHUT, **{kind: True})
    assert [page.reason for page in story.pages()] == [Reason(f"{kind}_tamper")]
    story.heartbeat(Contact.SHUT)
    story.heartbeat(Contact.SHUT, **{kind: True})
    assert len(story.pages()) == 2


def test_a_case_goes_round_the_workflow() -> None:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    assert refusals(story.acknowledge("another")) == [Refusal.NO_SUCH_CASE]
    assert refusals(story.file(case_id)) == [
        Refusal.TAKE_FIRST,
        Refusal.NOT_REPORTED,
        Refusal.NOT_REPORTED,
    ]
    (moved,) = story.acknowledge(case_id)
    assert (states([moved]), moved.by) == ([CaseState.ACKNOWLEDGED], actor_of("Wang"))
    assert refusals(story.acknowledge(case_id)) == [Refusal.DONE_ALREADY]
    moved, *signed = story.file(case_id, outcome=Outcome.LAWFUL)
    assert (states([moved]), moved.case.outcome) == ([CaseState.REPORTED], Outcome.LAWFUL)
    assert states(signed) == [CaseState.ASSESSED, CaseState.SIGNED_OFF]
    assert refusals(story.acknowledge(case_id)) == [Refusal.IN_REVIEW]
    assert len(refusals(story.file(case_id))) == 3


def test_what_is_signed_off_closes_when_it_is_over_and_not_before() -> None:
    """Nothing closes that still goes on: the door stands open."""
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    story.file(case_id)
    assert story.door.in_review[0].cleared_ms is None
    story.after(MINUTE).shuts()
    story.after(MINUTE)
    assert states(story.moves()[-1:]) == [CaseState.CLOSED]
    assert story.moves()[-1].case.cleared_ms is not None
    assert story.door.case is None
    assert story.door.in_review == ()


def test_an_acknowledged_case_is_raised_again_by_the_next_opening() -> None:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    story.after(5 * SECOND).shuts()
    story.after(5 * SECOND)
    story.opens()
    assert story.door.case is not None
    assert (story.door.case.state, story.door.case.case_id) == (CaseState.RAISED, case_id)


def test_after_a_case_is_in_review_the_next_opening_is_a_new_one() -> None:
    story = Story()
    story.opens()
    story.acknowledge(story.pages()[0].case_id)
    story.file(story.pages()[0].case_id)
    story.after(5 * SECOND).shuts()
    story.after(5 * SECOND)
    story.opens()
    assert story.pages()[1].case_id == story.pages()[1].page_id == f"{SEAL}-3"
    assert story.door.case is not None
    assert story.door.case.refers_to == f"{SEAL}-1"


def test_a_burst_of_refusals_becomes_one_case() -> None:
    story = Story()
    for _ in range(9):
        assert story.after(SECOND).refused() == []
    story.after(SECOND).refused()
    assert [page.reason for page in story.pages()] == [Reason.REFUSALS]
    for _ in range(100):
        story.after(SECOND).refused()
    assert len(story.pages()) == 1


def test_refusals_that_come_slowly_are_no_burst() -> None:
    story = Story()
    for _ in range(100):
        story.after(10 * SECOND).refused()
    assert story.pages() == []


_ACTS = st.sampled_from(
    [
        "opens",
        "shuts",
        "heartbeat",
        "gap",
        "late",
        "permit",
        "refused",
        "ack",
        "site",
        "file",
        "order",
    ]
)


@settings(max_examples=300, deadline=None, print_blob=True)
@given(st.lists(st.tuples(_ACTS, st.integers(0, 20 * MINUTE)), max_size=40))
def test_a_journal_lived_through_again_gives_the_same_door(days: list[tuple[str, int]]) -> None:
    story = Story()
    for act, pause_ms in days:
        _act(story.after(pause_ms), act)
    assert story.replayed() == story.door
    page_ids = [page.page_id for page in story.pages()]
    assert len(page_ids) == len(set(page_ids))
    assert all(began.opened_ms <= began.latest_ms for began in story.began())


def _act(story: Story, act: str) -> None:  # noqa: C901 - a table
    is_open = story.door.contact is Contact.OPEN
    case_id = story.door.case.case_id if story.door.case else "none"
    match act:
        case "opens" | "shuts":
            story.shuts() if is_open else story.opens()
        case "heartbeat":
            story.heartbeat(story.door.contact)
        case "gap":
            story.heartbeat(Contact.SHUT, edges=(story.edges + 3) % 0x10000)
        case "late":
            edges = story.edges
            story.report(Contact.OPEN, edges=(edges - 2) % 0x10000)
            story.edges = edges
        case "permit":
            story.permit(name=f"p{len(story.journal)}")
        case "refused":
            story.refused()
        case "ack":
            story.acknowledge(case_id)
        case "site":
            story.on_site(case_id)
        case "file":
            story.file(case_id)
        case "order":
            story.tell(OrderPlaced(Order("order-1", NOON - DAY, story.now_ms)))


def test_an_order_that_ends_closes_its_open_case_with_that_reason() -> None:
    story = Story()
    story.opens()
    story.after(14 * DAY)
    moved = story.moves()[-1]
    assert (moved.case.state, moved.case.outcome, moved.by) == (
        CaseState.CLOSED,
        Reason.ORDER_OVER,
        None,
    )
    assert story.door.case is None


def test_an_order_that_is_continued_keeps_its_case_open() -> None:
    story = Story()
    story.opens()
    story.tell(OrderPlaced(Order("order-2", NOON + 13 * DAY, NOON + 20 * DAY)))
    story.after(14 * DAY)
    assert story.door.case is not None
    story.after(7 * DAY)
    assert story.door.case is None


def test_a_late_announcement_within_the_grace_time_ends_the_case_and_says_so() -> None:
    story = Story()
    story.opens()
    story.after(5 * MINUTE)
    story.permit(openings=2, longest_ms=20 * MINUTE)
    moved = story.moves()[-1]
    assert (moved.case.state, moved.case.outcome) == (CaseState.CLOSED, Reason.ANNOUNCED_LATE)
    assert story.door.permits[0].openings == 1
    assert story.door.opening is not None
    assert story.door.opening.reason is Reason.PERMIT
    story.after(15 * MINUTE)  # and it must keep to what was announced
    assert story.pages()[-1].reason is Reason.PERMIT_OVERSTAYED


def test_an_announcement_after_the_grace_time_changes_nothing() -> None:
    story = Story()
    story.opens()
    story.after(11 * MINUTE)
    story.permit()
    assert story.door.case is not None
    assert story.door.permits[0].openings == 1


def test_a_late_announcement_excuses_one_opening_not_two() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).shuts()
    story.after(MINUTE).opens()
    story.permit(openings=5)
    assert story.door.case is not None


def test_tampering_is_locked_until_a_person_was_at_the_door() -> None:
    story = Story()
    story.heartbeat(Contact.SHUT, cover=True)
    case_id = story.pages()[0].case_id
    story.heartbeat(Contact.SHUT)
    assert refusals(story.report_outcome(case_id)) == [Refusal.NEEDS_VISIT]
    story.acknowledge(case_id)
    assert refusals(story.report_outcome(case_id)) == [Refusal.NEEDS_VISIT]
    (moved,) = story.on_site(case_id)
    assert (states([moved]), moved.by) == ([CaseState.ON_SITE], actor_of("Wang"))
    assert states(story.file(case_id))[-1] is CaseState.CLOSED


def test_an_opening_after_tampering_keeps_the_tampering_in_sight() -> None:
    story = Story()
    story.heartbeat(Contact.SHUT, magnet=True)
    story.opens(magnet=True)
    assert [page.reason for page in story.pages()] == [Reason.MAGNET_TAMPER, Reason.NO_PERMIT]
    assert story.door.case is not None
    assert (story.door.case.reason, story.door.case.locked) == (Reason.MAGNET_TAMPER, True)


def test_a_late_announcement_does_not_end_a_case_of_tampering() -> None:
    story = Story()
    story.heartbeat(Contact.SHUT, cover=True)
    story.permit()
    assert story.door.case is not None
