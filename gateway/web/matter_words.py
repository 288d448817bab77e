"""A household's matters in words: what was asked for, how far it is, who sees to it."""

from typing import Final

from msgspec.structs import replace

from gateway.core.actor import Acting, actor_of
from gateway.core.cases.refusal import Refusal
from gateway.core.households.model import (
    DisputeState,
    HealthOutcome,
    RecordKind,
    Request,
    RequestKind,
    RequestState,
    Said,
    SealAnswer,
    Symptom,
    Way,
)
from gateway.core.households.requests import OPEN, RequestDeed, judge
from gateway.language.catalogue import N_, say
from gateway.store.household_views import DisputeRow, QuestionRow, RequestRow
from gateway.web.case_words import who_word

KIND_WORDS: Final = {
    RequestKind.FOOD: N_("Food"),
    RequestKind.RUBBISH: N_("Rubbish"),
    RequestKind.MEDICINE: N_("Medicine"),
    RequestKind.DOCTOR: N_("A doctor"),
    RequestKind.OTHER: N_("Something else"),
}
_STATES: Final = {
    RequestState.ASKED: N_("Asked for"),
    RequestState.TAKEN: N_("Somebody sees to it"),
    RequestState.ON_THE_WAY: N_("Somebody is on the way"),
    RequestState.AT_THE_DOOR: N_("At the door"),
    RequestState.DONE: N_("Done"),
    RequestState.DECLINED: N_("Cannot be done"),
    RequestState.WITHDRAWN: N_("Withdrawn"),
    RequestState.ORDER_OVER: N_("The order is over"),
}
_WAYS: Final = {
    Way.PAGE: N_("on its page"),
    Way.TELEPHONE: N_("by telephone"),
    Way.TEXT: N_("by text message"),
}
_RECORDS: Final = {RecordKind.OPENING: N_("An opening"), RecordKind.CASE: N_("A case")}
_DISPUTES: Final = {
    DisputeState.RAISED: N_("Nobody is named yet"),
    DisputeState.ASSIGNED: N_("Somebody looks at it"),
    DisputeState.UPHELD: N_("The record was wrong, and is corrected"),
    DisputeState.NOT_UPHELD: N_("The record stands"),
    DisputeState.ORDER_OVER: N_("The order is over"),
}
_OUTCOMES: Final = {
    HealthOutcome.WELL: N_("All are well"),
    HealthOutcome.HELPED: N_("Not well, and helped"),
    HealthOutcome.HANDED_ON: N_("Handed on: the note says to whom"),
    HealthOutcome.NOT_REACHED: N_("Nobody was reached"),
    HealthOutcome.REPORTED: N_("They have said it themselves"),
    HealthOutcome.ORDER_OVER: N_("The order is over"),
}
_SYMPTOMS: Final = {
    Symptom.FEVER: N_("Fever"),
    Symptom.COUGH: N_("Cough"),
    Symptom.BREATH: N_("Short of breath"),
    Symptom.OTHER: N_("Something else"),
}
_ANSWERS: Final = {
    SealAnswer.IN_PLACE: N_("We are here, and the seal is in its place"),
    SealAnswer.NOT_IN_PLACE: N_("The seal is not in its place"),
    SealAnswer.UNSURE: N_("We do not know"),
}
_DEEDS: Final = {
    RequestDeed.TAKE: N_("I see to it"),
    RequestDeed.ON_THE_WAY: N_("I am on my way"),
    RequestDeed.AT_THE_DOOR: N_("I am at the door"),
    RequestDeed.DONE: N_("It is done"),
    RequestDeed.LEAVE: N_("I cannot: give it back"),
    RequestDeed.DECLINE: N_("It cannot be done"),
}
_TONES: Final = {
    RequestState.ASKED: "in_hand",  # it waits, and alarms nobody
    RequestState.TAKEN: "announced",
    RequestState.ON_THE_WAY: "announced",
    RequestState.AT_THE_DOOR: "announced",
}
DEEDS: Final = tuple(_DEEDS)
OF_STAFF: Final = (
    HealthOutcome.WELL,
    HealthOutcome.HELPED,
    HealthOutcome.HANDED_ON,
    HealthOutcome.NOT_REACHED,
)


