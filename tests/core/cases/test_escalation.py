"""When the next is told: steps, rounds, receipts, quiet hours, and days that are not for faults."""

import pytest
from msgspec.structs import replace

from gateway.core.cases import escalation
from gateway.core.cases.escalation import Ways
from gateway.core.effects import PageDue, QuestionDue
from gateway.core.model import Case, CaseState, Escalation
from gateway.core.paging.schedule import Role
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SECOND

RULES = Rules()
BREACH, FAULT, QUESTION = Reason.NO_PERMIT, Reason.SILENT, Reason.SILENT_AFTER_OPENING
NIGHT = NOON + 10 * HOUR  # 22:00; faults are told from 08:00 to 20:00
MORNING = NOON + 20 * HOUR
SINCE = NOON - MINUTE


def case(reason: Reason = BREACH, **more: object) -> Case:
    return Case("c", reason, CaseState.RAISED, NOON, 1, SINCE, **more)  # type: ignore[arg-type]


def begun(
    reason: Reason = BREACH,
    now_ms: int = NOON,
    quiet: tuple[tuple[int, int], ...] = (),
    page_id: str = "p",
    first_to: str = "",
) -> tuple[Case, tuple[object, ...]]:
    return escalation.begin(case(reason), page_id, reason, SINCE, now_ms, quiet, RULES, first_to)


def times(reason: Reason, rounds: int) -> list[tuple[int, int, int]]:
    """When each step of each round is told, after noon, if everybody is on time."""
    its, pages = begun(reason)
    told = [(NOON, page) for page in pages]
    while its.escalation is not None and its.escalation.round < rounds:
        now_ms = its.escalation.next_ms
        its, pages = escalation.escalate(its, now_ms, RULES)
        told += [(now_ms, page) for page in pages]
    return [(at_ms - NOON, p.step_index, p.round) for at_ms, p in told if isinstance(p, PageDue)]


def test_a_breach_goes_up_in_six_minutes_and_round_again_after_eight() -> None:
    steps = [(0, 0), (30_000, 1), (120_000, 2), (240_000, 3), (360_000, 4)]
    expected = [(ms + 480_000 * r, step, r) for r in range(2) for ms, step in steps]
    assert times(BREACH, 2) == expected


def test_a_fault_goes_up_in_hours_and_round_again_after_a_day() -> None:
    first = [(0, 0, 0), (HOUR, 1, 0), (4 * HOUR, 2, 0)]
    assert times(FAULT, 2) == first + [(ms + DAY, step, 1) for ms, step, _ in first]


def test_a_page_says_what_happened_when_and_each_round_has_its_own_id() -> None:
    its, (page,) = begun(page_id="p")
    assert page == PageDue("p", "c", BREACH, SINCE, 0, 0)
    assert its.escalation == Escalation("p", BREACH, SINCE, NOON + 30_000, 1, began_ms=NOON)
    for _ in range(5):
        assert its.escalation is not None
        its, pages = escalation.escalate(its, its.escalation.next_ms, RULES)
    assert pages == (PageDue("p-r1", "c", BREACH, SINCE, 0, 1),)


def test_a_fault_of_the_night_waits_for_the_day_and_a_breach_does_not() -> None:
    assert begun(BREACH, NIGHT)[1] != ()
    its, pages = begun(FAULT, NIGHT)
    assert pages == ()
    assert its.escalation == Escalation("p", FAULT, SINCE, MORNING, 0, began_ms=MORNING)
    assert escalation.may_start_ms(FAULT, MORNING, (), RULES) == MORNING
    assert escalation.may_start_ms(FAULT, MORNING - 1, (), RULES) == MORNING
    evening_ms = NOON + 8 * HOUR
    assert escalation.may_start_ms(FAULT, evening_ms - 1, (), RULES) == evening_ms - 1
    assert escalation.may_start_ms(FAULT, evening_ms, (), RULES) == MORNING
    assert escalation.may_start_ms(QUESTION, NIGHT, (), RULES) == MORNING
    assert escalation.may_start_ms(Reason.REFUSALS, NIGHT, (), RULES) == NIGHT


def test_quiet_hours_hold_back_all_but_a_breach() -> None:
    quiet = ((11 * 60, 13 * 60), (13 * 60, 14 * 60))  # one behind the other
    assert escalation.may_start_ms(Reason.REFUSALS, NOON, quiet, RULES) == NOON + 2 * HOUR
    assert escalation.may_start_ms(BREACH, NOON, quiet, RULES) == NOON
    assert escalation.may_start_ms(FAULT, NIGHT, ((480, 600),), RULES) == MORNING + 2 * HOUR
    its, pages = begun(Reason.REFUSALS, quiet=quiet)
    assert pages == ()
    assert its.escalation is not None
    assert (its.escalation.next_ms, its.escalation.began_ms) == (NOON + 2 * HOUR, NOON + 2 * HOUR)


