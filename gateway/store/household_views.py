"""What a household asked for, contests and says, for people to read; and what was done, as counts.

Free text is read revealed, as all that is sealed.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, bindparam, or_, select

from gateway.core.duration import DAY_MS
from gateway.core.households.model import (
    DisputeState,
    HealthOutcome,
    RecordKind,
    RequestKind,
    RequestState,
    SealAnswer,
    Symptom,
    Way,
)
from gateway.core.households.requests import OPEN
from gateway.store import case_log, tables
from gateway.store.household_tables import (
    corrections,
    deliveries,
    disputes,
    health_questions,
    health_reports,
    requests,
    seal_answers,
)
from gateway.store.matter_reach import ALL, OPEN_DISPUTES, Reach, within
from gateway.store.records import Key, Part, in_cell, part, records

SAID_MS: Final = DAY_MS  # what a household said of its seal is shown for so long,
SAID_MAX: Final = 3  # the latest of it
CASES_MAX: Final = 20  # at the door of an opening, that may be about it
_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_symptoms = msgspec.json.Decoder(tuple[Symptom, ...]).decode


class RequestRow(msgspec.Struct, frozen=True):
    """A request as people see it."""

    request_id: str
    household_id: str
    door_id: str
    label: str
    grid_id: str
    kind: RequestKind
    state: RequestState
    words: str
    permit_id: str
    said_way: Way
    booked_by: str | None
    asked_ms: int
    moved_ms: int
    taken_by: str | None
    taken_name: str | None  # None where whoever it is is no warden
    done_ms: int | None
    why: str


class DisputeRow(msgspec.Struct, frozen=True):
    """A dispute as people see it."""

    dispute_id: str
    household_id: str
    door_id: str
    label: str
    grid_id: str
    record: RecordKind
    record_id: str
    state: DisputeState
    words: str
    said_way: Way
    booked_by: str | None
    raised_ms: int
    answer_by_ms: int
    moved_ms: int
    is_late: bool
    parties: str  # actor ids, as a JSON list
    assigned_to: str | None
    assigned_name: str | None
    answered_by: str | None
    answer: str

    @property
    def of(self) -> tuple[str, ...]:
        """Who was part of the record."""
        nobody: tuple[str, ...] = ()
        return in_cell(self.parties, _decode_names, nobody)


class QuestionRow(msgspec.Struct, frozen=True):
    """A question about somebody's health as people see it."""

    question_id: str
    household_id: str
    door_id: str
    label: str
    grid_id: str
    asked_ms: int
    moved_ms: int
    is_unwell: bool
    taken_by: str | None
    taken_name: str | None
    outcome: HealthOutcome | None
    is_over: bool
    words: str


class ReportRow(msgspec.Struct, frozen=True):
    """What a household said of how they are."""

    report_id: str
    at_ms: int
    said_way: Way
    is_well: bool
    symptoms: str
    words: str

    @property
    def of(self) -> tuple[Symptom, ...]:
        """What they have."""
        none: tuple[Symptom, ...] = ()
        return in_cell(self.symptoms, _decode_symptoms, none)


class SealAnswerRow(msgspec.Struct, frozen=True):
    """What a household said of a seal that was not heard."""

    at_ms: int
    said_way: Way
    booked_by: str | None
    answer: SealAnswer
    words: str


class DeliveryCount(msgspec.Struct, frozen=True):
    """How many requests of a kind ended so on a day (core.local_time.day)."""

    day: int
    kind: RequestKind
    state: RequestState
    count: int


def open_requests(
    connection: Connection, limit: int, reach: Reach = ALL, after: Key | None = None
) -> Part[RequestRow]:
    """What goes on, a doctor first, then the oldest; from a key on."""
    r = requests.c
    query = _requests(reach).where(r.state.in_(OPEN))
    order = r.kind != RequestKind.DOCTOR, r.asked_ms, r.request_id
    return part(connection, query, RequestRow, order, limit, after)


def done_requests(
    connection: Connection, limit: int, reach: Reach = ALL, after: Key | None = None
) -> Part[RequestRow]:
    """What is over, the newest first; from a key on."""
    r = requests.c
    query = _requests(reach).where(r.state.not_in(OPEN))
    order = r.moved_ms, r.request_id
    return part(connection, query, RequestRow, order, limit, after, descends=True)


def request(connection: Connection, request_id: str) -> RequestRow | None:
    """One request, or None."""
    query = _requests(ALL).where(requests.c.request_id == request_id)
    return next(iter(records(connection, query, RequestRow)), None)


