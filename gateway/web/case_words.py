"""A case as people follow it: who did what, what may be done next, and why something else may not.

Raised, told, taken, at the door, reported, assessed, signed off, closed.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.kinds import kind_of
from gateway.core.actor import CENTRE, Acting, Actor, actor_of
from gateway.core.cases.actions import LATE_MS
from gateway.core.cases.contradiction import CONTRADICTIONS
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import (
    PERSONAL,
    Action,
    Standing,
    allowed,
    refusal_of,
)
from gateway.core.evidence import Ended, Evidence
from gateway.core.model import CaseState
from gateway.core.proof import Proof
from gateway.core.reasons import OVER_WHEN_SHUT, TAMPER, Reason
from gateway.language.catalogue import N_, say
from gateway.language.reasons import first_action
from gateway.store.case_log import DetourRow, LateRefusal
from gateway.store.case_views import IN_REVIEW, OPEN, WAITING, CaseRow

CASE_WORDS = {
    CaseState.RAISED: N_("Waits"),
    CaseState.PAGED: N_("Waits"),
    CaseState.ACKNOWLEDGED: N_("In hand"),
    CaseState.ON_THE_WAY: N_("On the way"),
    CaseState.ON_SITE: N_("At the door"),
    CaseState.REPORTED: N_("Reported"),
    CaseState.ASSESSED: N_("Assessed"),
    CaseState.SIGNED_OFF: N_("Signed off"),
    CaseState.CLOSED: N_("Closed"),
}
CASE_TONES = {
    CaseState.RAISED: "waiting",
    CaseState.PAGED: "waiting",
    CaseState.ACKNOWLEDGED: "in_hand",
    CaseState.ON_THE_WAY: "in_hand",
    CaseState.ON_SITE: "in_hand",
    CaseState.REPORTED: "recorded",
    CaseState.ASSESSED: "recorded",
    CaseState.SIGNED_OFF: "recorded",
    CaseState.CLOSED: "closed",
}
_ASIDE = N_("Put aside")

# What raised it is over, and it must be answered all the same.
_CLEARED = N_("Over, still to be answered")
_CLEARED_AS: dict[Reason, str] = {
    **dict.fromkeys(TAMPER, N_("The seal is in place again, still to be answered")),
    **dict.fromkeys(
        (
            Reason.SILENT,
            Reason.PATH_SILENT,
            Reason.SILENT_OPEN,
            Reason.SILENT_AFTER_OPENING,
            Reason.SILENT_TAMPERED,
            Reason.OUTAGE,
        ),
        N_("Heard again, still to be answered"),
    ),
    **dict.fromkeys(OVER_WHEN_SHUT, N_("Shut again, still to be answered")),
}

_AREAS = {
    "site": N_("The whole site"),
    "building": N_("Building {name}"),
    "stair": N_("Stair {name}"),
    "point": N_("Access point {name}"),
    "batch": N_("Seals of batch {name}"),
    "grid": N_("Grid {name}"),
}

_DONE = {
    "raised": N_("Raised"),
    "paged": N_("A page went out"),
    "acknowledged": N_("{name} took it"),
    "on_the_way": N_("{name} is on the way"),
    "on_site": N_("{name} is at the door"),
    "reported": N_("{name} reported how it ended"),
    "assessed": N_("{name} assessed it"),
    "signed_off": N_("{name} signed it off"),
    "closed": N_("Closed"),
}
_EVIDENCE = {
    Evidence.QUEUED: N_("Handed over, not proved"),
    Evidence.ACCEPTED: N_("The service took it"),
    Evidence.RECEIVED: N_("Arrived"),
    Evidence.SEEN: N_("Seen"),
}
_ENDED = {
    Ended.CLOSED: N_("Not needed any more: it was over"),
    Ended.TAKEN: N_("Not needed any more: somebody had it"),
    Ended.OVERTAKEN: N_("Not needed any more: told anew"),
    Ended.LEFT: N_("Not needed any more: not on the staff"),
    Ended.NOBODY: N_("Nobody to tell: no number is known"),
    Ended.NO_WAY: N_("Not sent: this site has no such channel any more"),
}
_BESIDE = {  # no steps of the loop
    "shelved": N_("{name} put it aside"),
    "handed_over": N_("{name} handed it over to {to}"),
    "taken_back": N_("{name} took the report back"),
    "proved": N_("{name} gave the door's code"),
    "again": N_("Raised again"),
    "returned": N_("Came back, for it was not finished"),
}
_MAY_BE_LEFT_OUT = frozenset({"on_the_way"})  # nobody waits for it
_HANDED = N_("Handed over to {name}, who has not answered yet.")
# What is over needs other words than to end it.
_SHUT_AGAIN = N_("It is over already: ask what it was, then report how it ended.")
_TO_DO = {
    "paged": N_("Tell somebody"),
    "acknowledged": N_("Take it"),
    "on_site": N_("Go to the door"),
    "reported": N_("Report"),
    "assessed": N_("Assess"),
    "signed_off": N_("Sign off"),
    "closed": N_("Close"),
}
_FIRST_TAKEN = list(_TO_DO).index("acknowledged") + 1  # of _DONE: before it nobody has it
_STEP_OF = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.ON_THE_WAY: "on_the_way",
    Action.ON_SITE: "on_site",
    Action.PROVE: "proved",
    Action.REPORT: "reported",
    Action.HAND_OVER: "handed_over",
    Action.TAKE_BACK: "taken_back",
    Action.ASSESS: "assessed",
    Action.SIGN_OFF: "signed_off",
    Action.SHELVE: "shelved",
}
# An outage has no door.
_DONE_THERE = N_("{name} is there")
_GO_THERE = N_("Go there")
_CENTRE_WORD = N_("The centre")


class WorkflowStep(Struct, frozen=True):
    """A step of the loop. `at_ms` is None for one that is still to come."""

    name: str
    at_ms: int | None = None
    by: str | None = None
    who: str | None = None  # the name of `by`, if it is a warden's
    is_door: bool = True  # it is at a door, and not where an outage may come from
    arrived_ms: int | None = None  # when the gateway heard of it, if that was much later
    refusal: Refusal | None = None  # why it did not count
    is_latest: bool = False  # of those that count and are done
    to: str = ""  # who is to have it
    to_name: str | None = None
    outcome: str = ""  # what was reported, and is taken back
    note: str = ""
    proof: Proof | None = None  # that somebody was at the door

    @property
    def is_contradicted(self) -> bool:
        """Whether it did not count because the seal said otherwise."""
        return self.refusal in CONTRADICTIONS


def workflow(
    case: CaseRow,
    told_ms: int | None,
    sign_off: bool,
    late: Sequence[LateRefusal] = (),
    detours: Sequence[DetourRow] = (),
) -> list[WorkflowStep]:
    """The whole loop of a case: what was done, then what is still to come.

    A step that was passed over is left out. Without `sign_off` a report is the end. What did not
    count, and what is no step of the loop, stands where it was done in time.
    """
    times: dict[str, int | None] = {name: getattr(case, f"{name}_ms", None) for name in _DONE}
    times["paged"] = told_ms
    if case.state in OPEN:
        times["reported"] = None  # it was taken back
    handed_ms = (row.arrived_ms for row in detours if row.action is Action.HAND_OVER)
    # what is older is history
    fresh_ms = max(case.raised_again_ms or 0, case.returned_ms or 0, *handed_ms)
    reached = max(
        index
        for index, at_ms in enumerate(times.values())
        if at_ms is not None and (at_ms >= fresh_ms or index < _FIRST_TAKEN)
    )
    done, to_come = [], []
    for index, name in enumerate(_DONE):
        at_ms = times[name]
        wanted = name not in _MAY_BE_LEFT_OUT
        wanted &= sign_off or name not in ("assessed", "signed_off")
        if at_ms is not None:
            by, who = getattr(case, f"{name}_by", None), getattr(case, f"{name}_name", None)
            arrived_ms = getattr(case, f"{name}_arrived_ms", None) or at_ms
            late_ms = arrived_ms if arrived_ms - at_ms >= LATE_MS else None
            step = WorkflowStep(name, at_ms, by, who, case.area is None, late_ms)
            proof = _proof_then(case, detours) if name == "on_site" else None
            done.append(replace(step, is_latest=index == reached, proof=proof))
        if index > reached and wanted and case.state is not CaseState.CLOSED:
            to_come.append(WorkflowStep(name, is_door=case.area is None))
    beside = [_late_step(case, refused) for refused in late]
    beside += [_detour_step(case, row) for row in detours]
    beside += [
        WorkflowStep(name, at_ms, arrived_ms=None)
        for name, at_ms in (("again", case.raised_again_ms), ("returned", case.returned_ms))
        if at_ms is not None
    ]
    return [*_in_time(done, sorted(beside, key=_at_ms)), *to_come]


def _proof_then(case: CaseRow, detours: Sequence[DetourRow]) -> Proof | None:
    """What proved the latest arrival as it happened; None where the codes that follow say it."""
    since_ms = case.on_site_ms or 0
    tries = [row for row in detours if row.action is Action.PROVE and row.done_ms >= since_ms]
    if not tries:
        return case.proof
    return None if tries[0].done_ms == since_ms else Proof.UNPROVED


def _at_ms(step: WorkflowStep) -> int:
    return step.at_ms or 0


def _late_step(case: CaseRow, refused: LateRefusal) -> WorkflowStep:
    name, is_door = _STEP_OF[refused.action], case.area is None
    at_ms, arrived_ms = refused.done_ms, refused.arrived_ms
    return WorkflowStep(name, at_ms, refused.by, refused.name, is_door, arrived_ms, refused.reason)


def _detour_step(case: CaseRow, row: DetourRow) -> WorkflowStep:
    late_ms = row.arrived_ms if row.arrived_ms - row.done_ms >= LATE_MS else None
    step = WorkflowStep(
        _STEP_OF[row.action], row.done_ms, row.by, row.name, case.area is None, late_ms
    )
    if row.action is Action.PROVE:
        return replace(step, proof=Proof(row.outcome))
    return replace(step, to=row.to, to_name=row.to_name, outcome=row.outcome, note=row.note)


def _in_time(done: list[WorkflowStep], late: list[WorkflowStep]) -> list[WorkflowStep]:
    """The steps in the order of the loop, and before the first that is later, what was late."""
    steps = list(done)
    for refused in late:
        later = (n for n, step in enumerate(steps) if (step.at_ms or 0) > (refused.at_ms or 0))
        steps.insert(next(later, len(steps)), refused)
    return steps


def without_paging(case: CaseRow) -> CaseRow:
    """The case without what a page that goes out changes of it."""
    state = CaseState.RAISED if case.state is CaseState.PAGED else case.state
    return replace(case, state=state, moved_ms=0)


def standing(case: CaseRow) -> Standing:
    """The case as far as the core's table checks it, from its row."""
    did = case.state if case.state in (*OPEN[2:], *IN_REVIEW) else None
    moved_by = getattr(case, f"{did}_by") if did else None
    people = _actor(moved_by), _actor(case.reported_by)
    return Standing(case.state, case.locked, *people, case.reported_from, case.proof)


