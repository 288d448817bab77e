"""A door that is taken out of use, and a seal that is taken off."""

from gateway.core.actor import actor_of
from gateway.core.events import (
    CaseAssessed,
    CaseSignedOff,
    DoorEnded,
    OrderPlaced,
    OutageBegan,
    SealBound,
    SealUnbound,
)
from gateway.core.model import Contact, Order
from gateway.core.reasons import Reason
from tests.core.actors import action_id
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, Story


def test_e8_without_a_seal_nothing_is_expected_and_nothing_known() -> None:
    story = Story()
    story.tell(SealBound(SEAL, 100_000))
    story.tell(SealUnbound("ffffffffffffffff"))  # another's
    assert story.door.seal_id == SEAL
    story.tell(SealUnbound(SEAL))
    assert (story.door.seal_id, story.door.contact) == (None, Contact.UNKNOWN)
    before = len(story.pages())
    story.opens()  # what it says from now on is another door's
    story.after(2 * DAY)
    assert len(story.pages()) == before
    assert story.door.silence is None


def test_e8_an_order_that_ends_now_closes_what_was_open_under_it() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE)
    assert story.door.case is not None
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, story.now_ms)))
    assert story.door.case is None
    assert story.moves()[-1].case.outcome == Reason.ORDER_OVER
    pages = len(story.pages())
    story.after(HOUR)
    assert len(story.pages()) == pages


def test_e8_a_door_out_of_use_needs_nobody_any_more() -> None:
    story = Story(ordered=False)
    for _ in range(12):
        story.refused()
    raised = story.door.case
    assert raised is not None
    story.tell(SealUnbound(SEAL))
    story.tell(DoorEnded())
    assert story.door.case is None
    assert story.moves()[-1].case.outcome == Reason.DOOR_ENDED
    pages = len(story.pages())
    story.after(3 * DAY)
    assert len(story.pages()) == pages


def test_e8_a_door_out_of_use_waits_for_nothing_that_it_waited_for() -> None:
    """Neither to be told of a cover that came off before its order, nor for an outage to end."""
    story = Story(ordered=False)
    story.heartbeat(Contact.SHUT, cover=True)
    story.tell(OrderPlaced(Order("o", NOON - DAY, NOON + DAY)))
    story.tell(OutageBegan("outage"))
    assert None not in (story.door.tampered_ms, story.door.outage)
    story.tell(DoorEnded())
    assert (story.door.tampered_ms, story.door.outage, story.door.canary) == (None, None, None)
    story.after(2 * HOUR)
    assert story.pages() == []


def test_e8_what_is_in_review_waits_for_its_people() -> None:
    story = Story()
    story.opens()
    case = story.door.case
    assert case is not None
    story.acknowledge(case.case_id)
    story.report_outcome(case.case_id)
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, story.now_ms)))
    story.tell(SealUnbound(SEAL))
    story.tell(DoorEnded())
    assert [one.case_id for one in story.door.in_review] == [case.case_id]
    story.tell(CaseAssessed(case.case_id, actor_of("Zhao"), action_id()))
    story.tell(CaseSignedOff(case.case_id, actor_of("Qian"), action_id()))
    assert story.door.in_review == ()
    assert story.replayed() == story.door
