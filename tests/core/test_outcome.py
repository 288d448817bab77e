"""What is offered to who ends a case: a fault is mended, a door seen to, a question asked."""

import pytest

from gateway.core.makes import Make, title_of
from gateway.core.outcome import FALSE_ALARMS, WANTS_NOTE, Outcome, outcomes_of
from gateway.core.reasons import BREACHES, FAULTS, QUESTIONS, TAMPER, TROUBLES, Reason


@pytest.mark.parametrize(
    ("reasons", "offered", "never"),
    [
        (FAULTS | TROUBLES | {Reason.CANARY_MISSED}, Outcome.REPAIRED, Outcome.LAWFUL),
        (QUESTIONS, Outcome.RETURNED, Outcome.TAMPERED),
        (TAMPER | {Reason.SILENT_TAMPERED}, Outcome.TAMPERED, Outcome.LAWFUL),
        (BREACHES - TAMPER - {Reason.SILENT_TAMPERED}, Outcome.FALSE_DRAUGHT, Outcome.REPAIRED),
    ],
    ids=["faults", "questions", "tampering", "breaches"],
)
def test_each_kind_of_case_ends_in_its_own_words(
    reasons: frozenset[Reason], offered: Outcome, never: Outcome
) -> None:
    for reason in reasons:
        offers = outcomes_of(reason)
        assert offered in offers, reason
        assert never not in offers, reason
        assert set(offers) >= WANTS_NOTE, "somebody else can always have it"
        assert len(set(offers)) == len(offers)
        assert Outcome.REPORTED not in offers, "a word of earlier releases"


def test_nothing_to_see_is_offered_where_somebody_was_sent_to_a_door_and_nowhere_else() -> None:
    assert set(outcomes_of(Reason.NO_PERMIT)) >= FALSE_ALARMS
    for reason in (Reason.SILENT, Reason.SILENT_AFTER_OPENING, Reason.DISK_LOW):
        assert not FALSE_ALARMS & set(outcomes_of(reason))


def test_another_makers_contact_has_its_makers_name_and_an_unknown_one_its_stored_word() -> None:
    assert title_of(Make.BTHOME) == "BTHome"
    assert [title_of(make) for make in Make if title_of(make) == make] == []
    assert title_of("zwave") == "zwave"
