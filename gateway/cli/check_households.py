"""What `menshen check` finds of households under an order: whether each can be told, and can say
something itself."""

import json
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.named_door import named_doors
from gateway.cli.output import counted
from gateway.core.model import Doubt
from gateway.settings import Settings
from gateway.store import resident_views, states, tables
from gateway.store.database import Store
from gateway.store.resident_tables import resident_codes


def parts(store: Store, settings: Settings, now: int) -> Iterator[CheckResult]:
    """Households whose page nobody can open, for no sheet was printed, where a site prints them;
    those without a telephone, where it sends texts. Nothing where it does neither and nobody is
    asked how they are."""
    with store.reading() as connection:
        running = _running(connection, now, states.doubt(connection))
        prints = bool(connection.execute(select(func.count(resident_codes.c.code_id))).scalar())
        no_code = running.keys() & set(resident_views.without_code(connection, now))
        numbers = {household_id for household_id, _ in resident_views.telephones(connection, now)}
        doors = {one: _first_door(connection, one) for one in running}
    sends = bool(settings.household.sms_url)
    silent = {one for one in no_code if running[one] and not (sends and one in numbers)}
    if not prints and not sends and not silent:
        return
    facts: dict[str, list[str]] = {
        "without_sheet": sorted(doors[one] for one in no_code) if prints else [],
        "without_telephone": sorted(doors[one] for one in running.keys() - numbers) * sends,
        "cannot_report": sorted(doors[one] for one in silent),
    }
    told = {
        "without_sheet": "no sheet with a code was printed; `menshen notice` prints it",
        "without_telephone": "no telephone is known, so no text reaches them; menshen enrol",
        "cannot_report": "asked each day how they are, and cannot say so",
    }
    with store.reading() as connection:
        words = [
            f"{len(facts[name])} under an order, of whom {why}: "
            f"{named_doors(connection, facts[name])}"
            for name, why in told.items()
            if facts[name]
        ]
    if words:
        yield CheckResult("households", Mark.WARN, "; ".join(words), facts)
        return
    told_all = counted(len(running), "household")
    yield CheckResult("households", Mark.OK, f"{told_all} under an order, each can be told", facts)


def _running(connection: Connection, now: int, doubt: Doubt) -> dict[str, bool]:
    """The households under an order that runs, and whether it asks each day how they are."""
    o = tables.orders.c
    query = select(o.household_id, o.policy).where(
        o.from_ms <= now + doubt.behind_ms, o.to_ms > now - doubt.ahead_ms, o.from_ms < o.to_ms
    )
    found: dict[str, bool] = {}
    for household_id, policy in connection.execute(query):
        asks = bool(json.loads(policy).get("health_daily"))
        found[household_id] = found.get(household_id, False) or asks
    return found


def _first_door(connection: Connection, household_id: str) -> str:
    found = resident_views.door_ids_of(connection, household_id)
    return found[0] if found else household_id
