"""What the scorer makes of reports that the fleet itself seldom brings it."""

from random import Random
from typing import Any

from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door
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
