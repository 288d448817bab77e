"""Every place where a byte about a household may stand: how it is found by the order, how it goes,
and which test proves that it went. As data: the work goes through this table and through no other.

A test walks all tables of the database: one that has no line here is an error, so a new table is
not merged before somebody has said how it ends.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.sql.schema import Table

from gateway.core.subject import SubjectKind
from gateway.ending.names import Names
from gateway.store import (
    case_log,
    certificates,
    door_codes,
    photos,
    schedule_tables,
    seal_paths,
    tables,
)
from gateway.store import household_tables as _h
from gateway.store.archive_tables import archives
from gateway.store.ending_tables import checkpoints, endings, holds
from gateway.store.feed_tables import feed_keys, milestones, unwritten
from gateway.store.key_tables import order_keys
from gateway.store.resident_tables import consents, notices, resident_codes
from gateway.store.seal_tables import seal_commands, seal_readings
from gateway.store.span_tables import heartbeat_spans
from gateway.store.update_tables import releases, rollouts, seal_updates

Which = Callable[[Names], ColumnElement[bool]]
PROVED: Final = "tests/privacy/test_p06_canary_strings_are_nowhere.py"
SEARCHED: Final = "tests/privacy/test_p06_nothing_can_be_had_any_more.py"


class Rows(NamedTuple):
    """A table whose rows about an order are deleted. `which`: those."""

    table: Table
    which: Which
    found: str


class Stays(NamedTuple):
    """A table that says nothing of a household. `why`: how that can be."""

    table: Table
    why: str


class Elsewhere(NamedTuple):
    """What is no table of the database."""

    name: str
    found: str
    goes: str
    proved: str = PROVED


def _at_doors(column: ColumnElement[str], at_ms: ColumnElement[int]) -> Which:
    """Rows at the household's doors, before the time from which on another order needs them."""

    def which(names: Names) -> ColumnElement[bool]:
        its = column.in_(names.doors)
        return its if names.before_ms is None else and_(its, at_ms < names.before_ms)

    return which


def _whole(column: ColumnElement[str], of: Callable[[Names], tuple[str, ...]]) -> Which:
    """Rows of the household as a whole: none, as long as another order needs it."""
    return lambda names: column.in_(of(names)) if names.is_whole else false()


def _doors(names: Names) -> tuple[str, ...]:
    return names.doors


def _household(names: Names) -> tuple[str, ...]:
    return (names.household_id,)


def _of_cases(column: ColumnElement[str]) -> Which:
    return lambda names: column.in_(names.cases)


def _of_order(column: ColumnElement[str]) -> Which:
    return lambda names: column == names.order_id


def _permits(names: Names) -> ColumnElement[bool]:
    p = tables.permits.c
    its = p.household_id == names.household_id
    return its if names.before_ms is None else and_(its, p.to_ms <= names.before_ms)


def _pages(names: Names) -> ColumnElement[bool]:
    o = tables.outbox.c
    at_doors = _at_doors(o.door_id, o.made_ms)(names)
    return or_(at_doors, o.case_id.in_(names.cases))


def _certificates(names: Names) -> ColumnElement[bool]:
    """Of a seal that hangs there still, the certificate is the equipment's."""
    c, s = certificates.SEAL_CERTIFICATES.c, tables.seals.c
    its = c.door_id.in_(names.doors)
    if names.is_whole:
        return its
    hangs = select(s.seal_id).where(s.door_id.in_(names.doors))
    return and_(its, c.seal_id.not_in(hangs))


def _spans(names: Names) -> ColumnElement[bool]:
    """One that lasted into the time of another order is that order's."""
    s = heartbeat_spans.c
    its = s.door_id.in_(names.doors)
    return its if names.before_ms is None else and_(its, s.from_ms + s.len_ms < names.before_ms)


def _journal(names: Names) -> ColumnElement[bool]:
    """What the site and others said of it goes in a pass of its own (`erasing.of_others`)."""
    j = tables.journal.c
    its = and_(j.subject_kind == SubjectKind.DOOR, j.subject_id.in_(names.doors))
    homes = and_(j.subject_kind == SubjectKind.HOUSEHOLD, j.subject_id == names.household_id)
    both = or_(its, homes)
    if names.before_ms is None:
        return both
    # What came behind the checkpoint is lived through again, as an order that begins tomorrow is.
    kept_to = select(func.max(checkpoints.c.journal_id)).scalar_subquery()
    return and_(both, j.at_ms < names.before_ms, j.journal_id <= kept_to)


