"""Until when those who have a case are on duty: then it is handed over, and comes back by itself.

It is said to the case's holder when somebody takes it, and to all holders when other people have
duty from then on.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from gateway.core.actor import ActorKind
from gateway.core.cases.case import ANSWERED
from gateway.core.effects import CaseMoved, Effect
from gateway.core.events import CaseHandedOver, DutyEnds, Event
from gateway.core.model import Case, Door
from gateway.core.paging import routing, schedule
from gateway.core.paging.routing import Router
from gateway.core.paging.schedule import Role
from gateway.core.rules import Rules
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SITE, Subject, of_door

News = list[tuple[Subject, Event]]
Held = tuple[Subject, Case]


def taken(router: Router, subject: Subject, effect: Effect, now_ms: int, rules: Rules) -> News:
    """A person has perhaps taken a case of this subject: what it is told of that, if anything."""
    if not isinstance(effect, CaseMoved) or effect.by is None:
        return []
    ends = _ends(router, effect.case, now_ms, rules)
    return [(subject, ends)] if ends is not None else []


def held(doors: Iterable[Door], outages: Outages, troubles: Troubles) -> list[Held]:
    """Every open case, and whose it is."""
    found = [(of_door(door.door_id), door.case) for door in doors if door.case is not None]
    found += [(SITE, outage.case) for outage in outages.outages if outage.case is not None]
    return found + [(SITE, each.case) for each in troubles.troubles if each.case is not None]


def changed(
    router: Router, before: Router, cases: Iterable[Held], now_ms: int, rules: Rules
) -> News:
    """Others have duty than `before`: what that means to the cases that somebody has."""
    ends = [(subject, _ends(router, case, now_ms, rules, before)) for subject, case in cases]
    return [(subject, event) for subject, event in ends if event is not None]


def may_take_over(router: Router, grid_id: str, now_ms: int, rules: Rules) -> tuple[str, ...]:
    """To whom a case of a grid can be handed now, by warden_id, the lowest step first: who has its
    duty on any step, and who is told in the place of one whom nothing reaches. Whom a page offers
    and whom the site accepts is asked here."""
    found: list[str] = []
    for role in Role:
        found += schedule.on_duty(router.schedule, grid_id, role, now_ms, rules.zone)
        if role in schedule.SITE_WIDE:
            found += routing.reachable_on_duty(router, grid_id, role, now_ms, rules)
    return tuple(dict.fromkeys(found))


def judged(
    router: Router, event: CaseHandedOver, grid_id: str, now_ms: int, rules: Rules
) -> CaseHandedOver:
    """The event, with whether the one who is named in it can have the case now."""
    is_offered = event.to in may_take_over(router, grid_id, now_ms, rules)
    return replace(event, is_off_duty=not is_offered)


def _ends(
    router: Router, case: Case, now_ms: int, rules: Rules, before: Router | None = None
) -> DutyEnds | None:
    """Until when the one who has a case is on duty, if that is news.

    Args:
        router: who has duty now.
        case: an open one that somebody has; any other is nobody's.
        now_ms: the time, in ms of UTC.
        rules: the site's.
        before: who had duty until now, where that has changed: who left it by that leaves at once.
    """
    by = case.moved_by
    if case.state not in ANSWERED or by is None or by.kind is not ActorKind.WARDEN:
        return None
    at_ms = schedule.duty_ends_ms(router.schedule, by.actor_id, now_ms, rules.zone)
    if before is not None and at_ms is None:
        has_left = by.actor_id in before.staff.members and by.actor_id not in router.staff.members
        was_on = schedule.is_on_duty(before.schedule, by.actor_id, now_ms, rules.zone)
        is_on = schedule.is_on_duty(router.schedule, by.actor_id, now_ms, rules.zone)
        at_ms = now_ms if has_left or (was_on and not is_on) else None
    ended_ms = case.hands_over_ms
    if at_ms is None and ended_ms is not None and ended_ms <= now_ms:  # it is put aside so long
        is_back = schedule.is_on_duty(router.schedule, by.actor_id, now_ms, rules.zone)
        at_ms = None if is_back else ended_ms
    return None if at_ms == case.hands_over_ms else DutyEnds(case.case_id, at_ms)
