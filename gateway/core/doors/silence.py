"""Silence is neither compliance nor guilt: a seal that is not heard is a fault, until proven more.

How alive a seal is is worked out when somebody asks. Lost, it is the installer's, by day. What it
last said of its door decides who else hears of it:

- it was tampered with: the warden, at any hour;
- open by a lawful opening, whose shutting nobody heard: a question. The household can answer it
  first, a report may, and where neither does a warden asks, by day;
- open by an unlawful one: it belongs to the case of that, and to whoever has it;
- open for no reason that is known: the warden, at any hour.

Where many fall silent together, an outage explains them all (outages.py), and nobody is told of
each. While somebody works at a seal it is not expected to speak: it is lost when they have gone.
"""

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from gateway.core.cases import case, escalation
from gateway.core.cases.case import DoorChange, end_by_rule, raise_case
from gateway.core.doors import visits
from gateway.core.doors.orders import why_not_under_order
from gateway.core.duration import HOUR_MS
from gateway.core.effects import CaseMoved, Effect, SilenceBegan, SilenceEnded
from gateway.core.events import OutageBegan, OutageEnded
from gateway.core.households.events import SaidOfSeal
from gateway.core.households.model import SealAnswer
from gateway.core.model import Case, Contact, Door, Escalation, Path, Silence
from gateway.core.reasons import BREACHES, QUESTIONS, UNWATCHED, Reason
from gateway.core.rules import Rules

UNAWARE_MS: Final = 6 * HOUR_MS  # two of its beats over the network (sealwire.receipt)
LAWFUL = UNWATCHED | {Reason.PERMIT, Reason.ALLOWANCE, Reason.VISIT}
# What ends by itself once the seal is heard, or an outage explains it.
ONLY_SILENT = frozenset({Reason.SILENT, Reason.SILENT_AFTER_OPENING})
_OF_SILENCE = ONLY_SILENT | {Reason.SILENT_OPEN, Reason.SILENT_TAMPERED}


class Liveness(StrEnum):
    """How lately a seal was heard, against what it promised."""

    LIVE = "live"
    LATE = "late"
    LOST = "lost"


def liveness(door: Door, now_ms: int, rules: Rules) -> Liveness:
    """As of now. A seal that was never heard, and should have been, is lost."""
    if door.heard_ms is None:
        return Liveness.LOST
    if door.heartbeat_ms is None:
        return Liveness.LIVE
    silent_ms = now_ms - door.heard_ms
    if silent_ms >= max(rules.lost_heartbeats * door.heartbeat_ms, _until_told_ms(door)):
        return Liveness.LOST
    return (
        Liveness.LATE if silent_ms >= rules.late_heartbeats * door.heartbeat_ms else Liveness.LIVE
    )


def heard_again(door: Door, now_ms: int) -> DoorChange:
    """A seal that was lost speaks. A case about nothing but its silence ends by itself."""
    silence = door.silence
    if silence is None:
        return door, ()
    door = replace(door, silence=None)
    effects: tuple[Effect, ...] = (SilenceEnded(silence.since_ms),)
    if door.case is not None and door.case.reason in ONLY_SILENT:
        door, ended = end_by_rule(door, door.case, Reason.HEARD_AGAIN, now_ms)
        effects += ended
    over = ONLY_SILENT if door.opening is not None else ONLY_SILENT | {Reason.SILENT_OPEN}
    door, cleared = case.cleared(door, over, now_ms)
    return door, effects + cleared


def ended(silence: Silence | None) -> tuple[Effect, ...]:
    """What the site hears when another seal takes the place of a lost one."""
    return () if silence is None else (SilenceEnded(silence.since_ms),)


