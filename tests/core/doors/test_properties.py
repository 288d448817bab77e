"""What holds for every door, whatever happens in whatever order (the checks are in
random_doors.py)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from gateway.core.doors.orders import ORDERS_MAX
from gateway.core.doors.permits import PERMITS_MAX
from gateway.core.doors.step import next_deadline, step
from gateway.core.effects import Effect, OpeningBegan, OpeningEnded, OpeningResumed, PageDue
from gateway.core.events import DeadlineCame, Event, PermitAnnounced
from gateway.core.model import CaseState, Door, Opening, Permit
from gateway.core.outcome import Outcome
from gateway.core.rules import Rules
from tests.core.actors import DAY, HOUR, MINUTE
from tests.core.cases.case_moves import UNANSWERED
from tests.core.random_doors import HAPPENINGS, SETTINGS, RandomDoor, lives
from tests.core.story import NOON, Story

quick = settings(max_examples=100, deadline=None, derandomize=True, print_blob=True)
Happenings = list[tuple[str, int]]


def lived(happenings: Happenings) -> RandomDoor:
    life = RandomDoor()
    for name, number in happenings:
        life.act(name, number)
    return life


@quick
@given(lives)
def test_no_step_breaks_what_must_always_hold(happenings: Happenings) -> None:
    lived(happenings)


@quick
@given(lives)
def test_living_again_from_the_journal_is_the_same_byte_for_byte(happenings: Happenings) -> None:
    life = lived(happenings)
    door = Door("3-201")
    effects: list[Effect] = []
    for at_ms, event, rules in life.journal:
        written = json.decode(json.encode(event), type=Event)
        stored = json.decode(json.encode(door), type=Door)  # a restart at every step
        door, more = step(stored, written, at_ms, rules)
        effects += more
    assert json.encode(door) == json.encode(life.door)
    assert json.encode(effects) == json.encode(life.effects)


@quick
@given(lives, st.lists(st.integers(0, 10**6), max_size=20))
def test_looking_more_often_than_needed_changes_nothing(
    happenings: Happenings, when: list[int]
) -> None:
    life = lived(happenings)
    door = Door("3-201")
    effects: list[Effect] = []
    at_ms = NOON
    for next_ms, event, rules in life.journal:
        for share in when:
            between_ms = at_ms + (next_ms - at_ms) * share // 10**6
            due_ms = next_deadline(door, rules)
            if due_ms is None or due_ms > between_ms:
                again, more = step(door, DeadlineCame(), between_ms, rules)
                assert (again, more) == (door, ())
        door, more = step(door, event, next_ms, rules)
        effects += more
        at_ms = next_ms
    assert (door, effects) == (life.door, life.effects)


STILL = [name for name in HAPPENINGS if name not in ("settings", "sleeps", "site", "replaced")]


@quick
@given(st.lists(st.tuples(st.sampled_from(STILL), st.integers(0, 300)), max_size=40))
def test_a_loop_that_comes_late_tells_of_the_same_openings(happenings: Happenings) -> None:
    """Deadlines are data: it does not matter how late the loop gets to them."""
    life = lived(happenings)
    life.lives(DAY)
    door = Door("3-201")
    effects: list[Effect] = []
    for at_ms, event, rules in life.journal:
        if not isinstance(event, DeadlineCame):
            door, more = step(door, event, at_ms, rules)
            effects += more
    door, more = step(door, DeadlineCame(), life.now_ms, life.rules)
    effects += more
    assert _openings(effects) == _openings(life.effects)
    assert _judged(door) == _judged(life.door)
    assert door.chattering == life.door.chattering


def _judged(door: Door) -> Opening | None:
    """Whether it lasted too long cannot be said by who heard nothing at that time."""
    return door.opening and replace(door.opening, overstay_ms=None, unjudged_ms=None)


def _openings(effects: list[Effect]) -> list[Effect]:
    """Every opening, and its end. One that was told as over and then went on was not over."""
    pages: dict[tuple[str, bool], Effect] = {}
    for effect in effects:
        if isinstance(effect, OpeningBegan):
            pages[effect.opening_id, False] = effect
        elif isinstance(effect, OpeningEnded):
            pages[effect.opening_id, True] = effect
        elif isinstance(effect, OpeningResumed):
            pages.pop((effect.opening_id, True), None)
    return list(pages.values())


@quick
@given(lives, st.sampled_from(SETTINGS))
def test_a_change_of_settings_loses_no_running_timer(happenings: Happenings, others: Rules) -> None:
    life = lived(happenings)
    before_ms = next_deadline(life.door, life.rules)
    life.rules = others
    assert before_ms is None or next_deadline(life.door, others) is not None
    life.lives(9 * HOUR)  # longer than anything lies on a shelf
    door = life.door
    assert door.chattering is None
    assert door.opening is None or door.opening.ends_ms is None
    open_case = door.case
    assert open_case is None or open_case.shelf is None
    assert (
        open_case is None or open_case.state not in UNANSWERED or open_case.escalation is not None
    )


@quick
@given(lives)
def test_nobody_hears_of_a_case_that_somebody_has(happenings: Happenings) -> None:
    life = lived(happenings)
    if life.door.case is None or life.door.case.state not in (
        CaseState.ACKNOWLEDGED,
        CaseState.ON_SITE,
    ):
        return
    case_id, count = life.door.case.case_id, len(life.effects)
    life.door = _at_rest(life.door)
    life.lives(MINUTE)
    assert not [e for e in life.effects[count:] if isinstance(e, PageDue) and e.case_id == case_id]


def _at_rest(door: Door) -> Door:
    """The same door, where nothing new can happen by itself."""
    return replace(
        door,
        opening=None,
        chattering=None,
        open_after_restart=None,
        heartbeat_ms=None,
        silence=None,
    )


def test_a_busy_door_takes_less_than_two_kilobytes() -> None:
    """Nearly. An order, three permits (one of them for meals), an open case and two in review. With
    every place filled it is STATE_MAX: no household needs 8 orders and 32 permits."""
    story = Story()
    meals = ((450, 510), (690, 750), (1050, 1110))
    for number, daily in enumerate(((), (), meals)):
        hours = NOON - MINUTE, NOON + 13 * DAY
        name, who = f"permit-{number:08}", "Li Xiaohong"
        permit = Permit(name, *hours, 0, 10 * MINUTE, who, "daily meals", daily)
        story.tell(PermitAnnounced(permit))
    for _ in range(3):
        story.after(10 * MINUTE).shuts()
        story.after(10 * MINUTE).opens()
        assert story.door.case is not None
        if len(story.door.in_review) < 2:
            story.acknowledge(story.door.case.case_id)
            story.report_outcome(story.door.case.case_id, "Wang Fang", Outcome.EXPLAINED)
    assert (len(story.door.permits), len(story.door.in_review)) == (3, 2)
    assert len(json.encode(story.door)) <= 2_340


def test_no_door_grows_without_end() -> None:
    """Permits and orders have their most; what ends first has gone (in review: see cases)."""
    life = RandomDoor()
    for turn in range(120):
        life.act("permits", turn)
        life.act("orders", 4 * turn + 1)
    assert (len(life.door.permits), len(life.door.orders)) == (PERMITS_MAX, ORDERS_MAX)
