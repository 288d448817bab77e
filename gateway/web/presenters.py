"""What templates may ask: seven presenters, each bound to a language.

A template says `times.ago(…)`, `case_words.who(…)` and so on; all else it is given by its page.
"""

import secrets
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from gateway.core.cases.number import case_number
from gateway.core.cases.refusal import Refusal
from gateway.core.commissioning import Check, CheckMark, CheckName, Purpose
from gateway.core.doors.certificates import SEALED, Standing
from gateway.core.evidence import Ended, Evidence
from gateway.core.model import Permit
from gateway.core.outcome import Outcome, outcomes_of
from gateway.core.paging.schedule import Role
from gateway.core.proof import Proof
from gateway.core.reasons import Reason
from gateway.language import (
    announcements,
    makes,
    proofs,
    reasons,
    recurrence,
    refusals,
    times,
    walk_tests,
)
from gateway.language.catalogue import say
from gateway.store.case_views import CaseRow
from gateway.web import case_words, door_places, door_words
from gateway.web.case_ahead import may_after
from gateway.web.matter_words import KIND_WORDS, MatterWords


class Times:
    """Times (ms of UTC) and spans (ms), by the site's clock."""

    just_now_ms = times.JUST_NOW_MS

    def __init__(self, language: str, zone: tzinfo) -> None:
        self._language, self._zone = language, zone

    def stamp(self, at_ms: int, now_ms: int) -> str:
        """The time, with its day if that is not today."""
        return times.stamp(at_ms, now_ms, self._language, self._zone)

    def day_and_time(self, at_ms: int) -> str:
        """The day and the minute, for what may be read on any day."""
        return times.day_and_time(at_ms, self._language, self._zone)

    def until(self, to_ms: int, from_ms: int) -> str:
        """The minute at which a span ends, with its day if that is not the one of its beginning."""
        return times.until(to_ms, from_ms, self._language, self._zone)

    def told(self, people: Sequence[tuple[str, int]], now_ms: int) -> str:
        """Who was told, and when."""
        return ", ".join(f"{name} {self.stamp(at_ms, now_ms)}" for name, at_ms in people)

    def ago(self, at_ms: int, now_ms: int) -> str:
        """How long ago it was."""
        return times.ago(at_ms, now_ms, self._language)

    def just_now(self) -> str:
        """For the page's script: what it says of the last JUST_NOW_MS."""
        return times.just_now(self._language)

    def day_of(self, day: int) -> str:
        """The name of a day, by its number (core.local_time.day)."""
        return times.day_name(day, self._language)

    def lasting(self, span_ms: int) -> str:
        """How long it lasts."""
        return times.lasting(span_ms, self._language)

    def span(self, span_ms: int | None) -> str:
        """How long it took; a dash where it has not happened."""
        return times.measured(span_ms, self._language)

    def iso(self, at_ms: int) -> str:
        """For machines."""
        return times.iso(at_ms, self._zone)

    def field(self, at_ms: int) -> str:
        """For a field of a form."""
        return times.field(at_ms, self._zone)


class ReasonWords:
    """Reasons, outcomes and refusals."""

    def __init__(self, language: str) -> None:
        self._language = language

    def word(self, reason: str) -> str:
        """A name of one to four words."""
        return reasons.reason_word(Reason(reason), self._language)

    def why(self, reason: str, **facts: str) -> str:
        """Why, in one sentence, with the facts that are known."""
        return reasons.why_line(Reason(reason), self._language, **facts)

    def first_action(self, reason: str) -> str:
        """What the warden does first."""
        return reasons.first_action(Reason(reason), self._language)

    def outcomes(self, reason: str) -> tuple[Outcome, ...]:
        """How a case of this reason can end, as codes."""
        return outcomes_of(Reason(reason))

    def outcome(self, outcome: str | None) -> str:
        """How it ended; nothing while it has not."""
        return reasons.outcome_word(outcome or "", self._language)

    def refusal(self, refusal: Refusal) -> str:
        """Why an action was refused, in one sentence."""
        return refusals.refusal_line(refusal, self._language)


