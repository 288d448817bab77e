"""What may be done about a case when: one table of states and actions, for doors and outages alike.

`TABLE` says for every state and action where it leads, or why it is refused; guards check the case
and who acts. Buttons (`allowed`), what is done (`core/cases/actions.py`) and the drawing of a
case's states all come from it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from gateway.core.actor import Acting, Actor
from gateway.core.cases.refusal import Refusal
from gateway.core.model import CaseState
from gateway.core.proof import Proof


class Action(StrEnum):
    """What is done about a case: by a person, and below by a page's fate."""

    ACKNOWLEDGE = "acknowledge"
    ON_THE_WAY = "on_the_way"
    ON_SITE = "on_site"
    PROVE = "prove"  # that one is at the door, by its code
    REPORT = "report"
    HAND_OVER = "hand_over"
    TAKE_BACK = "take_back"
    ASSESS = "assess"
    SIGN_OFF = "sign_off"
    SHELVE = "shelve"
    PAGE_SENT = "page_sent"
    PAGE_RECEIVED = "page_received"


# Somebody has it, and from here it can be reported.
HELD: Final = (CaseState.ACKNOWLEDGED, CaseState.ON_THE_WAY, CaseState.ON_SITE)
PERSONAL: Final = tuple(action for action in Action if not action.startswith("page_"))


class Judged(Protocol):
    """What the table checks of a case; `Case` is one, and `Standing` where only rows are read."""

    @property
    def state(self) -> CaseState: ...
    @property
    def locked(self) -> bool: ...
    @property
    def moved_by(self) -> Actor | None: ...
    @property
    def reported_by(self) -> Actor | None: ...
    @property
    def reported_from(self) -> CaseState | None: ...
    @property
    def proof(self) -> Proof | None: ...


class Standing(Struct, frozen=True):
    """A case as far as the table checks it."""

    state: CaseState
    locked: bool = False
    moved_by: Actor | None = None
    reported_by: Actor | None = None
    reported_from: CaseState | None = None  # the state before the report, until it is assessed
    proof: Proof | None = None  # that whoever is at the door is there


Guard = Callable[[Judged, Acting], Refusal | None]


class Cell(NamedTuple):
    """Where an action leads in a state, or why it is refused; the guards are asked first. With
    `is_back` it leads to where the case was reported from, of which `leads_to` is one."""

    leads_to: CaseState | Refusal
    guards: tuple[Guard, ...] = ()
    is_back: bool = False


def _once(case: Judged, by: Acting) -> Refusal | None:
    return Refusal.DONE_ALREADY if case.moved_by == by.actor else None


def _reported_once(case: Judged, by: Acting) -> Refusal | None:
    return Refusal.DONE_ALREADY if case.reported_by == by.actor else None


def _visited(case: Judged, _: Acting) -> Refusal | None:
    needs_visit = case.locked and case.state is not CaseState.ON_SITE
    return Refusal.NEEDS_VISIT if needs_visit else None


def _no_tampering(case: Judged, _: Acting) -> Refusal | None:
    return Refusal.NOT_SHELVED if case.locked else None


def _unproved(case: Judged, _: Acting) -> Refusal | None:
    return Refusal.PROVED_ALREADY if case.proof is Proof.PROVED else None


def _own(case: Judged, by: Acting) -> Refusal | None:
    return Refusal.TAKEN_ALREADY if case.moved_by != by.actor else None


def _holder(case: Judged, by: Acting) -> Refusal | None:
    has_it = by.is_centre or case.moved_by == by.actor
    return None if has_it else Refusal.NOT_HOLDER


def _reporter(case: Judged, by: Acting) -> Refusal | None:
    return Refusal.NOT_REPORTER if case.reported_by != by.actor else None


def _unreviewed(case: Judged, _: Acting) -> Refusal | None:
    return Refusal.SIGNED_OFF_ALREADY if case.reported_from is None else None


def _another(case: Judged, by: Acting) -> Refusal | None:
    return Refusal.OWN_REPORT if case.reported_by == by.actor else None


_S, _R, _A = CaseState, Refusal, Action


def _row(**cells: Cell) -> dict[Action, Cell]:
    return {action: cells[action] for action in Action}


def _open(state: CaseState, **cells: Cell) -> dict[Action, Cell]:
    """An open case: nobody has reported it, so nothing of the review is to be done."""
    unreported = Cell(_R.NOT_REPORTED)
    shelve, received = Cell(state, (_no_tampering,)), Cell(state)
    sent = Cell(_R.NOTHING_NEW)
    machine = {"page_sent": sent, "page_received": received}
    review = {"assess": unreported, "sign_off": unreported, "take_back": unreported}
    prove = Cell(_R.NOT_ON_SITE)
    return _row(**{"shelve": shelve, "prove": prove, **machine, **review, **cells})