def _checkpoints(names: Names) -> ColumnElement[bool]:
    c = checkpoints.c
    if not names.is_whole:
        return false()
    return or_(
        and_(c.kind == "door", c.name.in_(names.doors)),
        and_(c.kind == "home", c.name == names.household_id),
    )


def _ended_doors(names: Names) -> ColumnElement[bool]:
    d = tables.doors.c
    its = _whole(d.door_id, _doors)(names)
    return and_(its, d.ended_ms.is_not(None))  # one that was enrolled again meanwhile stays


def _poisoned(names: Names) -> ColumnElement[bool]:
    """A spoilt row is of whoever it is: where its key or its bytes name one of these, it goes."""
    p = tables.poisoned.c
    seals = {hung.seal_id for hung in names.seals}
    keys = (*names.doors, *names.cases, *seals, names.order_id, names.household_id)
    named = (p.row_key.contains(key, autoescape=True) for key in keys)
    return or_(*named, *(func.instr(p.body, key.encode()) > 0 for key in keys))


def _keys(names: Names) -> ColumnElement[bool]:
    """And of a household that goes as a whole, the one that no order took over."""
    k = order_keys.c
    its = k.order_id == names.order_id
    unused = and_(k.household_id == names.household_id, k.order_id.is_(None))
    return or_(its, unused) if names.is_whole else its


def _unwritten(names: Names) -> ColumnElement[bool]:
    u = unwritten.c
    its: list[ColumnElement[bool]] = [false()]
    for hung in names.seals:
        ends_ms = hung.ends_ms(names.before_ms)
        said = and_(
            u.line.contains(f"seal={hung.seal_id} ", autoescape=True), u.at_ms >= hung.from_ms
        )
        its.append(said if ends_ms is None else and_(said, u.at_ms < ends_ms))
    return or_(*its)


def _matters(table: Table, at: str) -> Which:
    """A household's own, before the time from which on another order needs it."""

    def which(names: Names) -> ColumnElement[bool]:
        its = table.c.household_id == names.household_id
        return its if names.before_ms is None else and_(its, table.c[at] < names.before_ms)

    return which


def _corrections(names: Names) -> ColumnElement[bool]:
    c = _h.corrections.c
    return _at_doors(c.door_id, c.at_ms)(names)


_t = tables
# In an order in which no row is needed by one that goes after it.
ROWS: Final[tuple[Rows, ...]] = (
    Rows(milestones, _of_cases(milestones.c.case_id), "its cases"),
    Rows(case_log.DETOURS, _of_cases(case_log.DETOURS.c.case_id), "its cases"),
    Rows(case_log.LATE_REFUSALS, _of_cases(case_log.LATE_REFUSALS.c.case_id), "its cases"),
    Rows(photos.PHOTOS, _of_cases(photos.PHOTOS.c.case_id), "its cases; their files went before"),
    Rows(_t.outbox, _pages, "its doors and cases"),
    Rows(_t.cases, _of_cases(_t.cases.c.case_id), "its doors, before another order"),
    Rows(_h.corrections, _corrections, "its doors, before another order"),
    Rows(_h.disputes, _matters(_h.disputes, "raised_ms"), "its household, before another order"),
    Rows(_h.requests, _matters(_h.requests, "asked_ms"), "its household, before another order"),
    Rows(_h.health_reports, _matters(_h.health_reports, "at_ms"), "its household, likewise"),
    Rows(_h.health_questions, _matters(_h.health_questions, "asked_ms"), "its household, likewise"),
    Rows(_h.seal_answers, _matters(_h.seal_answers, "at_ms"), "its household, likewise"),
    Rows(_t.openings, _at_doors(_t.openings.c.door_id, _t.openings.c.opened_ms), "its doors"),
    Rows(_t.permits, _permits, "its household, before another order"),
    Rows(door_codes.DOOR_CODES, _of_order(door_codes.DOOR_CODES.c.order_id), "the order"),
    Rows(resident_codes, _of_order(resident_codes.c.order_id), "the order; with its link already"),
    Rows(consents, _of_order(consents.c.order_id), "the order"),
    Rows(certificates.SEAL_CERTIFICATES, _certificates, "its doors"),
    Rows(heartbeat_spans, _spans, "its doors, before another order"),
    Rows(_t.journal, _journal, "its doors, before another order"),
    Rows(checkpoints, _checkpoints, "its doors"),
    Rows(unwritten, _unwritten, "its seals"),
    Rows(_t.poisoned, _poisoned, "any of its ids"),
    Rows(_t.pending_events, _whole(_t.pending_events.c.subject_id, _doors), "its doors"),
    Rows(order_keys, _keys, "the order; the key itself went before"),
    Rows(_t.doors, _ended_doors, "its household, once nothing of it is needed"),
)
LAST: Final[tuple[Rows, ...]] = (  # with the line in the record of destructions, in one commit
    Rows(holds, _of_order(holds.c.order_id), "the order"),
    Rows(_t.orders, _of_order(_t.orders.c.order_id), "the order"),
    Rows(
        _t.households,
        lambda names: and_(
            _whole(_t.households.c.household_id, _household)(names),
            _t.households.c.household_id.not_in(select(_t.doors.c.household_id)),
            _t.households.c.household_id.not_in(select(_t.orders.c.household_id)),
        ),
        "itself, once no door is there and no other of its orders",
    ),
    Rows(endings, _of_order(endings.c.order_id), "the order"),
)

