"""What `menshen check` finds in the tables: whether all that stands there can be used."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import ago, counted
from gateway.core.duration import DAY_MS
from gateway.core.model import Policy
from gateway.registry import load as registry
from gateway.store import outbox, pending, poisoned, schedule_tables, tables
from gateway.store.database import StoreError
from gateway.store.poisoned import Findings
from gateway.store.statements import Row

NAMED_MAX: Final = 5
LISTED_MAX: Final = 1_000
RECENT_MS: Final = DAY_MS
# Read whole, cell by cell: they grow with the site and not with time.
_SMALL: Final = (
    tables.site,
    tables.grids,
    tables.households,
    tables.doors,
    tables.seals,
    tables.orders,
    tables.permits,
    tables.wardens,
    schedule_tables.shifts,
    schedule_tables.overrides,
    tables.states,
    tables.people,
    tables.cursors,
)
_daily = msgspec.json.Decoder(tuple[tuple[int, int], ...]).decode
_policy = msgspec.json.Decoder(Policy).decode
_JSON: Final[tuple[tuple[Table, str, Callable[[bytes], Any]], ...]] = (
    (tables.permits, "daily", _daily),
    (tables.orders, "policy", _policy),
)


def stored(connection: Connection, now: int) -> CheckResult:
    """Whether the gateway can use all that it reads; what it could not use in the last day."""
    found = Findings()
    for table in _SMALL:
        for _ in found.rows(connection, select(*table.c), table.name):
            pass
    for table, column, decode in _JSON:
        for row in _cells(connection, found, table, column):
            found.decoded(table.name, f"{row[_key(table)]}.{column}", row[column], decode, None)
    pending.pending_events(connection, 0, found)
    outbox.unsound(connection, found)
    named = {(one.source, one.row_key): one.words for one in found.all()}
    for one in registry.load(connection).poisoned:
        named.setdefault((one.source, one.row_key), one.words)
    recent = [row for row in poisoned.kept(connection, LISTED_MAX) if row.at_ms > now - RECENT_MS]
    facts = {
        "now": [" ".join(place) for place in named],
        "last_day": [f"{row.source} {row.row_key}" for row in recent],
    }
    if named:
        words = _list([f"{source} {key}: {words}" for (source, key), words in named.items()])
        words += "; enrol it again, or put back a copy of the database"
        return CheckResult("stored", Mark.FAIL, f"cannot be used: {words}", facts)
    if recent:
        latest = ago(recent[0].at_ms, now)
        words = _list([f"{row.source} {row.row_key}: {row.words}" for row in recent])
        words = f"{counted(len(recent), 'thing')} set aside, the latest {latest}: {words}"
        return CheckResult("stored", Mark.FAIL, words, facts)
    return CheckResult("stored", Mark.OK, "all of it can be used", facts)


def guarded(
    part: str, look: Callable[[], CheckResult | Iterable[CheckResult]]
) -> list[CheckResult]:
    """One part; a failure of its own where what is stored makes no sense to it."""
    try:
        found = look()
        return [found] if isinstance(found, CheckResult) else list(found)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever stands there: this part fails, no other
        words = f"what is stored makes no sense: {type(error).__name__}: {error}"
        return [CheckResult(part, Mark.FAIL, words)]


def _cells(connection: Connection, found: Findings, table: Table, column: str) -> Iterator[Row]:
    yield from found.rows(connection, select(table.c[_key(table)], table.c[column]), table.name)


def _key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


def _list(things: list[str]) -> str:
    more = len(things) - NAMED_MAX
    return "; ".join(things[:NAMED_MAX]) + (f"; and {more} more" if more > 0 else "")