def may(case: CaseRow, by: Acting | None, now_ms: int, take_back_ms: int) -> list[Action]:
    """The buttons to show: what somebody may do, in the order of the loop; a report can be taken
    back for `take_back_ms`."""
    can = allowed(standing(case), by) if by is not None else frozenset()
    if now_ms > (case.reported_ms or 0) + take_back_ms:
        can -= {Action.TAKE_BACK}
    return [action for action in PERSONAL if action in can]


def why_not(case: CaseRow, action: Action, by: Acting | None) -> Refusal | None:
    """Why there is no such button, where there is something to say."""
    return refusal_of(standing(case), action, by) if by is not None else None


def _actor(actor_id: str | None) -> Actor | None:
    return None if actor_id is None else actor_of(actor_id)


def holder(case: CaseRow) -> str | None:
    """Who has the case, by name where it is a warden; None while nobody has, or not any more."""
    if case.state in WAITING:
        return None
    took = case.state if case.state in OPEN else CaseState.ACKNOWLEDGED
    names = (getattr(case, f"{step}_{what}") for step in (took, "on_site") for what in _WHO)
    return next((name for name in names if name), None)


_WHO = ("name", "by")


def held_since_ms(case: CaseRow) -> int:
    """Since when whoever has it has come so far with it."""
    at_ms: int | None = getattr(case, f"{case.state}_ms", None)
    return case.moved_ms if at_ms is None else at_ms


