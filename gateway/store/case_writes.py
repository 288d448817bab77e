"""What happens to a case or an outage, in rows. Of a case the batch keeps one row, and each move
changes it."""

from gateway.core.cases.milestones import Milestone
from gateway.core.cases.number import case_number
from gateway.core.effects import CaseMoved, OutageFound, OutageGrew, OutageOver
from gateway.core.model import CaseState
from gateway.core.subject import SITE, SubjectKind
from gateway.store import statements as sql
from gateway.store import states, tables
from gateway.store.statements import Row, Statement

_OF_CASE = (
    "state",
    "reason",
    "raised_ms",
    "since_ms",
    "openings",
    "locked",
    "cleared_ms",
    "refers_to",
    "raised_again_ms",
    "returned_ms",
    "outcome",
    "despite_seal",
    "note",
    "reported_from",
    "handed_to",
    "proof",
    "make",
)
_NOBODY = dict.fromkeys(tables.WHO_OF_CASE)


def new_case(case_id: str) -> Row:
    """The row of a case to which nobody has done anything in this batch."""
    return {"case_id": case_id, "number": case_number(case_id), **_NOBODY}


def move_case(row: Row, kind: SubjectKind, door_id: str, grid_id: str, moved: CaseMoved) -> None:
    """Change a case's row to what it is after a move; who did what on the way here is kept.

    Args:
        row: From `new_case`, or as an earlier move of the same batch left it.
        kind: Whose case it is: the door's, or the site's.
        door_id: The door; of an outage, the first of its silent doors; empty of a trouble.
        grid_id: That door's grid; empty of a trouble.
        moved: The case as it is now, by whom it was moved and when.
    """
    case, shelf = moved.case, moved.case.shelf
    row |= {name: getattr(case, name) for name in _OF_CASE}
    row |= {
        "subject_kind": kind,
        "subject_id": door_id if kind is SubjectKind.DOOR else SITE.id,
        "door_id": door_id or None,
        "grid_id": grid_id,
        "area": moved.area,
        "about": moved.about,
        "moved_ms": moved.at_ms,
        "contacts": states.encode(case.contacts).decode(),
        "shelved_by": shelf and shelf.by.actor_id,
        "shelved_why": shelf and shelf.why,
        "shelved_until_ms": shelf and shelf.ends_ms,
    }
    is_step = moved.by is not None and shelf is None and moved.detour is None
    if case.state is CaseState.CLOSED or is_step:
        step, by = case.state, moved.by and moved.by.actor_id
        done_ms = moved.at_ms if moved.done_ms is None else moved.done_ms
        row |= {f"{step}_by": by, f"{step}_ms": done_ms, f"{step}_arrived_ms": moved.at_ms}


def of_milestone(journal_id: int, part: int, milestone: Milestone, grid_id: str, role: str) -> Row:
    """What befell a case, as the given part of what followed from an event of the journal; `role`
    is that of the warden who did it."""
    return {
        "journal_id": journal_id,
        "part": part,
        "at_ms": milestone.at_ms,
        "happened": milestone.happened,
        "case_id": milestone.case_id,
        "grid_id": grid_id,
        "reason": milestone.reason,
        "state": milestone.state,
        "since_ms": milestone.since_ms,
        "openings": milestone.openings,
        "proof": milestone.proof,
        "raised_ms": milestone.raised_ms,
        "step_index": milestone.step_index,
        "role": role,
        "by_person": milestone.by is not None,
        "outcome": milestone.outcome,
    }


def of_outage(at_ms: int, effect: OutageFound | OutageGrew | OutageOver) -> tuple[Statement, Row]:
    """An outage with every door that was ever silent from it, or its end at `at_ms`."""
    if isinstance(effect, OutageOver):
        return sql.END_OUTAGE, {"b_id": effect.outage_id, "over_ms": at_ms}
    doors = states.encode(effect.doors).decode()
    if isinstance(effect, OutageGrew):
        return sql.GROW_OUTAGE, {"b_id": effect.outage_id, "doors": doors}
    return sql.INSERT_OUTAGE, {
        "outage_id": effect.outage_id,
        "area": effect.area,
        "since_ms": effect.since_ms,
        "over_ms": None,
        "doors": doors,
    }
