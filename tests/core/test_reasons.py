"""How much a reason matters, by what it is about."""

from gateway.core.reasons import BREACHES, FAULTS, NOTICES, QUESTIONS, Reason, Severity, severity


def test_a_breach_is_critical_a_fault_waits_for_the_day_and_a_doctor_for_neither() -> None:
    assert {severity(reason) for reason in BREACHES} == {Severity.CRITICAL}
    assert {severity(reason) for reason in FAULTS | QUESTIONS | NOTICES} == {Severity.WARNING}
    others = Reason.DOCTOR_ASKED, Reason.REFUSALS, Reason.CANARY_MISSED
    assert {severity(reason) for reason in others} == {Severity.ERROR}