def lost_ms(door: Door, rules: Rules) -> int | None:
    """When the seal will be lost, unless it is heard before."""
    if door.silence is not None or door.heartbeat_ms is None or door.heard_ms is None:
        return None
    from_ms, listened_ms = door.heard_ms, door.listened_ms
    if listened_ms is not None and listened_ms > from_ms:
        from_ms = listened_ms
    patience_ms = rules.lost_heartbeats * door.heartbeat_ms
    if door.silent_paths:
        patience_ms = max(patience_ms, _until_told_ms(door))
    due_ms = from_ms + patience_ms
    if door.visits or door.walk_test is not None:
        return visits.until_ms(door, due_ms) or due_ms
    return due_ms  # nearly always, and asked at every step


def _until_told_ms(door: Door) -> int:
    """How long a seal may be unheard which does not know yet that the gateway hears nobody by air:
    until it speaks over the network, once more after one such word was lost."""
    for path in door.silent_paths:
        is_unaware = path.is_ours and path.path is Path.AIR and (door.heard_ms or 0) < path.found_ms
        if is_unaware:
            return UNAWARE_MS
    return 0


def fall_silent(door: Door, heard_ms: int, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """The seal is lost. Somebody is told if that lasts and nothing else explains it.

    Where this comes late by a heartbeat, the gateway itself heard nobody, and the seal has its time
    anew."""
    if door.heartbeat_ms is not None and now_ms - due_ms >= door.heartbeat_ms:
        return replace(door, listened_ms=now_ms), ()
    is_left = visits.until_ms(door, due_ms - 1) == due_ms  # who worked there has just gone
    told_ms = now_ms + (rules.outage_gather_ms if is_left else _patience_ms(door, rules))
    return replace(door, silence=Silence(heard_ms, told_ms)), (SilenceBegan(heard_ms),)


def told_ms(silence: Silence) -> int | None:
    """When somebody is told that the seal is lost."""
    return silence.told_ms


def tell(door: Door, silence: Silence, _due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """It has lasted. Nobody is told where an outage explains it; nor, for now, where the door has
    no order, or a case already that is about something else."""
    door = replace(door, silence=replace(silence, told_ms=None))
    if door.outage is not None or visits.until_ms(door, now_ms) is not None:
        return door, ()
    reason = _reason(door)
    joins = reason is Reason.SILENT and _is_of_case(door)
    is_elsewhere = door.case is not None and not (joins and door.case.reason in BREACHES)
    if is_elsewhere or why_not_under_order(door, now_ms):
        again_ms = now_ms + rules.silence_ms
        return replace(door, silence=replace(silence, told_ms=again_ms)), ()
    page_id = f"{door.seal_id}-silent-{now_ms}"  # an outage may have explained it once before
    door, effects = raise_case(door, reason, page_id, now_ms, silence.since_ms, rules)
    if reason is not Reason.SILENT_AFTER_OPENING:
        return door, effects
    door, seal = raise_case(  # whatever the household says: its seal is the installer's
        door, Reason.SILENT, page_id + "-seal", now_ms, silence.since_ms, rules
    )
    return door, effects + seal


def is_asked(door: Door) -> bool:
    """Whether its household is asked of a silent seal: it said nothing, and nobody has the case."""
    silence, its = door.silence, door.case
    if silence is None or silence.is_answered or its is None or its.reason not in QUESTIONS:
        return False
    return its.state in case.UNANSWERED and its.shelf is None


def household_said(door: Door, event: SaidOfSeal, now_ms: int, rules: Rules) -> DoorChange:
    """What the household says of a silent seal, whom the silence asks first. It accuses nobody and
    frees nobody: a question that it answers is not asked again, and the seal is the installer's as
    before; one that has come off is told at once, as a fault. No rule of a breach hears of it."""
    silence = door.silence
    if silence is None:
        return door, ()
    told_ms, in_place = silence.told_ms, silence.said_in_place
    if event.answer is not SealAnswer.UNSURE:
        in_place = event.answer is SealAnswer.IN_PLACE  # what they say last counts
        if not in_place and told_ms is not None:
            told_ms = min(told_ms, now_ms)
    said = replace(silence, told_ms=told_ms, said_in_place=in_place, is_answered=True)
    door = replace(door, silence=said)
    if event.answer is not SealAnswer.IN_PLACE:
        return door, ()
    asked = door.case
    if asked is None or asked.reason is not Reason.SILENT_AFTER_OPENING:
        return door, ()
    if asked.state not in case.UNANSWERED:  # a person has it, and knows
        return door, ()
    answered, pages = _answered(door, asked, now_ms, rules)
    return replace(door, case=answered), (CaseMoved(answered, now_ms), *pages)


def _answered(
    door: Door, asked: Case, now_ms: int, rules: Rules
) -> tuple[Case, tuple[Effect, ...]]:
    """The question is answered; what is left of its case is the seal's silence."""
    page_id = f"{asked.case_id}-seal"
    others = tuple(fault for fault in asked.secondary if fault.reason is not Reason.SILENT)
    is_told = others == asked.secondary
    asked = replace(asked, reason=Reason.SILENT, secondary=others, escalation=None)
    if not is_told:
        hours = case.quiet_hours(door, now_ms)
        return escalation.begin(asked, page_id, Reason.SILENT, asked.since_ms, now_ms, hours, rules)
    next_ms = now_ms + rules.fault_captain_ms  # the installer was told
    goes_on = Escalation(
        page_id, Reason.SILENT, asked.since_ms, next_ms, step_index=1, began_ms=now_ms
    )
    return replace(asked, escalation=goes_on), ()


def visit_over(door: Door, now_ms: int, rules: Rules) -> Door:
    """Nobody works at the seal any more: one that was lost before, and is still, is told soon."""
    silence = door.silence
    if silence is None or silence.told_ms is not None or _is_told(door):
        return door
    told_ms = now_ms + rules.outage_gather_ms
    return replace(door, silence=replace(silence, told_ms=told_ms))


def _is_told(door: Door) -> bool:
    """Whether an outage or a case says already that it is not heard."""
    about = _OF_SILENCE
    return door.outage is not None or (door.case is not None and door.case.reason in about)


def explained(door: Door, event: OutageBegan, now_ms: int, _: Rules) -> DoorChange:
    """An outage explains the silence: a case that was about nothing else ends."""
    door = replace(door, outage=event.outage_id)
    if door.case is not None and door.case.reason in ONLY_SILENT:
        return end_by_rule(door, door.case, Reason.OUTAGE, now_ms)
    return door, ()


def unexplained(door: Door, event: OutageEnded, now_ms: int, rules: Rules) -> DoorChange:
    """The outage is over. A seal that is still lost is so for itself from now on."""
    if door.outage != event.outage_id:
        return door, ()
    door = replace(door, outage=None)
    if door.silence is None:
        return door, ()
    told_ms = now_ms + _patience_ms(door, rules)
    return replace(door, silence=replace(door.silence, told_ms=told_ms)), ()


def _reason(door: Door) -> Reason:
    if door.cover or door.magnet:
        return Reason.SILENT_TAMPERED
    if door.contact is not Contact.OPEN or door.chattering is not None:
        return Reason.SILENT
    if door.opening is not None and door.opening.reason in LAWFUL:
        if door.silence is not None and door.silence.said_in_place:
            return Reason.SILENT
        return Reason.SILENT_AFTER_OPENING
    return Reason.SILENT if _is_of_case(door) else Reason.SILENT_OPEN


def _is_of_case(door: Door) -> bool:
    """Whether the door was last heard open, and its opening is what somebody was told of already.

    That case is not over before the door is heard shut: whoever has it, or had it, knows."""
    if door.opening is None or door.contact is not Contact.OPEN:
        return False
    cases = (door.case, *door.in_review)
    return any(
        other is not None and other.cleared_ms is None and other.reason in BREACHES
        for other in cases
    )


def _patience_ms(door: Door, rules: Rules) -> int:
    """How long it may last. After tampering, until it is known whether others are silent; but an
    opening that was lawful has mostly ended by the time its seal is heard again."""
    return rules.outage_gather_ms if door.cover or door.magnet else rules.silence_ms
