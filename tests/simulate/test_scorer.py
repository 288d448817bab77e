"""What the scorer makes of reports that the fleet itself seldom brings it."""

from random import Random
from typing import Any

import pytest

from gateway.core.effects import PageDue, QuestionDue
from gateway.core.events import DeadlineCame, ReportCame
from gateway.core.model import Contact, Door
from gateway.core.reasons import Reason
from gateway.simulate.ground_truth import GroundTruth, TrueOpening
from gateway.simulate.radio import Air
from gateway.simulate.scenario import load
from gateway.simulate.scorer import Scorer
from gateway.simulate.seal import Seal
from sealwire.report import EDGES_MODULUS


def nothing(*_: Any) -> None:
    """Nobody is called back, nothing is delivered."""


def test_a_breach_is_shown_when_the_seals_counter_has_gone_round() -> None:
    radio, chance = load().radio, Random(1)  # noqa: S311 - repeatable on purpose
    seal = Seal("00" * 8, Air(radio, [], chance), chance, 100_000, nothing, nothing)
    leaves = TrueOpening((EDGES_MODULUS + 9, EDGES_MODULUS + 10), "leaves", breach=0)
    scorer = Scorer(GroundTruth([leaves]), radio, seal)
    for at_ms in range(EDGES_MODULUS + 4):
        scorer.counted(at_ms, (Contact.OPEN, Contact.SHUT)[at_ms % 2], -1)
    scorer.counted(EDGES_MODULUS + 9, Contact.OPEN, 0)
    before = Door("1", contact=Contact.SHUT, edges=4)
    report = ReportCame(seal.seal_id, 1, Contact.OPEN, 5, True)
    scorer.stepped(EDGES_MODULUS + 40, report, before, before, ())
    assert scorer.seen.shown == {0}


@pytest.mark.parametrize(("leaf", "false"), [(Contact.SHUT, 1), (Contact.OPEN, 0)])
def test_a_wardens_question_by_day_is_a_page_and_false_where_the_door_is_shut(
    leaf: Contact, false: int
) -> None:
    """The household's question disturbs no warden; what becomes of it does, and counts in full."""
    radio, chance = load().radio, Random(1)  # noqa: S311 - repeatable on purpose
    seal = Seal("00" * 8, Air(radio, [], chance), chance, 100_000, nothing, nothing)
    scorer, door = Scorer(GroundTruth([]), radio, seal), Door("1")
    scorer.leaf(5, leaf)
    asked = QuestionDue("q", "q", Reason.SILENT_AFTER_OPENING, 5, 5)
    scorer.stepped(10, DeadlineCame(), door, door, (asked,))
    assert (scorer.seen.questions, scorer.seen.pages, scorer.seen.false.total()) == (1, [], 0)
    told = PageDue("q", "q", Reason.SILENT_AFTER_OPENING, 5)
    scorer.stepped(20, DeadlineCame(), door, door, (told,))
    assert len(scorer.seen.pages) == 1
    assert scorer.seen.false[Reason.SILENT_AFTER_OPENING] == false
