"""A case as people follow it: who did what, what may be done next, and why something else may not.

Raised, told, taken, at the door, reported, assessed, signed off, closed.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.case import BY_PERSON
from gateway.core.model import CaseState
from gateway.core.reason import TAMPER, Reason
from gateway.notify.catalogue import N_, say
from gateway.store.case_views import DESK, OPEN, WAITING, CaseRow
from gateway.store.page_views import DeliveryRow

CENTRE: Final = "centre"  # who acts where no warden does: the desk at the grid's centre

CASE_WORDS = {
    CaseState.RAISED: N_("Waits"),
    CaseState.PAGED: N_("Waits"),
    CaseState.ACKNOWLEDGED: N_("In hand"),
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
    CaseState.ON_SITE: "in_hand",
    CaseState.REPORTED: "recorded",
    CaseState.ASSESSED: "recorded",
    CaseState.SIGNED_OFF: "recorded",
    CaseState.CLOSED: "closed",
}
_ASIDE = N_("Put aside")

# What raised it is over, and it must be answered all the same.
_RETURNED = N_("Over, still to be answered")
_RETURNED_AS: dict[Reason, str] = {
    **dict.fromkeys(TAMPER, N_("The seal is in place again, still to be answered")),
    **dict.fromkeys(
        (Reason.SILENT, Reason.SILENT_OPEN, Reason.SILENT_TAMPERED, Reason.OUTAGE),
        N_("Heard again, still to be answered"),
    ),
    **dict.fromkeys(
        (
            Reason.NO_PERMIT,
            Reason.OPENED_BLIND,
            Reason.PERMIT_OVERSTAYED,
            Reason.OPEN_TOO_LONG,
            Reason.FOUND_OPEN,
        ),
        N_("Shut again, still to be answered"),
    ),
}

_AREAS = {
    "site": N_("The whole site"),
    "building": N_("Building {name}"),
    "stair": N_("Stair {name}"),
    "point": N_("Access point {name}"),
    "batch": N_("Seals of batch {name}"),
}

_DONE = {
    "raised": N_("Raised"),
    "paged": N_("Told"),
    "acknowledged": N_("{name} took it"),
    "on_site": N_("{name} is at the door"),
    "reported": N_("{name} reported how it ended"),
    "assessed": N_("{name} assessed it"),
    "signed_off": N_("{name} signed it off"),
    "closed": N_("Closed"),
}
_TO_DO = {
    "paged": N_("Tell somebody"),
    "acknowledged": N_("Take it"),
    "on_site": N_("Go to the door"),
    "reported": N_("Report"),
    "assessed": N_("Assess"),
    "signed_off": N_("Sign off"),
    "closed": N_("Close"),
}
# An outage has no door.
_DONE_THERE = N_("{name} is there")
_GO_THERE = N_("Go there")
_CENTRE_WORD = N_("The centre")


class Act(StrEnum):
    """What a person can do about a case."""

    ACKNOWLEDGE = "acknowledge"
    ON_SITE = "on_site"
    REPORT = "report"
    ASSESS = "assess"
    SIGN_OFF = "sign_off"
    SHELVE = "shelve"


_LEADS_TO = {
    Act.ACKNOWLEDGE: CaseState.ACKNOWLEDGED,
    Act.ON_SITE: CaseState.ON_SITE,
    Act.REPORT: CaseState.REPORTED,
    Act.ASSESS: CaseState.ASSESSED,
    Act.SIGN_OFF: CaseState.SIGNED_OFF,
}

TOUCHED = N_("Somebody touched the seal: this case ends only after a person was at the door.")
_NOT_ASIDE = N_("The case of a touched seal cannot be put aside.")
_NO_TIME = N_("A case is put aside until a time that is still to come.")
_OVER = N_("This case is closed already.")
_AT_DESK = N_("This case is reported already; it waits at the desk.")
_TAKEN = N_("Somebody has this case already.")
_THERE = N_("Somebody is at the door already.")
_TAKE_FIRST = N_("Take the case first, then report how it ended.")
_NOT_REPORTED = N_("This case is not reported yet.")
_NOT_HIS_OWN = N_("Whoever reported a case neither assesses it nor signs it off: another must.")
_ASSESSED = N_("This case is assessed already.")
_ASSESS_FIRST = N_("Assess the case first, then sign it off.")
_SIGNED = N_("This case is signed off already; it closes as soon as what raised it is over.")
_NOTHING_DONE = N_("The case has changed meanwhile, so nothing was done.")


class Step(Struct, frozen=True):
    """A step of the loop. `at_ms` is None for one that is still to come."""

    name: str
    at_ms: int | None = None
    by: str | None = None
    who: str | None = None  # the name of `by`, if it is a warden's
    is_door: bool = True  # it is at a door, and not where an outage may come from


def loop(case: CaseRow, told_ms: int | None, sign_off: bool) -> list[Step]:
    """The whole loop of a case: what was done, then what is still to come.

    A step that was passed over is left out. Without `sign_off` a report is the end.
    """
    times = {name: getattr(case, f"{name}_ms", None) for name in _DONE} | {"paged": told_ms}
    reached = max(index for index, name in enumerate(_DONE) if times[name] is not None)
    steps = []
    for index, name in enumerate(_DONE):
        at_ms = times[name]
        wanted = sign_off or name not in ("assessed", "signed_off")
        if at_ms is not None:
            by, who = getattr(case, f"{name}_by", None), getattr(case, f"{name}_name", None)
            steps.append(Step(name, at_ms, by, who, case.area is None))
        elif index > reached and wanted and case.state is not CaseState.CLOSED:
            steps.append(Step(name, is_door=case.area is None))
    return steps


def told_ms(case: CaseRow, deliveries: list[DeliveryRow]) -> int | None:
    """When its first page was taken, as far as is known."""
    if case.state is CaseState.RAISED:
        return None
    return min((told.done_ms for told in deliveries if told.done_ms is not None), default=None)


def untold(case: CaseRow) -> CaseRow:
    """The case without what a page that goes out changes of it."""
    state = CaseState.RAISED if case.state is CaseState.PAGED else case.state
    return replace(case, state=state, moved_ms=0)


def may(case: CaseRow, act: str) -> bool:
    """Whether the case may be moved so by somebody."""
    if act == Act.SHELVE:
        return case.state in OPEN and not case.latched
    if act == Act.REPORT and case.latched and case.state is not CaseState.ON_SITE:
        return False
    return _LEADS_TO[Act(act)] in BY_PERSON[case.state]


def why_not(case: CaseRow, act: Act, by: str) -> str | None:
    """Why the core did nothing. None where this very person has done it before."""
    state = _LEADS_TO.get(act)
    if state is not None and getattr(case, f"{state}_by") == by and not may(case, act):
        return None
    if case.state is CaseState.CLOSED:
        return _OVER
    if act in (Act.ASSESS, Act.SIGN_OFF):
        return _why_not_desk(case, act, by)
    if case.state in DESK:
        return _AT_DESK
    if act is Act.SHELVE:
        return _NOT_ASIDE if case.latched else _NO_TIME
    if act is Act.REPORT:
        return TOUCHED if case.latched else _TAKE_FIRST
    if may(case, act):
        return _NOTHING_DONE
    return _THERE if case.state is CaseState.ON_SITE else _TAKEN


def _why_not_desk(case: CaseRow, act: Act, by: str) -> str:
    if case.state not in DESK:
        return _NOT_REPORTED
    if by == case.reported_by:
        return _NOT_HIS_OWN
    if case.state is CaseState.SIGNED_OFF:
        return _SIGNED
    if may(case, act):
        return _NOTHING_DONE
    return _ASSESSED if act is Act.ASSESS else _ASSESS_FIRST


def holder(case: CaseRow) -> str | None:
    """Who has the case, by name where it is a warden; None while nobody has."""
    known = case.acknowledged_name or case.acknowledged_by
    return known or case.on_site_name or case.on_site_by


def who_word(by: str | None, name: str | None, language: str) -> str:
    """A person's name; the centre's word for the centre."""
    return name or (say(_CENTRE_WORD, language) if by == CENTRE else by or "")


def case_word(case: CaseRow, language: str) -> str:
    """Where it stands, in a word or two."""
    return say(_ASIDE if case.shelved_until_ms else CASE_WORDS[case.state], language)


def case_tone(case: CaseRow) -> str:
    """Its colour, which its word goes with."""
    return "resting" if case.shelved_until_ms else CASE_TONES[case.state]


def returned_word(case: CaseRow, language: str) -> str:
    """That what raised it is over while it must still be answered; empty where that is not so."""
    if case.returned_ms is None or case.state not in WAITING:
        return ""
    return say(_RETURNED_AS.get(case.reason, _RETURNED), language)


def step_word(step: Step, language: str) -> str:
    """What was done and by whom, or what is still to come."""
    is_there = step.name == "on_site" and not step.is_door
    if step.at_ms is None:
        return say(_GO_THERE if is_there else _TO_DO[step.name], language)
    done = _DONE_THERE if is_there else _DONE[step.name]
    return say(done, language).format(name=who_word(step.by, step.who, language))


def place_word(label: str, area: str | None, language: str) -> str:
    """Where it is: the door's label, or the area that is silent."""
    if area is None:
        return label
    kind, _, name = area.partition(":")
    return say(_AREAS[kind], language).format(name=name) if kind in _AREAS else area