STAYS: Final[tuple[Stays, ...]] = (
    Stays(_t.site, "the site's own"),
    Stays(_t.grids, "a part of the site"),
    Stays(_t.seals, "equipment; from its link on no door stands there"),
    Stays(_t.states, "of the whole site; its doors leave it by `NamesForgotten`"),
    Stays(_t.outages, "of whole areas; its doors leave the list (`erasing.of_others`)"),
    Stays(notices, "what the notice said, to all alike"),
    Stays(_h.deliveries, "counts by kind and day"),
    Stays(_t.refusals, "counts of all seals together"),
    Stays(_t.wardens, "staff"),
    Stays(schedule_tables.shifts, "staff"),
    Stays(schedule_tables.overrides, "staff"),
    Stays(_t.people, "staff; pages about it leave them by `NamesForgotten`"),
    Stays(_t.enrolments, "when the registry changed, and not how"),
    Stays(_t.cursors, "how far readers have got"),
    Stays(archives, "which months have files, and how many rows"),
    Stays(feed_keys, "keys of the site"),
    Stays(seal_readings, "equipment: battery, signal, firmware"),
    Stays(seal_commands, "equipment; what it asked for is gone once it ended"),
    Stays(seal_paths.PATHS, "equipment: which way it was heard"),
    Stays(releases, "programs for seals"),
    Stays(rollouts, "programs for seals"),
    Stays(seal_updates, "programs for seals"),
)

ELSEWHERE: Final[tuple[Elsewhere, ...]] = (
    Elsewhere("keys", "`order_keys`", "destroyed first: from then on no copy can be read"),
    Elsewhere("photos", "its cases", "their files are destroyed before their rows"),
    Elsewhere("archives", "its doors and seals", "each month's file is made anew without them"),
    Elsewhere(
        "backups",
        "every copy that is older than the destruction",
        "removed once a newer copy is there; its identities are unreadable from the link on",
    ),
    Elsewhere("write-ahead log", "the file", "moved into the database and cut to nothing"),
    Elsewhere("free pages", "the database", "overwritten as they become free, then given back"),
    Elsewhere(
        "InfluxDB",
        "its seals' random ids, before another order",
        "deleted there; the bytes go with its next compaction",
        "tests/privacy/test_p07_influxdb_forgets.py",
    ),
    Elsewhere(
        "audit",
        "no id stands there but sealed with the order's key",
        "unreadable with that key; the chain stays whole",
        "tests/privacy/test_p09_every_look_is_noted.py",
    ),
    Elsewhere(
        "logs",
        "no name and no id of a door or household stands there; seals and cases by random ids",
        "with the machine's own log (docs/operator.md)",
        SEARCHED,
    ),
    Elsewhere(
        "pages, tables, commands",
        "asked anew",
        "they show what is there: nothing. What somebody wrote into a file is theirs to delete",
        SEARCHED,
    ),
    Elsewhere(
        "phones",
        "what a handheld keeps of its doors",
        "a case's page at T by the phone's own clock; all at the next connection after it, or a "
        "day after the last; what a browser writes down beside names nobody",
        "tests/privacy/test_p06_phones.py",
    ),
    Elsewhere(
        "keys that no row names",
        "the folder of keys against the database",
        "destroyed `destroy_days` after that was seen first",
        "tests/ending/test_unnamed_keys.py",
    ),
    Elsewhere("MQTT broker", "a retained word under the seal's id", "with the seal's login"),
    Elsewhere("push services", "cannot be reached", "so a push carries nothing but a number"),
)