def test_a_question_asks_its_household_and_the_warden_four_hours_later_by_day() -> None:
    its, asked = begun(QUESTION, page_id="c")
    assert asked == (QuestionDue("c", "c", QUESTION, SINCE, NOON),)
    assert its.escalation == Escalation("c", QUESTION, SINCE, NOON + 4 * HOUR, began_ms=NOON)
    late, _ = begun(QUESTION, NOON + 5 * HOUR, page_id="c")
    assert late.escalation is not None
    assert late.escalation.next_ms == MORNING, "four hours later it is nine in the evening"
    assert late.escalation.began_ms == MORNING - 4 * HOUR
    back, (page,) = begun(QUESTION, page_id="c-back")
    assert page == PageDue("c-back", "c", QUESTION, SINCE), "what comes back was asked before"
    assert back.escalation is not None
    assert back.escalation.next_ms == NOON + 4 * HOUR
    assert back.escalation.began_ms == NOON - 4 * HOUR


@pytest.mark.parametrize(
    ("now_ms", "quiet", "ask_ms", "warden_ms"),
    [
        (NIGHT, (), MORNING, 4 * HOUR),
        (NIGHT, ((7 * 60, 10 * 60),), MORNING + 2 * HOUR, 4 * HOUR),
        (NOON, ((11 * 60, 15 * 60),), NOON + 3 * HOUR, 4 * HOUR),
        (NOON, ((11 * 60, 21 * 60),), MORNING, DAY),  # they end in the night
    ],
)
def test_a_question_rings_at_no_telephone_at_night_or_in_quiet_hours_and_its_household_is_first(
    now_ms: int, quiet: tuple[tuple[int, int], ...], ask_ms: int, warden_ms: int
) -> None:
    its, asked = begun(QUESTION, now_ms, quiet, page_id="c")
    assert asked == (QuestionDue("c", "c", QUESTION, SINCE, ask_ms),)
    assert its.escalation is not None
    assert its.escalation.next_ms == ask_ms + warden_ms, "four hours later, where they are free"


def test_hours_that_end_in_the_night_or_in_each_other_hold_to_the_end_of_all() -> None:
    evening = ((19 * 60, 22 * 60),)
    assert escalation.may_start_ms(FAULT, NOON + 7 * HOUR, evening, RULES) == MORNING
    backwards = ((13 * 60, 14 * 60), (11 * 60, 13 * 60))
    assert escalation.may_start_ms(FAULT, NOON, backwards, RULES) == NOON + 2 * HOUR
    all_day = ((8 * 60, 21 * 60),)
    assert escalation.may_start_ms(QUESTION, NOON, all_day, RULES) == NOON + 9 * HOUR, (
        "no time of the day is left: who named these hours sleeps by day"
    )


def test_no_step_of_a_question_wakes_anybody() -> None:
    its, _ = begun(QUESTION, page_id="c")
    assert its.escalation is not None
    held_up = replace(its, escalation=replace(its.escalation, next_ms=NIGHT - MINUTE))
    waits, pages = escalation.escalate(held_up, NIGHT, RULES)
    assert pages == ()
    assert waits.escalation is not None
    assert waits.escalation.next_ms == MORNING
    assert waits.escalation.began_ms == NOON + MORNING - (NIGHT - MINUTE)
    told, (page,) = escalation.escalate(waits, MORNING, RULES)
    assert (page.step_index, told.escalation.step_index) == (0, 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("reason", "wait_ms"), [(BREACH, 2 * MINUTE), (FAULT, HOUR), (QUESTION, HOUR)]
)
def test_who_had_it_is_told_first_and_the_steps_a_while_later(reason: Reason, wait_ms: int) -> None:
    its, (page,) = begun(reason, page_id="back", first_to="wang")
    assert page == PageDue("back", "c", reason, SINCE, to="wang")
    assert its.escalation is not None
    starts_ms = NOON + wait_ms
    first_ms = escalation.steps_for(reason)[0].wait_ms(RULES)
    assert (its.escalation.next_ms, its.escalation.first_to) == (starts_ms, "")
    assert (its.escalation.step_index, its.escalation.round) == (0, 0)
    assert its.escalation.began_ms == starts_ms - first_ms
    later, (step,) = escalation.escalate(its, starts_ms, RULES)
    assert (step.step_index, step.to) == (0, "")
    assert later.escalation is not None
    second_ms = escalation.steps_for(reason)[1].wait_ms(RULES)
    assert later.escalation.next_ms == starts_ms - first_ms + second_ms


def test_a_receipt_spares_the_other_channels_of_the_same_person_once() -> None:
    its, _ = begun()
    signed = escalation.received(its, "p", RULES)
    assert signed.escalation == Escalation(
        "p", BREACH, SINCE, NOON + 120_000, 2, began_ms=NOON, received=True
    )
    assert escalation.received(signed, "p", RULES) is signed
    assert escalation.received(its, "p-r1", RULES) is its, "of another round"
    assert escalation.received(case(), "p", RULES) == case()
    fault, _ = begun(FAULT)
    of_fault = escalation.received(fault, "p", RULES)
    assert of_fault.escalation is not None
    assert (of_fault.escalation.step_index, of_fault.escalation.received) == (1, True)
    assert of_fault.escalation.next_ms == NOON + HOUR