class CaseWords:
    """A case, its steps, and who did them."""

    tone = staticmethod(case_words.case_tone)
    number = staticmethod(case_number)
    why_not = staticmethod(case_words.why_not)
    held_since_ms = staticmethod(case_words.held_since_ms)
    may_after = staticmethod(may_after)

    def __init__(self, language: str) -> None:
        self._language = language

    def word(self, case: CaseRow) -> str:
        """Where it stands."""
        return case_words.case_word(case, self._language)

    def to_do(self, case: CaseRow) -> str:
        """What to do first."""
        return case_words.to_do_line(case, self._language)

    def cleared(self, case: CaseRow) -> str:
        """That what raised it is over; empty where that is not so."""
        return case_words.cleared_word(case, self._language)

    def told_by(self, case: CaseRow) -> str:
        """That it rests on the word of another maker's contact; empty where it does not."""
        return makes.told_by(case.make, self._language)

    def step(self, step: case_words.WorkflowStep) -> str:
        """What was done and by whom, or what is still to come."""
        return case_words.step_word(step, self._language)

    def proof(self, proof: Proof) -> str:
        """Whether it is proved that somebody was at the door."""
        return proofs.proof_line(proof, self._language)

    def who(self, by: str | None, name: str | None = None) -> str:
        """A person's name, or the centre."""
        return case_words.who_word(by, name, self._language)

    def holder(self, case: CaseRow) -> str:
        """Who has the case; empty while nobody has."""
        return self.who(case_words.holder(case))

    def handed(self, case: CaseRow) -> str:
        """That somebody was named to have it, who has not answered; else empty."""
        return case_words.handed_line(case, self._language)

    def place(self, label: str | None, area: str | None) -> str:
        """The door's label, or the area that is silent."""
        return case_words.place_word(label, area, self._language)

    def channel(self, kind: str) -> str:
        """A way to reach somebody."""
        return case_words.channel_word(kind, self._language)

    def evidence(self, evidence: Evidence) -> str:
        """How far it is proved that a page came."""
        return case_words.evidence_word(evidence, self._language)

    def ended(self, ended: Ended) -> str:
        """Why a page did not go out, though nobody failed."""
        return case_words.ended_word(ended, self._language)

    def action_id(self) -> str:
        """A fresh id for a form: all its presses are one action."""
        return secrets.token_hex(8)


class DoorWords:
    """A door, and the people of its grid."""

    dom_id = staticmethod(door_words.dom_id)
    size = staticmethod(door_places.size)
    opening_tone = staticmethod(door_words.opening_tone)

    def __init__(self, language: str) -> None:
        self._language = language

    def word(self, key: str) -> str:
        """How it stands, from a tile's word."""
        return say(door_words.WORDS[key], self._language)

    def told_by(self, make: str) -> str:
        """That another maker's contact watches it; empty of a seal."""
        return makes.told_by(make, self._language)

    def role(self, role: Role) -> str:
        """What somebody is there."""
        return say(door_words.ROLE_WORDS[role], self._language)


class PermitWords:
    """When a permit recurs."""

    def __init__(self, language: str) -> None:
        self._language = language

    def recurs(self, permit: Permit) -> str:
        """Its times of the day, and on which days."""
        return recurrence.words(permit, self._language)

    def told(self, text: str | None) -> str:
        """Who announced it, or what for: ours in the reader's language, else as it was written."""
        return announcements.told(text or "", self._language, tuple(KIND_WORDS.values()))

    def day_names(self) -> Any:
        """The days of the week, from Monday."""
        return recurrence.day_names(self._language)


class SealWords:
    """Walk tests, certificates and visits."""

    def __init__(self, language: str) -> None:
        self._language = language

    def check(self, name: CheckName) -> str:
        """What a check is called."""
        return walk_tests.name_of(name, self._language)

    def mark(self, mark: CheckMark) -> str:
        """How it stands, in a word or two."""
        return walk_tests.mark_word(mark, self._language)

    def line(self, check: Check) -> str:
        """What was found, or what to do."""
        return walk_tests.sentence(check, self._language)

    def standing(self, how: Standing) -> str:
        """Whether a door counts as sealed, in a sentence."""
        return walk_tests.standing_line(how, self._language)

    def short(self, how: Standing) -> str:
        """The same, short."""
        return walk_tests.standing_word(how, self._language)

    def tone(self, how: Standing) -> str:
        """The same, as a tone."""
        if how is Standing.CERTIFIED:
            return "announced"
        return "in_hand" if how in SEALED else "waiting"

    def purpose(self, purpose: Purpose) -> str:
        """What somebody comes for."""
        return walk_tests.purpose_word(purpose, self._language)

    def purposes(self) -> list[tuple[str, str]]:
        """All that one may come for, each with its word."""
        return [(one.value, self.purpose(one)) for one in Purpose]


def presenters(language: str, zone: tzinfo) -> dict[str, object]:
    """All of them, as templates call them."""
    return {
        "times": Times(language, zone),
        "reason_words": ReasonWords(language),
        "case_words": CaseWords(language),
        "door_words": DoorWords(language),
        "permit_words": PermitWords(language),
        "seal_words": SealWords(language),
        "matter_words": MatterWords(language),
    }
