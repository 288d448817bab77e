"""At the door, proved by the code on its label, or not.

A code holds from when its order begins until the next one does, for the label stays on the door as
long. It is judged by when it was scanned, not by when that arrived: an order that changed meanwhile
makes nobody a liar. A wrong code proves nothing and stops nothing: she is there, unproved, and the
case's log says so. Wrong ones are counted by person and by door; beyond the limit none is looked
at any more for a while, so that nobody finds a code by trying.
"""

from typing import Final

from msgspec.structs import replace

from gateway.core.actor import Actor
from gateway.core.cases.case import H
from gateway.core.cases.deeds import Attribution, acted, answer, move_of
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.doors.orders import begins_ms
from gateway.core.duration import HOUR_MS
from gateway.core.effects import CaseMoved, Detour, Effect
from gateway.core.events import ArrivalProved, CaseAction, PersonOnSite
from gateway.core.model import Case, CaseState, Door, Order
from gateway.core.proof import WRONG, Proof, Scan, WrongScan
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Trouble

WRONG_BY_ONE_MAX: Final = 5  # codes that one person may get wrong at one door,
WRONG_AT_DOOR_MAX: Final = 20  # and all of them together,
WRONG_MS: Final = HOUR_MS  # in so long


def proof_of(
    holder: Door | Outage | Trouble, event: CaseAction, attribution: Attribution
) -> Proof | None:
    """What the event proves of who says to be at the door; None if it says nothing of that."""
    if not isinstance(event, PersonOnSite | ArrivalProved) or not isinstance(holder, Door):
        return None
    return _judged(holder, event.scan, attribution)


def refusal_of_code(
    holder: Door | Outage | Trouble, event: ArrivalProved, now_ms: int
) -> Refusal | None:
    """Why no code is looked at here: there is no door, or too many were wrong."""
    if not isinstance(holder, Door):
        return Refusal.NO_DOOR
    return Refusal.TOO_MANY_CODES if _is_barred(holder, event.actor, now_ms) else None


def arrive(
    holder: H, case: Case, event: PersonOnSite, attribution: Attribution, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A person is at the door. With a wrong code that is so all the same, and is said."""
    proof = proof_of(holder, event, attribution)
    holder = _counted(holder, proof, attribution)
    case = replace(case, proof=proof)
    holder, effects = answer(holder, case, CaseState.ON_SITE, attribution, rules)
    if proof in WRONG or proof is Proof.NOT_LOOKED_AT:
        arrived = holder.case
        assert arrived is not None  # noqa: S101 - `answer` has just put it there
        effects += (_logged(arrived, event, attribution),)
    return holder, effects


def prove(
    holder: H, case: Case, event: ArrivalProved, attribution: Attribution
) -> tuple[H, tuple[Effect, ...]]:
    """Who is at the door gives its code afterwards."""
    proof = proof_of(holder, event, attribution)
    holder = _counted(holder, proof, attribution)
    case = acted(case, attribution, proof=proof)
    return replace(holder, case=case), (_logged(case, event, attribution),)


def _logged(case: Case, event: CaseAction, attribution: Attribution) -> CaseMoved:
    detour = Detour(Action.PROVE, event.action_id, outcome=case.proof or "")
    return replace(move_of(case, attribution), detour=detour)


def _judged(door: Door, scan: Scan | None, attribution: Attribution) -> Proof:
    if scan is None:
        return Proof.UNPROVED
    if _is_barred(door, attribution.actor, attribution.now_ms):
        return Proof.NOT_LOOKED_AT
    if not scan.door_id:
        return Proof.UNKNOWN_CODE
    if scan.door_id != door.door_id:
        return Proof.OTHER_DOOR
    order = _order_of_label(door, attribution.done_ms)
    is_its = order is not None and order.order_id == scan.order_id
    return Proof.PROVED if is_its else Proof.OTHER_ORDER


def _order_of_label(door: Door, at_ms: int) -> Order | None:
    """The order whose label is on the door: of those that had begun, the latest."""
    begun = (o for o in door.orders if begins_ms(door, o) <= at_ms and o.from_ms < o.to_ms)
    return max(begun, key=lambda order: order.from_ms, default=None)


def _is_barred(door: Door, actor: Actor, now_ms: int) -> bool:
    lately = _lately(door, now_ms)
    by_one = sum(wrong.by == actor for wrong in lately)
    return by_one >= WRONG_BY_ONE_MAX or len(lately) >= WRONG_AT_DOOR_MAX


def _lately(door: Door, now_ms: int) -> tuple[WrongScan, ...]:
    return tuple(wrong for wrong in door.wrong_scans if now_ms - wrong.at_ms < WRONG_MS)


def _counted(holder: H, proof: Proof | None, attribution: Attribution) -> H:
    """The door with one more wrong code; what is older than WRONG_MS goes."""
    if not isinstance(holder, Door) or (proof not in WRONG and not holder.wrong_scans):
        return holder
    lately: tuple[WrongScan, ...] = _lately(holder, attribution.now_ms)
    if proof in WRONG:
        lately = (*lately, WrongScan(attribution.actor, attribution.now_ms))
    return replace(holder, wrong_scans=lately)