def requests_of(
    connection: Connection, household_id: str, limit: int, since_ms: int = 0
) -> list[RequestRow]:
    """A household's since a time, the newest first."""
    r = requests.c
    query = _requests(ALL).where(r.household_id == household_id, r.asked_ms >= since_ms)
    order = r.asked_ms.desc(), r.request_id
    return records(connection, query.order_by(*order).limit(limit), RequestRow)


def open_disputes(
    connection: Connection, limit: int, reach: Reach = ALL, after: Key | None = None
) -> Part[DisputeRow]:
    """Those that are not answered, what must be answered first before the others; from a key on."""
    d = disputes.c
    query = _disputes(reach).where(d.state.in_(OPEN_DISPUTES))
    order = d.answer_by_ms, d.dispute_id
    return part(connection, query, DisputeRow, order, limit, after)


def answered_disputes(
    connection: Connection, limit: int, reach: Reach = ALL, after: Key | None = None
) -> Part[DisputeRow]:
    """Those that are, the newest first; from a key on."""
    d = disputes.c
    query = _disputes(reach).where(d.state.not_in(OPEN_DISPUTES))
    order = d.moved_ms, d.dispute_id
    return part(connection, query, DisputeRow, order, limit, after, descends=True)


def dispute(connection: Connection, dispute_id: str) -> DisputeRow | None:
    """One dispute, or None."""
    query = _disputes(ALL).where(disputes.c.dispute_id == dispute_id)
    return next(iter(records(connection, query, DisputeRow)), None)


def disputes_of(
    connection: Connection, household_id: str, limit: int, since_ms: int = 0
) -> list[DisputeRow]:
    """A household's since a time, the newest first."""
    d = disputes.c
    query = _disputes(ALL).where(d.household_id == household_id, d.raised_ms >= since_ms)
    order = d.raised_ms.desc(), d.dispute_id
    return records(connection, query.order_by(*order).limit(limit), DisputeRow)


def open_questions(
    connection: Connection, limit: int, reach: Reach = ALL, after: Key | None = None
) -> Part[QuestionRow]:
    """Those about somebody's health that go on: who is not well first, then the oldest; from a key
    on."""
    q = health_questions.c
    query = _questions(reach).where(q.is_over.is_(False))
    order = ~q.is_unwell, q.asked_ms, q.question_id
    return part(connection, query, QuestionRow, order, limit, after)


def question(connection: Connection, question_id: str) -> QuestionRow | None:
    """One question, or None."""
    query = _questions(ALL).where(health_questions.c.question_id == question_id)
    return next(iter(records(connection, query, QuestionRow)), None)


def reports_of(
    connection: Connection, household_id: str, limit: int, since_ms: int = 0
) -> list[ReportRow]:
    """What a household said since a time of how they are, the newest first."""
    h = health_reports.c
    query = select(*(h[name] for name in ReportRow.__struct_fields__))
    query = query.where(h.household_id == household_id, h.at_ms >= since_ms)
    query = query.order_by(h.at_ms.desc(), h.report_id)
    return records(connection, query.limit(limit), ReportRow)


def matters_of(
    connection: Connection, household_id: str, limit: int, since_ms: int = 0
) -> list[tuple[str, str]]:
    """A household's own since a time, by kind and id: requests, disputes, questions of health; the
    latest of each kind."""
    r, d, q = requests.c, disputes.c, health_questions.c
    kinds = (
        ("request", r.request_id, r.household_id, r.asked_ms),
        ("dispute", d.dispute_id, d.household_id, d.raised_ms),
        ("question", q.question_id, q.household_id, q.asked_ms),
    )
    found: list[tuple[str, str]] = []
    for kind, own_id, whose, at_ms in kinds:
        query = select(own_id).where(whose == household_id, at_ms >= since_ms)
        its = connection.execute(query.order_by(at_ms.desc(), own_id).limit(limit)).scalars()
        found += [(kind, matter_id) for matter_id in its]
    return found


def seal_answers_at(connection: Connection, door_id: str, now_ms: int) -> list[SealAnswerRow]:
    """What a household said of a door's seal lately, the newest first."""
    since = {"its_door_id": door_id, "since_ms": now_ms - SAID_MS}
    return records(connection, _SEAL_ANSWERS_AT, SealAnswerRow, since)


def _seal_answers_at() -> Select[Any]:
    s = seal_answers.c
    query = select(*(s[name] for name in SealAnswerRow.__struct_fields__))
    query = query.where(s.door_id == bindparam("its_door_id"), s.at_ms > bindparam("since_ms"))
    return query.order_by(s.at_ms.desc()).limit(SAID_MAX)


_SEAL_ANSWERS_AT: Final = _seal_answers_at()


