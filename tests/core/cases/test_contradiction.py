"""A report that the seal contradicts is asked once, and stands beside what the seal says."""

import pytest
from msgspec.structs import replace

from gateway.core.cases.actions import AGE_MAX_MS, RESULTS_KEPT
from gateway.core.cases.contradiction import contradicted
from gateway.core.cases.refusal import Refusal
from gateway.core.effects import ActionRefused, CaseMoved
from gateway.core.events import CaseAcknowledged, CaseReported
from gateway.core.model import ActionResult, CaseState, Chattering, Contact, Door, Silence
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from gateway.core.site_model import Outage, Trouble
from tests.core.actors import action_id, actor_of
from tests.core.story import HOUR, MINUTE, NOON, Story

OPEN = Door("d", contact=Contact.OPEN)
SHUT = Door("d", contact=Contact.SHUT)
LOST = Silence(NOON)
FLUTTERS = Chattering(NOON, NOON, NOON, NOON)
WANG = actor_of("wang")


def reported(outcome: Outcome, case_id: str = "c", despite: bool = False) -> CaseReported:
    return CaseReported(case_id, WANG, action_id(), outcome=outcome, despite_seal=despite)


@pytest.mark.parametrize(
    ("door", "outcome", "why"),
    [
        (OPEN, Outcome.IN_ORDER, Refusal.SEAL_SAYS_OPEN),
        (SHUT, Outcome.IN_ORDER, None),
        (Door("d"), Outcome.IN_ORDER, None),
        (OPEN, Outcome.LAWFUL, None),
        (OPEN, Outcome.REPAIRED, None),
        (replace(OPEN, silence=LOST), Outcome.IN_ORDER, None),
        (replace(OPEN, chattering=FLUTTERS), Outcome.IN_ORDER, None),
        (replace(SHUT, silence=LOST), Outcome.REPAIRED, Refusal.SEAL_NOT_HEARD),
        (replace(OPEN, silence=LOST), Outcome.REPAIRED, Refusal.SEAL_NOT_HEARD),
        (replace(SHUT, silence=LOST), Outcome.EXPLAINED, None),
    ],
)
def test_what_a_seal_contradicts(door: Door, outcome: Outcome, why: Refusal | None) -> None:
    assert contradicted(door, reported(outcome)) is why


def test_an_outage_and_a_trouble_contradict_nobody() -> None:
    for holder in (Outage("o", "site", NOON, "d"), Trouble("t", Reason.TWIN, "", NOON)):
        assert contradicted(holder, reported(Outcome.IN_ORDER)) is None


def on_site() -> tuple[Story, str]:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    story.on_site(case_id, "wang")
    return story, case_id


def test_who_insists_is_believed_and_the_record_says_that_the_seal_said_otherwise() -> None:
    story, case_id = on_site()
    (refused,) = story.tell(reported(Outcome.IN_ORDER, case_id))
    assert isinstance(refused, ActionRefused)
    assert refused.refusal is Refusal.SEAL_SAYS_OPEN
    (moved,) = story.tell(reported(Outcome.IN_ORDER, case_id, despite=True))
    assert isinstance(moved, CaseMoved)
    assert (moved.case.state, moved.case.despite_seal) == (CaseState.REPORTED, True)


def test_who_insists_needlessly_is_not_said_to_contradict() -> None:
    story, case_id = on_site()
    story.after(MINUTE).shuts()
    moved, *_ = story.tell(reported(Outcome.IN_ORDER, case_id, despite=True))
    assert isinstance(moved, CaseMoved)
    assert moved.case.despite_seal is False


def test_an_action_on_no_case_is_dated_and_remembered_with_its_refusal() -> None:
    story = Story().after(HOUR)
    story.tell(CaseAcknowledged("none", WANG, "a", 5 * MINUTE))
    story.tell(CaseAcknowledged("none", WANG, "b", 9 * AGE_MAX_MS))
    assert story.door.recent == (
        ActionResult("a", story.now_ms, 5 * MINUTE, Refusal.NO_SUCH_CASE),
        ActionResult("b", story.now_ms, AGE_MAX_MS, Refusal.NO_SUCH_CASE),
    )
    for number in range(RESULTS_KEPT):
        story.tell(CaseAcknowledged("none", WANG, f"more {number}"))
    assert [it.action_id for it in story.door.recent] == [f"more {n}" for n in range(RESULTS_KEPT)]


def test_an_action_on_the_last_case_after_it_closed_is_told_so() -> None:
    story, case_id = on_site()
    story.file(case_id)
    story.after(MINUTE).shuts()
    story.after(MINUTE)
    (refused,) = story.tell(CaseAcknowledged(case_id, WANG, "late"))
    assert refused == ActionRefused(case_id, "late", Refusal.CLOSED)
    assert story.door.recent[-1].refusal is Refusal.CLOSED
