"""Whether a page that waits to go out is still needed, and from when it may go out: asked again
before each try."""

from gateway.core.cases import outages, troubles
from gateway.core.cases.case import ANSWERED, find
from gateway.core.cases.escalation import may_start_ms
from gateway.core.doors import silence
from gateway.core.doors.orders import hours_of_household
from gateway.core.evidence import Ended
from gateway.core.households import health
from gateway.core.model import Case, Door
from gateway.core.reasons import MATTERS, NOTICES, QUESTIONS, Reason
from gateway.core.site_model import Outage, Trouble
from gateway.engine.state import CommittedSite
from gateway.store.outbox import HOUSEHOLD, Entry, decode_group


def ended(site: CommittedSite, entry: Entry) -> Ended | None:
    """Why an entry is needed no more; None while somebody must still be told.

    Args:
        site: as of the last commit.
        entry: a page that has not gone out. A test, and what is about no case, is always needed.
    """
    if entry.warden_id is not None and entry.warden_id not in site.registry.staff.members:
        return Ended.LEFT
    if entry.reason in NOTICES:
        return _notice_ended(site.doors.get(entry.door_id), entry)
    if entry.channel == HOUSEHOLD:
        is_question = entry.reason in QUESTIONS
        return _question_ended(site, entry) if is_question else _reminder_ended(site, entry)
    if entry.reason == Reason.GROUPED:
        return _group_ended(site, entry)
    if entry.reason in MATTERS:
        return _matter_ended(site, entry)
    if not entry.case_id:
        return None
    return _case_ended(site, entry, entry.case_id, entry.door_id)


def may_go_ms(site: CommittedSite, entry: Entry, at_ms: int) -> int:
    """From when an entry may go out that would at a time. Nobody's telephone rings for a text to a
    household in the night, nor in the hours in which that household wants to be left alone, at the
    first try or at any other; a person of the staff chose how they are told.

    Args:
        site: as of the last commit.
        entry: a page that has not gone out.
        at_ms: when it would be tried.

    Returns:
        That time, or the first after it that is outside these hours.
    """
    if entry.channel != HOUSEHOLD:
        return at_ms
    door = site.doors.get(entry.door_id) or Door(entry.door_id)
    hours = hours_of_household(door, at_ms)
    return may_start_ms(Reason(entry.reason), at_ms, hours, site.rulebook.of(door.door_class))


def _question_ended(site: CommittedSite, entry: Entry) -> Ended | None:
    """A household is asked where a seal is while no report, no person and no rule says it, and it
    has not said so itself; once for all of its doors."""
    door = site.doors.get(entry.door_id)
    home = () if door is None else (door, *(site.doors.get(other) for other in door.beside))
    doors = [one for one in home if one is not None]
    if any(silence.is_asked(one) for one in doors):
        return None
    is_open = any(one.silence is not None and one.case is not None for one in doors)
    return Ended.TAKEN if is_open else Ended.CLOSED


def _reminder_ended(site: CommittedSite, entry: Entry) -> Ended | None:
    """A household is reminded while it has not said how they are, and nobody was sent to ask."""
    door = site.doors.get(entry.door_id)
    household = None if door is None else site.households.get(door.household_id)
    if household is None or not household.health.is_reminded:
        return Ended.CLOSED
    rules = site.rulebook.rules
    return Ended.TAKEN if health.is_said(household, entry.since_ms, rules) else None


def _matter_ended(site: CommittedSite, entry: Entry) -> Ended | None:
    """What a household wants is told no more once somebody has it, or it is over."""
    door = site.doors.get(entry.door_id)
    household = None if door is None else site.households.get(door.household_id)
    if household is None:
        return Ended.CLOSED
    matters = (*household.requests, *household.disputes, household.health.question)
    for matter in matters:
        if matter is not None and matter.case_id == entry.case_id:
            return Ended.TAKEN if matter.escalation is None else None
    return Ended.CLOSED


def _notice_ended(door: Door | None, entry: Entry) -> Ended | None:
    """That an order is over is told no more once it was given longer, or is destroyed."""
    ends = () if door is None else door.orders_over
    return None if any(one.over_ms == entry.since_ms for one in ends) else Ended.CLOSED


def _group_ended(site: CommittedSite, entry: Entry) -> Ended | None:
    """A page for many is needed as long as one of them is."""
    group = decode_group(entry.about)
    if group.cases > len(group.case_ids):
        return None  # not all of them are named
    reasons = [
        _case_ended(site, entry, case_id, _door_of(site, case_id)) for case_id in group.case_ids
    ]
    return None if None in reasons or not reasons else reasons[0]


def _door_of(site: CommittedSite, case_id: str) -> str:
    """The door of a case, by the seal that its id begins with; empty where it has another."""
    seal = site.registry.seals.get(case_id.partition("-")[0])
    return "" if seal is None else seal.door_id or ""


def _case_ended(site: CommittedSite, entry: Entry, case_id: str, door_id: str) -> Ended | None:
    if case_id.startswith(troubles.PREFIX):
        holder: Door | Outage | Trouble | None = troubles.of_case(site.troubles, case_id)
    else:
        if not door_id:
            return None  # nobody here knows the case: rather once too often
        holder = outages.of_case(site.outages, case_id) or site.doors.get(door_id)
    case = None if holder is None else find(holder, case_id)
    if holder is None or case is None:
        return Ended.CLOSED
    return Ended.TAKEN if _is_in_hand(case, holder, entry) else None


def _is_in_hand(case: Case, holder: Door | Outage | Trouble, entry: Entry) -> bool:
    """Whether somebody took it, put it aside or reported it after the page was made.

    What is told of a case that somebody has already (a second fault, say) is needed all the same.
    """
    if case is not holder.case:  # it is in review: nobody need go there any more
        return entry.reason != Reason.REVIEW_WAITS
    if case.state in ANSWERED or case.shelf is not None:
        is_older = case.acted_ms is not None and entry.made_ms <= case.acted_ms
        return is_older or (case.escalation is None and entry.reason == case.reason)
    return False
