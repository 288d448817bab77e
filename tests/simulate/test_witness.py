"""What the witness makes of reports that the fleet itself seldom brings it."""

from random import Random
from typing import Any

from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door
from gateway.simulate.habits import load
from gateway.simulate.life import Life, TrueOpening
from gateway.simulate.radio import Air
from gateway.simulate.seal import Seal
from gateway.simulate.witness import Witness
from sealwire.report import EDGES_MODULUS


def nothing(*_: Any) -> None:
    """Nobody is called back, nothing is delivered."""


def test_a_breach_is_shown_when_the_seals_counter_has_gone_round() -> None:
    radio, chance = load().radio, Random(1)  # noqa: S311 - repeatable on purpose
    seal = Seal("00" * 8, Air(radio, [], chance), chance, 100_000, nothing, nothing)
    leaves = TrueOpening((EDGES_MODULUS + 9, EDGES_MODULUS + 10), "leaves", breach=0)
    witness = Witness(Life([leaves]), radio, seal)
    for at_ms in range(EDGES_MODULUS + 4):
        witness.counted(at_ms, (Contact.OPEN, Contact.SHUT)[at_ms % 2], -1)
    witness.counted(EDGES_MODULUS + 9, Contact.OPEN, 0)
    before = Door("1", contact=Contact.SHUT, edges=4)
    report = ReportCame(seal.seal_id, 1, Contact.OPEN, 5, True)
    witness.stepped(EDGES_MODULUS + 40, report, before, before, ())
    assert witness.seen.shown == {0}