def test_a_receipt_is_of_its_round_and_the_next_round_wants_its_own() -> None:
    its = escalation.received(begun()[0], "p", RULES)
    while its.escalation is not None and its.escalation.round < 1:
        its, _ = escalation.escalate(its, its.escalation.next_ms, RULES)
    assert its.escalation is not None
    assert its.escalation.received is False
    assert escalation.received(its, "p", RULES) is its
    its, (page,) = escalation.escalate(its, its.escalation.next_ms, RULES)
    assert page.page_id == "p-r1"
    assert escalation.received(its, "p-r1", RULES).escalation.step_index == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("late_ms", "next_after_ms"),
    [
        (0, 480_000),
        (60_000, 480_000),  # the next begins when it would have
        (90_000, 480_000),  # with as much between as between two channels
        (90_001, 960_000),
        (570_000, 960_000),
        (570_001, 1_440_000),
        (HOUR, 4_320_000),
    ],
)
def test_whole_rounds_that_a_stop_held_up_are_not_made_good(
    late_ms: int, next_after_ms: int
) -> None:
    its, _ = begun()
    assert its.escalation is not None
    last = replace(its, escalation=replace(its.escalation, step_index=4, next_ms=NOON + 360_000))
    after, _ = escalation.escalate(last, NOON + 360_000 + late_ms, RULES)
    assert after.escalation is not None
    assert after.escalation.next_ms == NOON + next_after_ms
    assert (after.escalation.round, after.escalation.step_index) == (1, 0)
    assert after.escalation.began_ms == after.escalation.next_ms


def test_a_round_is_as_long_as_its_steps_at_least() -> None:
    rules = Rules(again_ms=MINUTE)
    its, _ = escalation.begin(case(), "p", BREACH, SINCE, NOON, (), rules)
    assert its.escalation is not None
    last = replace(its, escalation=replace(its.escalation, step_index=4))
    after, _ = escalation.escalate(last, NOON, rules)
    assert after.escalation is not None
    assert after.escalation.next_ms == NOON + rules.centre_ms


def test_a_step_that_the_settings_lost_is_the_last_that_is_left() -> None:
    its, _ = begun(FAULT)
    assert its.escalation is not None
    lost = replace(its, escalation=replace(its.escalation, step_index=9))
    _, (page,) = escalation.escalate(lost, NOON, RULES)
    assert page.step_index == 2
    signed = escalation.received(lost, "p", RULES)
    assert signed.escalation == replace(lost.escalation, received=True)  # type: ignore[type-var]


def test_a_case_that_does_not_escalate_stays_as_it_is() -> None:
    quiet_case = case()
    assert escalation.escalate(quiet_case, NOON, RULES) == (quiet_case, ())


@pytest.mark.parametrize(
    ("reason", "roles", "ways", "waits"),
    [
        (
            BREACH,
            [Role.WARDEN, Role.WARDEN, Role.DEPUTY, Role.CAPTAIN, Role.CENTRE],
            [Ways.FIRST, Ways.OTHER, Ways.ALL, Ways.ALL, Ways.ALL],
            [0, 30 * SECOND, 2 * MINUTE, 4 * MINUTE, 6 * MINUTE],
        ),
        (
            FAULT,
            [Role.INSTALLER, Role.CAPTAIN, Role.CENTRE],
            [Ways.ALL] * 3,
            [0, HOUR, 4 * HOUR],
        ),
        (QUESTION, [Role.WARDEN, Role.CAPTAIN], [Ways.ALL] * 2, [4 * HOUR, 8 * HOUR]),
        (
            Reason.CANARY_MISSED,
            [Role.CENTRE, Role.CAPTAIN, Role.INSTALLER],
            [Ways.ALL] * 3,
            [0, 30 * SECOND, 2 * MINUTE],
        ),
        (
            Reason.WATCH_LOST,
            [Role.CAPTAIN, Role.CENTRE, Role.INSTALLER],
            [Ways.ALL] * 3,
            [0, 0, 2 * MINUTE],
        ),
        (
            Reason.CHANNEL_FAILING,
            [Role.CAPTAIN, Role.CENTRE, Role.INSTALLER],
            [Ways.ALL] * 3,
            [0, 0, HOUR],
        ),
        (
            Reason.CERTIFICATE_ENDS,
            [Role.INSTALLER, Role.CAPTAIN, Role.CENTRE],
            [Ways.ALL] * 3,
            [0, 0, 0],
        ),
        (Reason.UNREACHABLE, [Role.CAPTAIN, Role.CENTRE], [Ways.ALL] * 2, [0, 0]),
        (Reason.REVIEW_WAITS, [Role.CAPTAIN, Role.CENTRE], [Ways.ALL] * 2, [0, 0]),
    ],
)
def test_who_is_told_of_what_and_when(
    reason: Reason, roles: list[Role], ways: list[Ways], waits: list[int]
) -> None:
    steps = escalation.steps_for(reason)
    assert [step.role for step in steps] == roles
    assert [step.ways for step in steps] == ways
    assert [step.wait_ms(RULES) for step in steps] == waits
