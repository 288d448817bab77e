"""What is forgotten with a seal, with a memory, or with a door, and what goes on."""

from msgspec.structs import replace

from gateway.core.effects import Effect, SilenceEnded
from gateway.core.events import DoorEnded, MemoryEnded, OrderPlaced, SealBound, SealUnbound
from gateway.core.model import (
    Canary,
    Case,
    CaseState,
    Chattering,
    Contact,
    Door,
    FoundOpen,
    OpenAfterRestart,
    Opening,
    Order,
    Permit,
    Silence,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

OPENING = Opening("o", NOON - HOUR, Reason.PERMIT, "p", NOON + HOUR)
ORDER = Order("order-1", NOON - DAY, NOON + DAY)
FULL = Door(
    "3-201",
    grid_id="g",
    areas=("building:3",),
    seal_id=SEAL,
    heartbeat_ms=100 * SECOND,
    contact=Contact.OPEN,
    edges=7,
    heard_ms=NOON - MINUTE,
    observed_until_ms=NOON - 2 * MINUTE,
    battery_mv=2_900,
    cover=True,
    magnet=True,
    tampered_ms=NOON + HOUR,
    opening=OPENING,
    ended=OPENING,
    opened_ms=(NOON - HOUR,),
    chattering=Chattering(NOON - MINUTE, NOON - MINUTE, NOON - MINUTE, NOON + HOUR),
    open_after_restart=OpenAfterRestart(NOON - HOUR, NOON - MINUTE, NOON + HOUR),
    found_open=FoundOpen(NOON - HOUR, NOON + HOUR),
    silence=Silence(NOON - MINUTE, NOON + HOUR),
    outage="outage",
    orders=(ORDER,),
    permits=(Permit("p", NOON - HOUR, NOON + HOUR, 1, MINUTE, "Li", "meal"),),
    last_case="before",
)


def with_all() -> Story:
    story = Story()
    story.door = FULL
    return story


def of_a_new_seal(seal_id: str | None, heartbeat_ms: int | None) -> Door:
    """What is left of it: its place, its people's words, and an opening that may have shut since
    its seal last knew."""
    return Door(
        "3-201",
        grid_id="g",
        areas=("building:3",),
        seal_id=seal_id,
        heartbeat_ms=heartbeat_ms,
        observed_until_ms=NOON,
        battery_mv=2_900,
        opening=replace(OPENING, shut_from_ms=NOON - 2 * MINUTE),
        outage="outage",
        orders=FULL.orders,
        permits=FULL.permits,
        last_case="before",
    )


def test_another_seal_begins_anew_and_the_site_hears_that_the_lost_one_is() -> None:
    story = with_all()
    assert story.tell(SealBound("new", MINUTE)) == [SilenceEnded(NOON - MINUTE)]
    assert story.door == of_a_new_seal("new", MINUTE)


def test_a_door_without_a_seal_expects_nothing() -> None:
    story = with_all()
    assert story.tell(SealUnbound(SEAL)) == [SilenceEnded(NOON - MINUTE)]
    assert story.door == of_a_new_seal(None, None)


def test_the_same_seal_again_changes_only_what_it_promised() -> None:
    story = with_all()
    assert story.tell(SealBound(SEAL, MINUTE)) == []
    assert story.door == replace(FULL, heartbeat_ms=MINUTE)
    assert story.tell(SealUnbound("another")) == []
    assert story.door == replace(FULL, heartbeat_ms=MINUTE)


def test_an_opening_that_was_shutting_keeps_the_time_since_when() -> None:
    story = with_all()
    shutting = replace(OPENING, shut_ms=NOON - 5, shut_from_ms=NOON - 9, ends_ms=NOON + SECOND)
    story.door = replace(FULL, opening=shutting)
    story.tell(SealBound("new", MINUTE))
    assert story.door.opening == shutting


def test_after_an_older_copy_was_put_back_the_next_report_begins_anew_and_accuses_nobody() -> None:
    story = with_all()
    assert story.tell(MemoryEnded(NOON - HOUR)) == []
    assert story.door == replace(
        FULL,
        contact=Contact.UNKNOWN,
        edges=None,
        opened_ms=(),
        chattering=None,
        open_after_restart=None,
    )
    story = Story()
    story.tell(MemoryEnded(NOON - HOUR))
    story.after(MINUTE).heartbeat(Contact.SHUT, edges=40)
    assert story.effects == []
    story.after(MINUTE).opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


def test_a_door_out_of_use_waits_for_nothing() -> None:
    case = Case("c", Reason.SILENT, CaseState.RAISED, NOON - HOUR, 1, NOON - HOUR)
    story = with_all()
    story.door = replace(FULL, case=case, canary=Canary(NOON + HOUR), silence=None)
    (closed,) = story.tell(DoorEnded())
    ended: Effect = closed
    assert ended.case == replace(case, state=CaseState.CLOSED, outcome=Reason.DOOR_ENDED)  # type: ignore[union-attr]
    assert story.door == replace(FULL, silence=None, canary=None, tampered_ms=None, outage=None)


def test_what_is_in_review_at_a_door_out_of_use_is_over_and_only_waits_for_its_people() -> None:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    story.report_outcome(case_id)
    story.after(MINUTE).tell(DoorEnded())
    (waits,) = story.door.in_review
    assert waits.cleared_ms == story.now_ms
    assert story.door.opening is not None, "nobody saw it end"


def test_signs_from_before_an_order_are_not_told_at_a_door_out_of_use() -> None:
    story = Story(ordered=False)
    story.heartbeat(Contact.SHUT, cover=True)
    story.tell(OrderPlaced(Order("o", NOON + HOUR, NOON + DAY)))
    assert story.door.tampered_ms == NOON + HOUR + Rules().grace_ms
    story.tell(DoorEnded())
    story.after(2 * HOUR)
    assert story.pages() == []