def _unanswered(state: CaseState, **cells: Cell) -> dict[Action, Cell]:
    return _open(
        state,
        acknowledge=Cell(_S.ACKNOWLEDGED),
        on_the_way=Cell(_S.ON_THE_WAY),
        on_site=Cell(_S.ON_SITE),
        report=Cell(_R.TAKE_FIRST, (_visited,)),
        hand_over=Cell(_R.NOT_HELD),
        page_received=Cell(_S.PAGED),  # so a page of it went out
        **cells,
    )


_AT_THE_DOOR = ("acknowledge", "on_the_way", "on_site", "prove", "report", "hand_over", "shelve")


def _in_review(**cells: Cell) -> dict[Action, Cell]:
    """A reported case: nothing is done at the door any more."""
    too_late, unchanged = Cell(_R.IN_REVIEW), Cell(_R.NOTHING_NEW)
    field = dict.fromkeys(_AT_THE_DOOR, too_late)
    return _row(**{**field, "page_sent": unchanged, "page_received": unchanged, **cells})


def _gone(refusal: Refusal) -> dict[Action, Cell]:
    return dict.fromkeys(Action, Cell(refusal))


_HANDED = Cell(_S.RAISED, (_holder,))
_TAKEN_BACK = Cell(_S.ACKNOWLEDGED, (_reporter, _unreviewed), is_back=True)

# State × action: where it leads, or why not. Where the site wants no signing off, what is reported
# is signed off at once.
TABLE: Final[dict[CaseState, dict[Action, Cell]]] = {
    _S.RAISED: _unanswered(_S.RAISED, page_sent=Cell(_S.PAGED)),
    _S.PAGED: _unanswered(_S.PAGED),
    _S.ACKNOWLEDGED: _open(
        _S.ACKNOWLEDGED,
        acknowledge=Cell(_R.TAKEN_ALREADY, (_once,)),
        on_the_way=Cell(_S.ON_THE_WAY, (_own,)),
        on_site=Cell(_S.ON_SITE),
        report=Cell(_S.REPORTED, (_visited,)),
        hand_over=_HANDED,
    ),
    _S.ON_THE_WAY: _open(
        _S.ON_THE_WAY,
        acknowledge=Cell(_R.TAKEN_ALREADY, (_once,)),
        on_the_way=Cell(_R.ON_THE_WAY_ALREADY, (_once,)),
        on_site=Cell(_S.ON_SITE),
        report=Cell(_S.REPORTED, (_visited,)),
        hand_over=_HANDED,
    ),
    _S.ON_SITE: _open(
        _S.ON_SITE,
        acknowledge=Cell(_R.ON_SITE_ALREADY, (_once,)),
        on_the_way=Cell(_R.ON_SITE_ALREADY, (_once,)),
        on_site=Cell(_R.ON_SITE_ALREADY, (_once,)),
        prove=Cell(_S.ON_SITE, (_own, _unproved)),
        report=Cell(_S.REPORTED),
        hand_over=_HANDED,
    ),
    _S.REPORTED: _in_review(
        report=Cell(_R.IN_REVIEW, (_reported_once,)),
        take_back=_TAKEN_BACK,
        assess=Cell(_S.ASSESSED, (_another,)),
        sign_off=Cell(_R.ASSESS_FIRST, (_another,)),
    ),
    _S.ASSESSED: _in_review(
        take_back=Cell(_R.ASSESSED_ALREADY, (_reporter,)),
        assess=Cell(_R.ASSESSED_ALREADY, (_once, _another)),
        sign_off=Cell(_S.SIGNED_OFF, (_another,)),
    ),
    _S.SIGNED_OFF: _in_review(
        take_back=_TAKEN_BACK,
        assess=Cell(_R.SIGNED_OFF_ALREADY, (_another,)),
        sign_off=Cell(_R.SIGNED_OFF_ALREADY, (_once, _another)),
    ),
    _S.CLOSED: _gone(_R.CLOSED),
}


def judge(case: Judged, action: Action, by: Acting | None) -> CaseState | Refusal:
    """Where the action would lead, or why it is refused. `by` is None for a page's fate, which no
    guard stands before."""
    cell = TABLE[case.state][action]
    for guard in cell.guards:
        refusal = None if by is None else guard(case, by)
        if refusal is not None:
            return refusal
    return case.reported_from or cell.leads_to if cell.is_back else cell.leads_to


def refusal_of(case: Judged, action: Action, by: Acting) -> Refusal | None:
    """Why somebody cannot do this now; None where they can."""
    leads_to = judge(case, action, by)
    return leads_to if isinstance(leads_to, Refusal) else None


def allowed(case: Judged, by: Acting) -> frozenset[Action]:
    """What somebody may do about the case as it stands: these are the buttons to show."""
    return frozenset(action for action in PERSONAL if refusal_of(case, action, by) is None)