def handed_line(case: CaseRow, language: str) -> str:
    """That somebody was named to have it, who has not answered; empty where that is not so."""
    if not case.handed_to or case.state not in WAITING:
        return ""
    name = who_word(case.handed_to, case.handed_to_name, language)
    return say(_HANDED, language).format(name=name)


def who_word(by: str | None, name: str | None, language: str) -> str:
    """A person's name; the centre's word for the centre."""
    return name or (say(_CENTRE_WORD, language) if by == CENTRE.actor_id else by or "")


def case_word(case: CaseRow, language: str) -> str:
    """Where it stands, in a word or two."""
    return say(_ASIDE if case.shelved_until_ms else CASE_WORDS[case.state], language)


def case_tone(case: CaseRow) -> str:
    """Its colour, which its word goes with."""
    return "resting" if case.shelved_until_ms else CASE_TONES[case.state]


def cleared_word(case: CaseRow, language: str) -> str:
    """That what raised it is over while it must still be answered; empty where that is not so."""
    if case.cleared_ms is None or case.state not in WAITING:
        return ""
    return say(_CLEARED_AS.get(case.reason, _CLEARED), language)


def step_word(step: WorkflowStep, language: str) -> str:
    """What was done and by whom, or what is still to come."""
    is_there = step.name == "on_site" and not step.is_door
    name, to = who_word(step.by, step.who, language), who_word(step.to, step.to_name, language)
    if step.name in _BESIDE:
        return say(_BESIDE[step.name], language).format(name=name, to=to)
    if step.at_ms is None:
        return say(_GO_THERE if is_there else _TO_DO[step.name], language)
    return say(_DONE_THERE if is_there else _DONE[step.name], language).format(name=name)


def to_do_line(case: CaseRow, language: str) -> str:
    """What to do first about the case as it stands."""
    is_over = case.cleared_ms is not None and case.reason in OVER_WHEN_SHUT
    return say(_SHUT_AGAIN, language) if is_over else first_action(case.reason, language)


def channel_word(name: str, language: str) -> str:
    """A way to reach somebody, in a word; the name of a kind that is no more."""
    kind = kind_of(name)
    return name if kind is None else say(kind.word, language)


def evidence_word(evidence: Evidence, language: str) -> str:
    """How far it is proved that a page came."""
    return say(_EVIDENCE[evidence], language)


def ended_word(ended: Ended, language: str) -> str:
    """Why a page did not go out, though nobody failed."""
    return say(_ENDED[ended], language)


def place_word(label: str | None, area: str | None, language: str) -> str:
    """Where it is: the door's label, or the area that is silent."""
    if area is None:
        return label or ""
    kind, _, name = area.partition(":")
    return say(_AREAS[kind], language).format(name=name) if kind in _AREAS else area
