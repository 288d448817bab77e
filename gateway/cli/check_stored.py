"""What `menshen check` finds in the tables: whether all that stands there can be used."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, select

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import ago, counted
from gateway.core.duration import DAY_MS
from gateway.core.households.model import Symptom
from gateway.core.model import CaseState, Policy
from gateway.registry import load as registry
from gateway.registry.certificates import Certificate
from gateway.store import (
    archive_tables,
    case_log,
    case_views,
    certificates,
    door_codes,
    ending_tables,
    feed_tables,
    household_tables,
    household_views,
    key_tables,
    outbox,
    pending,
    photos,
    poisoned,
    resident_tables,
    schedule_tables,
    seal_paths,
    seal_tables,
    tables,
    update_tables,
    views,
)
from gateway.store.database import StoreError
from gateway.store.poisoned import Findings
from gateway.store.statements import Row
from gateway.updates import kept

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
    tables.outages,
    household_tables.requests,
    household_tables.disputes,
    household_tables.corrections,
    household_tables.health_reports,
    household_tables.health_questions,
    household_tables.seal_answers,
    household_tables.deliveries,
    resident_tables.resident_codes,
    resident_tables.notices,
    resident_tables.consents,
    ending_tables.endings,
    ending_tables.holds,
    key_tables.order_keys,
    seal_tables.seal_readings,
    seal_tables.seal_commands,
    seal_paths.PATHS,
    update_tables.rollouts,
    update_tables.seal_updates,
    certificates.SEAL_CERTIFICATES,
    door_codes.DOOR_CODES,
    photos.PHOTOS,
    case_log.DETOURS,
    case_log.LATE_REFUSALS,
    archive_tables.archives,
    feed_tables.feed_keys,
)
# Whose words must be some of a list: else a row is left out of what people read.
_WORDS: Final[tuple[tuple[Table, type[msgspec.Struct]], ...]] = (
    (tables.wardens, views.WardenRow),
    (household_tables.requests, household_views.RequestRow),
    (household_tables.disputes, household_views.DisputeRow),
    (household_tables.health_reports, household_views.ReportRow),
    (household_tables.health_questions, household_views.QuestionRow),
    (household_tables.seal_answers, household_views.SealAnswerRow),
    (household_tables.deliveries, household_views.DeliveryCount),
    (update_tables.rollouts, kept.RolloutRow),
    (update_tables.seal_updates, kept.SealRow),
)
# A part of `check`; None, or nothing, where there is nothing to say.
Look = Callable[[], CheckResult | Iterable[CheckResult] | None]
_daily = msgspec.json.Decoder(tuple[tuple[int, int], ...]).decode
_policy = msgspec.json.Decoder(Policy).decode
_names = msgspec.json.Decoder(tuple[str, ...]).decode
_symptoms = msgspec.json.Decoder(tuple[Symptom, ...]).decode
_certificate = msgspec.json.Decoder(Certificate).decode
_counts = msgspec.json.Decoder(dict[str, int]).decode
_JSON: Final[tuple[tuple[Table, str, Callable[[bytes], Any]], ...]] = (
    (tables.permits, "daily", _daily),
    (tables.orders, "policy", _policy),
    (tables.outages, "doors", _names),
    (household_tables.disputes, "parties", _names),
    (household_tables.health_reports, "symptoms", _symptoms),
    (ending_tables.endings, "counts", _counts),
    (certificates.SEAL_CERTIFICATES, "body", _certificate),
)


def stored(connection: Connection, now: int) -> CheckResult:
    """Whether the gateway can use all that it reads; what it could not use in the last day."""
    named = _unusable(connection)
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


def _unusable(connection: Connection) -> dict[tuple[str, str], str]:
    """What is wrong with each row that nobody can use, by its table and key."""
    found = Findings()
    for table in _SMALL:
        for _ in found.rows(connection, select(*table.c), table.name):
            pass
    for table, column, decode in _JSON:
        for row in _cells(connection, found, table, column):
            found.decoded(table.name, f"{row[_key(table)]}.{column}", row[column], decode, None)
    for table, kind in _WORDS:
        _find_no_words(connection, found, table, kind)
    is_open = tables.cases.c.state != CaseState.CLOSED
    _find_no_words(connection, found, tables.cases, case_views.CaseRow, is_open)
    pending.pending_events(connection, 0, found)
    outbox.unsound(connection, found)
    named = {(one.source, one.row_key): one.words for one in found.all()}
    for one in registry.load(connection).poisoned:
        named.setdefault((one.source, one.row_key), one.words)
    return named


def guarded(part: str, look: Look) -> list[CheckResult]:
    """One part; a failure of its own where what is stored makes no sense to it."""
    try:
        found = look()
        return [found] if isinstance(found, CheckResult) else list(found or ())
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever stands there: this part fails, no other
        words = f"what is stored makes no sense: {type(error).__name__}: {error}"
        return [CheckResult(part, Mark.FAIL, words)]


def _cells(connection: Connection, found: Findings, table: Table, column: str) -> Iterator[Row]:
    yield from found.rows(connection, select(table.c[_key(table)], table.c[column]), table.name)


def _find_no_words(
    connection: Connection,
    found: Findings,
    table: Table,
    kind: type[msgspec.Struct],
    *which: ColumnElement[bool],
) -> None:
    """Find the cells of which no record of this kind can be made; of some rows, or of all."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name in table.c]
    key = _key(table)
    query = select(table.c[key], *(table.c[field.name] for field in fields if field.name != key))
    for row in found.rows(connection, query.where(*which), table.name):
        for field in fields:
            try:
                msgspec.convert(row[field.name], field.type, strict=False)
            except msgspec.ValidationError as error:
                cell = f"{row[key]}.{field.name}"
                found.note(table.name, cell, str(error), row[field.name])


def _key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


def _list(things: list[str]) -> str:
    more = len(things) - NAMED_MAX
    return "; ".join(things[:NAMED_MAX]) + (f"; and {more} more" if more > 0 else "")
