"""The gateway's clock is set right, for all that is known of a site.

What waited goes on waiting, so times move with the clock (clock_shift.py). What is due by the clock
on the wall is worked out anew by the right one: the day that a fault waits for, the end of a duty,
the minute of a test. Else people would be told at night, or hours after they could have been.
"""

from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from gateway.core.cases import case, escalation
from gateway.core.clock_shift import shifted
from gateway.core.events import Event
from gateway.core.households import health
from gateway.core.households.model import Dispute, HealthQuestion, Household, Request
from gateway.core.local_time import Windows
from gateway.core.model import Case, Door
from gateway.core.paging import duties, person, routing
from gateway.core.paging.routing import Router
from gateway.core.rules import Rulebook, Rules
from gateway.core.site_model import Outage, Outages, Trouble, Troubles
from gateway.core.subject import Subject

H = TypeVar("H", Door, Outage, Trouble)
M = TypeVar("M", Request, Dispute, HealthQuestion)


class Known(NamedTuple):
    """All that is known of a site in which times stand."""

    doors: dict[str, Door]
    households: dict[str, Household]
    outages: Outages
    troubles: Troubles
    router: Router


def corrected(
    known: Known, by_ms: int, now_ms: int, rulebook: Rulebook
) -> tuple[Known, list[tuple[Subject, Event]]]:
    """All of it after the clock was set, and what it means to whoever has a case.

    Args:
        known: by the false clock; it stays as it is.
        by_ms: how far the clock moved, ahead if positive.
        now_ms: the right time.
        rulebook: the site's rules.
    """
    rules, set_by = rulebook.rules, _Correction(by_ms, now_ms)
    doors = {
        door_id: set_by.holder(shifted(door, by_ms), rulebook.of(door.door_class))
        for door_id, door in known.doors.items()
    }
    homes = {one: set_by.household(its, rules) for one, its in known.households.items()}
    silent, befallen = shifted(known.outages, by_ms), shifted(known.troubles, by_ms)
    silent = replace(silent, outages=tuple(set_by.holder(its, rules) for its in silent.outages))
    troubles = tuple(set_by.holder(its, rules) for its in befallen.troubles)
    befallen = replace(befallen, troubles=troubles)
    router = routing.shifted(known.router, by_ms)
    people = {one: person.tested_by_day(its, now_ms, rules) for one, its in router.people.items()}
    router = replace(router, people=people)
    held = duties.held(doors.values(), silent, befallen)
    ends = duties.changed(router, router, held, now_ms, rules)
    return Known(doors, homes, silent, befallen, router), ends


class _Correction(NamedTuple):
    by_ms: int
    now_ms: int

    def holder(self, holder: H, rules: Rules) -> H:
        """A holder whose times were moved, with those of its cases by the right wall."""
        its = holder.case
        if its is None and not holder.in_review:
            return holder
        reviewed = tuple(self._reviewed(other, rules) for other in holder.in_review)
        if its is not None:
            its = self._case(its, case.quiet_hours(holder, self.now_ms), rules)
        return replace(holder, case=its, in_review=reviewed)

    def _case(self, its: Case, quiet: Windows, rules: Rules) -> Case:
        told = tuple(
            replace(
                fault,
                told_ms=escalation.may_start_ms(fault.reason, self.now_ms, quiet, rules),
            )
            for fault in its.secondary
        )
        goes_on = its.escalation
        if goes_on is not None:
            asked_ms = its.raised_ms if goes_on.page_id == its.case_id else None
            goes_on = escalation.corrected(goes_on, asked_ms, *self, quiet, rules)
        return replace(its, escalation=goes_on, secondary=told)

    def _reviewed(self, its: Case, rules: Rules) -> Case:
        if its.returns_ms is None:
            return its
        returns_ms = escalation.review_ms(its.returns_ms, *self, rules)
        return replace(its, returns_ms=returns_ms)

    def household(self, before: Household, rules: Rules) -> Household:
        """A household, with its matters."""
        after = health.corrected(shifted(before, self.by_ms), self.by_ms, self.now_ms, rules)
        question = after.health.question
        if question is not None:
            question = self._matter(question, after.quiet, rules)
            after = replace(after, health=replace(after.health, question=question))
        return replace(
            after,
            requests=tuple(self._matter(its, (), rules) for its in after.requests),
            disputes=tuple(self._matter(its, (), rules) for its in after.disputes),
        )

    def _matter(self, matter: M, quiet: Windows, rules: Rules) -> M:
        goes_on = matter.escalation
        if goes_on is None:
            return matter
        goes_on = escalation.corrected(goes_on, None, *self, quiet, rules)
        return replace(matter, escalation=goes_on)
