"""To whom somebody can hand a case, as pages offer it: whom the site accepts, and nobody else."""

from typing import Final

from sqlalchemy import Connection

from gateway.core.paging import duties, routing, schedule
from gateway.core.paging.person import Person
from gateway.core.rules import Rules
from gateway.store import states, views
from gateway.store.views import WardenRow

OFFERED_MAX: Final = 100  # people whom one list names


def may_take_over(
    connection: Connection, grid_id: str, now_ms: int, rules: Rules
) -> list[WardenRow]:
    """The people to whom a case of a grid can be handed, the lowest step of the escalation policy
    first, at most OFFERED_MAX; of all grids where `grid_id` is empty. One whose state is spoilt is
    believed to be reached."""
    staff = states.staff(connection)
    on_call = routing.of(staff).schedule
    helpers = {
        warden_id
        for role in schedule.SITE_WIDE
        for warden_id in schedule.anywhere_on_duty(on_call, role, now_ms, rules.zone)
    }  # of nobody else it matters here whether anything reaches them
    known = {person.warden_id: person for person in states.people(connection, only=helpers)}
    people = [known.get(warden_id) or Person(warden_id) for warden_id in staff.members]
    router = routing.of(staff, people)
    offered = duties.may_take_over(router, grid_id, now_ms, rules)
    return views.named(connection, offered[:OFFERED_MAX])