def may_after(row: RequestRow, by: Acting) -> list[dict[str, int]]:
    """What somebody may do about a request, if nobody else does anything: as of a case
    (case_ahead.py), first what may be done now, and of each deed the place of what may be done
    after it. What was declined is over, so nothing follows."""
    taken_by = None if row.taken_by is None else actor_of(row.taken_by)
    now = Request(row.request_id, row.kind, Said(), row.asked_ms, row.state, taken_by=taken_by)
    reached, after = [now], list[dict[str, int]]()
    while len(after) < len(reached):
        stands = reached[len(after)]
        leads: dict[str, Request] = {}
        for deed in DEEDS:
            state = judge(stands, deed, by)
            if not isinstance(state, Refusal):
                had = None if state is RequestState.ASKED else by.actor
                leads[deed] = replace(stands, state=state, taken_by=had)
        reached += [then for then in leads.values() if then not in reached]
        after.append({deed: reached.index(then) for deed, then in leads.items()})
    return after


def may_after_question(row: QuestionRow, by: Acting) -> list[dict[str, int]]:
    """The same about a question of health. Of one that has come back, nobody has it."""
    if row.taken_by is None:
        return [{"take": 1, "end": 2}, {"end": 2}, {}]
    return [{"end": 1}, {}] if by.may_end(actor_of(row.taken_by)) else [{}]


def is_hers_to_answer(row: DisputeRow, by: Acting) -> bool:
    """Whether somebody was named to answer a dispute, and was no part of the record."""
    is_named = row.assigned_to is not None and by.is_meant_by(actor_of(row.assigned_to))
    return is_named and by.actor.actor_id not in row.of


class MatterWords:
    """For templates, bound to a language."""

    symptoms = tuple(Symptom)
    outcomes = OF_STAFF
    may_after = staticmethod(may_after)
    may_after_question = staticmethod(may_after_question)
    is_hers_to_answer = staticmethod(is_hers_to_answer)

    def __init__(self, language: str) -> None:
        self._language = language

    def kind(self, kind: str) -> str:
        """What was asked for."""
        return say(KIND_WORDS[RequestKind(kind)], self._language)

    def state(self, state: str) -> str:
        """How far a request is."""
        return say(_STATES[RequestState(state)], self._language)

    def tone(self, row: RequestRow) -> str:
        """Its colour, which its word goes with."""
        if row.kind is RequestKind.DOCTOR and row.state is RequestState.ASKED:
            return "waiting"
        return _TONES.get(row.state, "recorded")

    def deed(self, deed: str) -> str:
        """A button of a request."""
        return say(_DEEDS[RequestDeed(deed)], self._language)

    def way(self, way: str) -> str:
        """How the household said it."""
        return say(_WAYS[Way(way)], self._language)

    def record(self, record: str) -> str:
        """What is contested."""
        return say(_RECORDS[RecordKind(record)], self._language)

    def dispute(self, state: str) -> str:
        """How far a dispute is."""
        return say(_DISPUTES[DisputeState(state)], self._language)

    def outcome(self, outcome: str) -> str:
        """How a question of health ended."""
        return say(_OUTCOMES[HealthOutcome(outcome)], self._language)

    def symptom(self, symptom: str) -> str:
        """What somebody has."""
        return say(_SYMPTOMS[Symptom(symptom)], self._language)

    def answer(self, answer: str) -> str:
        """What a household said of its seal."""
        return say(_ANSWERS[SealAnswer(answer)], self._language)

    def who(self, by: str | None, name: str | None) -> str:
        """A person's name; the centre's word for the centre."""
        return who_word(by, name, self._language)

    def sees_to_it(self, row: RequestRow | QuestionRow) -> str:
        """Who does it, by name; nothing while nobody does."""
        return self.who(row.taken_by, row.taken_name) if row.taken_by else ""

    def looks_at_it(self, row: DisputeRow) -> str:
        """Who answers it, by name; nothing while nobody is named."""
        return self.who(row.assigned_to, row.assigned_name) if row.assigned_to else ""

    def is_open(self, row: RequestRow) -> bool:
        """Whether it goes on."""
        return row.state in OPEN
