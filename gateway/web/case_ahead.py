"""What a person may do about a case while nobody hears of it: the core's table, walked ahead.

A phone in a cellar shows the buttons that follow from what was pressed on it. It decides nothing:
it goes by this walk, and the core judges each action when it comes.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from gateway.core.actor import Acting, Actor, actor_of
from gateway.core.cases.transitions import HELD, Action, Standing, judge
from gateway.core.model import CaseState
from gateway.core.proof import Proof
from gateway.store.case_views import CaseRow
from gateway.web.case_words import standing

# What a handheld does offline, in the order of its buttons.
AT_DOOR: Final = (
    Action.ACKNOWLEDGE,
    Action.ON_THE_WAY,
    Action.ON_SITE,
    Action.PROVE,
    Action.REPORT,
    Action.HAND_OVER,
    Action.TAKE_BACK,
)

# Whether a code is the door's, no phone knows: what was given counts until that is told.
_PROOFS: Final = {Action.ON_SITE: Proof.UNPROVED, Action.PROVE: Proof.PROVED}


_REPORT: Final = CaseState.REPORTED
WALKS_MAX: Final = 1_024  # that are at hand


class Ahead(NamedTuple):
    """A place of the walk: what may be done there, with the place that it leads to; and who has the
    case there, by actor_id, empty while nobody does."""

    may: dict[Action, int]
    has_it: str


def may_after(case: CaseRow, by: Acting, sign_off: bool) -> list[dict[Action, int]]:
    """What somebody may do at each place of the walk ahead; see `walked`."""
    return [place.may for place in walked(case, by, sign_off)]


def walked(case: CaseRow, by: Acting, sign_off: bool) -> tuple[Ahead, ...]:
    """What somebody may do at the door, if nobody else does anything.

    Args:
        case: As it stands.
        by: Who acts.
        sign_off: Whether the site wants reports signed off. Where it does not, a report closes a
            case whose cause is over, and nothing can be taken back of that.

    Returns:
        First what may be done now; of each action the place, in this list, of what may be done
        after it. An action that is not there would be refused, and then all stays as it is. For
        how long a report can be taken back is not in it.
    """
    return _walked(_now(case), by, not sign_off and case.cleared_ms is not None)


@lru_cache(maxsize=WALKS_MAX)
def _walked(now: Standing, by: Acting, ends: bool) -> tuple[Ahead, ...]:
    """Most cases stand alike, so most walks were walked before; nobody changes one."""
    reached, ahead = [now], list[Ahead]()
    while len(ahead) < len(reached):
        stands = reached[len(ahead)]
        leads = _leads(stands, by, ends)
        reached += [then for then in dict.fromkeys(leads.values()) if then not in reached]
        has_it = stands.moved_by if stands.state in HELD else None
        may = {action: reached.index(then) for action, then in leads.items()}
        ahead.append(Ahead(may, "" if has_it is None else has_it.actor_id))
    return tuple(ahead)


def _now(case: CaseRow) -> Standing:
    """The case as it stands; of a reported one, who had it before stays known."""
    stands = standing(case)
    if stands.reported_from is None:
        return stands
    had_it = getattr(case, f"{stands.reported_from}_by")
    return replace(stands, moved_by=None if had_it is None else actor_of(had_it))


def _leads(stands: Standing, by: Acting, ends: bool) -> dict[Action, Standing]:
    """The case after each action that is allowed; `ends`: a report is the end of it."""
    judged = {action: judge(stands, action, by) for action in AT_DOOR}
    return {
        action: _then(
            stands, action, CaseState.CLOSED if ends and state is _REPORT else state, by.actor
        )
        for action, state in judged.items()
        if isinstance(state, CaseState)
    }


def _then(stands: Standing, action: Action, state: CaseState, actor: Actor) -> Standing:
    if action is Action.REPORT:
        return replace(stands, state=state, reported_by=actor, reported_from=stands.state)
    if action is Action.TAKE_BACK:
        return replace(stands, state=state, reported_by=None, reported_from=None)
    if action in _PROOFS:
        stands = replace(stands, proof=_PROOFS[action])
    if action is Action.HAND_OVER:
        return replace(stands, state=state, moved_by=None, proof=None)
    return replace(stands, state=state, moved_by=actor)
