"""Silence: from which moment a seal is lost, who is told of what, and what comes of it."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import silence
from gateway.core.doors.silence import Liveness
from gateway.core.effects import QuestionDue, SilenceBegan, SilenceEnded
from gateway.core.events import (
    DeadlineCame,
    MessageRefused,
    OrderPlaced,
    OutageBegan,
    OutageEnded,
    SealBound,
)
from gateway.core.households.events import SaidOfSeal
from gateway.core.households.model import Said, SealAnswer
from gateway.core.model import CaseState, Contact, Door, Order, Silence
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

BEAT = 100 * SECOND
LOST = 4 * BEAT
PATIENCE = Rules().silence_ms


def promised(rules: Rules | None = None, ordered: bool = True) -> Story:
    story = Story(rules, ordered)
    story.tell(SealBound(SEAL, BEAT))
    return story


def told(story: Story) -> list[tuple[Reason, int]]:
    """Why somebody is told first, and since when, after noon."""
    return [(page.reason, page.since_ms - NOON) for page in story.pages()]


@pytest.mark.parametrize(
    ("silent_ms", "is_"),
    [
        (0, Liveness.LIVE),
        (2 * BEAT - 1, Liveness.LIVE),
        (2 * BEAT, Liveness.LATE),
        (LOST - 1, Liveness.LATE),
        (LOST, Liveness.LOST),
    ],
)
def test_live_late_and_lost(silent_ms: int, is_: Liveness) -> None:
    door = promised().door
    assert silence.liveness(door, NOON + silent_ms, Rules()) is is_


def test_what_was_never_heard_is_lost_and_what_promised_nothing_lives() -> None:
    assert silence.liveness(Door("d", heartbeat_ms=BEAT), NOON, Rules()) is Liveness.LOST
    assert silence.liveness(Door("d", heard_ms=NOON), NOON + DAY, Rules()) is Liveness.LIVE
    assert silence.lost_ms(Door("d", heard_ms=NOON), Rules()) is None
    assert silence.lost_ms(Door("d", heartbeat_ms=BEAT), Rules()) is None


def test_a_seal_is_lost_after_four_heartbeats_and_told_half_an_hour_later() -> None:
    story = promised().after(LOST - 1)
    assert story.door.silence is None
    story.after(1)
    assert story.effects == [SilenceBegan(NOON)]
    assert story.door.silence == Silence(NOON, NOON + LOST + PATIENCE)
    story.after(PATIENCE - 1)
    assert told(story) == []
    story.after(1)
    assert told(story) == [(Reason.SILENT, 0)]
    assert story.pages()[0].page_id == f"{SEAL}-silent-{NOON + LOST + PATIENCE}"
    assert story.door.silence == Silence(NOON, None)
    story.after(MINUTE).heartbeat(Contact.SHUT)
    assert SilenceEnded(NOON) in story.effects
    assert (story.door.silence, story.door.case) == (None, None)
    assert story.moves()[-1].case.outcome == Reason.HEARD_AGAIN


def test_a_report_that_tells_nothing_new_ends_a_silence_all_the_same() -> None:
    story = promised()
    story.permit()
    story.opens()
    story.after(SECOND).shuts()
    story.after(LOST + PATIENCE)
    assert told(story) == [(Reason.SILENT, SECOND)]
    story.after(MINUTE).report(Contact.OPEN, edges=1, age_ms=HOUR)
    moved = story.moves()[-1]
    assert (moved.case.outcome, moved.at_ms) == (Reason.HEARD_AGAIN, story.now_ms)
    assert (story.door.heard_ms, story.door.silence) == (story.now_ms, None)


def test_a_gateway_that_heard_nobody_itself_gives_the_seal_its_time_anew() -> None:
    """It comes late by a heartbeat: so long it stood still."""
    for late_ms, is_lost in ((BEAT - 1, True), (BEAT, False)):
        story = promised()
        story.now_ms = NOON + LOST + late_ms
        story.tell(DeadlineCame())
        assert (story.door.silence is not None) is is_lost
    assert story.door.listened_ms == story.now_ms
    assert silence.lost_ms(story.door, story.rules) == story.now_ms + LOST
    story.heartbeat(Contact.SHUT)
    later_ms = story.after(MINUTE).now_ms
    story.heartbeat(Contact.SHUT)
    assert silence.lost_ms(story.door, story.rules) == later_ms + LOST


def test_without_an_order_nobody_is_told_and_with_the_next_one_somebody_is() -> None:
    story = promised(ordered=False).after(LOST + PATIENCE)
    assert story.door.silence == Silence(NOON, story.now_ms + PATIENCE)
    assert told(story) == []
    story.tell(OrderPlaced(Order("o", NOON, NOON + DAY)))
    story.after(PATIENCE)
    assert told(story) == [(Reason.SILENT, 0)]


def test_beside_a_case_of_something_else_it_waits() -> None:
    story = promised()
    story.tell(MessageRefused(SEAL, Reason.WRONG_KEY, 10))
    story.after(LOST + PATIENCE)
    assert story.door.silence == Silence(NOON, story.now_ms + PATIENCE)
    assert [reason for reason, _ in told(story)] == [Reason.REFUSALS]


def test_open_for_no_known_reason_is_the_wardens() -> None:
    story = promised()
    story.heartbeat(Contact.OPEN)
    story.after(LOST + PATIENCE)
    assert told(story) == [(Reason.SILENT_OPEN, 0)]
    story.after(MINUTE).heartbeat(Contact.OPEN)
    assert story.door.case is not None
    assert story.door.case.cleared_ms == story.now_ms


def test_tampered_with_it_is_told_as_soon_as_it_is_known_whether_others_are_silent() -> None:
    story = promised()
    story.heartbeat(Contact.SHUT, magnet=True)
    case_id = story.pages()[0].case_id
    story.on_site(case_id)
    story.report_outcome(case_id)
    story.after(LOST)
    assert story.door.silence == Silence(NOON, NOON + LOST + Rules().outage_gather_ms)
    story.after(Rules().outage_gather_ms)
    assert told(story)[1:] == [(Reason.SILENT_TAMPERED, 0)]


def after_a_lawful_opening() -> Story:
    story = promised()
    story.permit(longest_ms=HOUR)
    story.opens()
    return story.after(LOST + PATIENCE)


def test_after_a_lawful_opening_it_is_a_question_and_the_installers_too() -> None:
    story = after_a_lawful_opening()
    page_id = f"{SEAL}-silent-{NOON + LOST + PATIENCE}"
    assert [e for e in story.effects if isinstance(e, QuestionDue)] == [
        QuestionDue(page_id, page_id, Reason.SILENT_AFTER_OPENING, NOON, story.now_ms)
    ]
    assert silence.is_asked(story.door)
    assert told(story) == [(Reason.SILENT, 0)]
    assert story.pages()[0].page_id == f"{page_id}-seal"
    assert story.door.case is not None
    assert story.door.case.reason is Reason.SILENT_AFTER_OPENING


def test_what_its_household_or_a_person_says_or_a_rule_is_an_answer_and_nobody_is_asked() -> None:
    answered = {SealAnswer.IN_PLACE: Reason.SILENT}
    for answer in SealAnswer:
        story = after_a_lawful_opening()
        story.tell(SaidOfSeal(Said(), answer))
        assert not silence.is_asked(story.door), answer
        assert story.door.case is not None
        assert story.door.case.reason is answered.get(answer, Reason.SILENT_AFTER_OPENING)
    taken = after_a_lawful_opening()
    assert taken.door.case is not None
    taken.acknowledge(taken.door.case.case_id)
    heard, explained = after_a_lawful_opening(), after_a_lawful_opening()
    heard.heartbeat(Contact.SHUT)
    explained.tell(OutageBegan("one"))
    over = after_a_lawful_opening()
    over.tell(OrderPlaced(replace(over.door.orders[0], to_ms=over.now_ms)))
    for story in (taken, heard, explained, over):
        assert not silence.is_asked(story.door)


def test_of_a_silent_seal_the_household_s_last_word_counts() -> None:
    """First it is in its place, then it came off: the warden asks, as of any such opening."""
    story = promised()
    story.permit(longest_ms=HOUR)
    story.opens()
    story.after(LOST)
    for answer, is_there in (
        (SealAnswer.IN_PLACE, True),
        (SealAnswer.UNSURE, True),
        (SealAnswer.NOT_IN_PLACE, False),
    ):
        assert story.door.silence is not None
        story.tell(SaidOfSeal(Said(), answer))
        said = story.door.silence
        assert (said.said_in_place, said.is_answered) == (is_there, True)
    assert story.door.case is not None
    assert story.door.case.reason is Reason.SILENT_AFTER_OPENING
    assert not silence.is_asked(story.door)


def test_heard_again_and_open_still_a_question_is_over_and_a_silent_open_door_is_not() -> None:
    story = after_a_lawful_opening()
    story.after(MINUTE).heartbeat(Contact.OPEN)
    ended = [m.case for m in story.moves() if m.case.state is CaseState.CLOSED]
    assert [case.outcome for case in ended] == [Reason.HEARD_AGAIN]
    assert story.door.opening is not None


def test_after_an_unlawful_opening_it_belongs_to_the_case_of_that() -> None:
    story = promised()
    story.opens()
    story.after(LOST + PATIENCE)
    assert [reason for reason, _ in told(story)] == [Reason.NO_PERMIT, Reason.SILENT]
    assert story.door.case is not None
    assert (story.door.case.reason, story.door.case.openings) == (Reason.NO_PERMIT, 2)
    shut = promised()
    shut.opens()
    shut.after(MINUTE).shuts()
    shut.after(LOST + PATIENCE)
    assert [reason for reason, _ in told(shut)] == [Reason.NO_PERMIT], "its case is about the door"


def test_an_outage_explains_it_and_when_that_is_over_it_is_its_own_again() -> None:
    story = promised().after(LOST)
    story.tell(OutageBegan("one"))
    assert story.door.outage == "one"
    story.after(PATIENCE)
    assert told(story) == []
    assert story.door.silence == Silence(NOON, None)
    story.tell(OutageEnded("another"))
    assert story.door.outage == "one"
    story.tell(OutageEnded("one"))
    assert story.door.outage is None
    assert story.door.silence == Silence(NOON, story.now_ms + PATIENCE)
    story.after(PATIENCE)
    assert told(story) == [(Reason.SILENT, 0)]


def test_an_outage_ends_a_case_of_nothing_but_silence_and_no_other() -> None:
    story = promised().after(LOST + PATIENCE)
    (closed,) = story.tell(OutageBegan("one"))
    assert closed.case.outcome == Reason.OUTAGE  # type: ignore[union-attr]
    assert story.door.case is None
    breach = promised()
    breach.opens()
    before = breach.door
    assert breach.tell(OutageBegan("one")) == []
    assert breach.door == replace(before, outage="one")
    assert breach.tell(OutageEnded("one")) == []
    assert breach.door == before, "it was heard all the time"


def test_a_tampered_seal_that_stays_silent_after_an_outage_is_told_soon() -> None:
    story = promised()
    story.heartbeat(Contact.SHUT, cover=True)
    story.after(LOST)
    story.tell(OutageBegan("one"))
    story.after(HOUR)
    story.tell(OutageEnded("one"))
    assert story.door.silence == Silence(NOON, story.now_ms + Rules().outage_gather_ms)


def test_a_seal_in_safe_mode_beats_and_its_door_is_not_watched_all_the_same() -> None:
    """It does not look at its switches, so the installer is told as of one that is not heard."""
    story = Story()
    story.tell(SealBound(SEAL, BEAT))
    for _ in range(60):
        story.after(MINUTE)
        story.heartbeat(Contact.UNKNOWN)
    assert story.door.contact is Contact.UNKNOWN
    assert [page.reason for page in story.pages()] == [Reason.SILENT]
    story.after(MINUTE)
    story.heartbeat(Contact.SHUT)
    assert story.door.case is None or story.door.case.cleared_ms is not None