def with_corrections(query: Any, record: RecordKind, record_id: Any) -> Any:
    """A query of records that also says of each when it was found wrong, and what was answered, as
    `corrected_ms` and `correction`."""
    c, d = corrections.c, disputes.c
    is_its = (c.record == record) & (c.record_id == record_id)
    query = query.join(corrections, is_its, isouter=True)
    query = query.join(disputes, d.dispute_id == c.dispute_id, isouter=True)
    return query.add_columns(c.at_ms.label("corrected_ms"), d.answer.label("correction"))


def counts(connection: Connection, from_day: int, to_day: int) -> list[DeliveryCount]:
    """What was done from one day to another, both included, by day and kind."""
    d = deliveries.c
    query = select(*(d[name] for name in DeliveryCount.__struct_fields__))
    query = query.where(d.day.between(from_day, to_day)).order_by(d.day, d.kind, d.state)
    return records(connection, query, DeliveryCount)


def parties_of(connection: Connection, record: RecordKind, record_id: str) -> tuple[str, ...]:
    """Everybody who was part of a record, by actor_id: who acted on its case in any way, and who
    answered an earlier dispute of it. Of an opening, the cases at its door in which it fell."""
    cases = _cases_of(connection, record, record_id)
    found: list[str] = []
    for row in cases:
        found += [str(row[name]) for name in _ACTORS if row[name]]
    case_ids = [row["case_id"] for row in cases]
    for table in (case_log.DETOURS, case_log.LATE_REFUSALS):
        by = select(table.c.by).where(table.c.case_id.in_(case_ids)).distinct()
        found += connection.execute(by).scalars()
    d = disputes.c
    earlier = select(d.answered_by).where(d.record == record, d.record_id == record_id)
    found += filter(None, connection.execute(earlier).scalars())
    return tuple(dict.fromkeys(found))


def door_of(connection: Connection, record: RecordKind, record_id: str) -> str | None:
    """The door that a record is about; None where there is no such record, or it has no door."""
    table, key = (
        (tables.openings, tables.openings.c.opening_id)
        if record is RecordKind.OPENING
        else (tables.cases, tables.cases.c.case_id)
    )
    found: str | None = connection.execute(select(table.c.door_id).where(key == record_id)).scalar()
    return found


_ACTORS: Final = (*(f"{did}_by" for did in tables.DONE_TO_CASE), "shelved_by", "handed_to")


def _cases_of(connection: Connection, record: RecordKind, record_id: str) -> list[Any]:
    c, o = tables.cases.c, tables.openings.c
    query = select(c.case_id, *(c[name] for name in _ACTORS)).limit(CASES_MAX)
    if record is RecordKind.CASE:
        query = query.where(c.case_id == record_id)
    else:
        times = select(o.door_id, o.opened_ms).where(o.opening_id == record_id)
        opening = connection.execute(times).first()
        if opening is None:
            return []
        # A case is of the opening that raised it, and of those that joined it.
        during = (c.since_ms <= opening.opened_ms) & (
            c.closed_ms.is_(None) | (c.closed_ms >= opening.opened_ms)
        )
        query = query.where(
            c.door_id == opening.door_id, or_(c.case_id == record_id, during)
        ).order_by(c.raised_ms.desc())
    return list(connection.execute(query).mappings())


def _requests(reach: Reach) -> Select[Any]:
    r, d, w = requests.c, tables.doors.c, tables.wardens.c
    joined = ("label", "taken_name")
    own = (r[name] for name in RequestRow.__struct_fields__ if name not in joined)
    query = (
        select(*own, d.label, w.name.label("taken_name"))
        .join(tables.doors, d.door_id == r.door_id)
        .join(tables.wardens, w.warden_id == r.taken_by, isouter=True)
    )
    return within(query, reach, r.grid_id, r.request_id, r.taken_by)


def _disputes(reach: Reach) -> Select[Any]:
    t, d, w = disputes.c, tables.doors.c, tables.wardens.c
    joined = ("label", "assigned_name")
    own = (t[name] for name in DisputeRow.__struct_fields__ if name not in joined)
    query = (
        select(*own, d.label, w.name.label("assigned_name"))
        .join(tables.doors, d.door_id == t.door_id)
        .join(tables.wardens, w.warden_id == t.assigned_to, isouter=True)
    )
    return within(query, reach, t.grid_id, t.dispute_id, t.assigned_to)


def _questions(reach: Reach) -> Select[Any]:
    q, d, w = health_questions.c, tables.doors.c, tables.wardens.c
    joined = ("label", "taken_name")
    own = (q[name] for name in QuestionRow.__struct_fields__ if name not in joined)
    query = (
        select(*own, d.label, w.name.label("taken_name"))
        .join(tables.doors, d.door_id == q.door_id)
        .join(tables.wardens, w.warden_id == q.taken_by, isouter=True)
    )
    return within(query, reach, q.grid_id, q.question_id, q.taken_by)
