"""From a journal row, and from the gateway's health, to one line of InfluxDB's line protocol. Pure.

A line carries the random ids of site, gateway and seal, and numbers; never a door, a label, a
person or a reason for an opening. Measurements, tags and field types are fixed for ever: the first
writer of a field fixes its type in every shard, so each number is made an int or a float here.

A line's time is that of its commit, so that the latest point is what the gateway knew last; but a
report that waited in its seal is put where its edge was, for it is no news. Two points of one seal
at one time would silently merge, so the nanoseconds below the millisecond are the journal's number:
unique, and the same whenever the line is made again.
"""

import re

import msgspec

from gateway.core.doors.observation import edge_ms
from gateway.core.events import ReportCame
from gateway.core.evidence import Evidence
from gateway.core.model import Contact
from gateway.core.reasons import REFUSALS, Reason

EVENT = "seal_event"
STATS = "gateway_stats"
NS_PER_MS = 1_000_000
WAITED_MS = 10_000  # an edge that is older on arrival waited in its seal
NO_NEWS = (
    Reason.DUPLICATE,
    Reason.HELD_BACK,
    Reason.NO_DOOR,
    Reason.NO_ORDER,
    Reason.ORDER_NOT_BEGUN,
    Reason.ORDER_OVER,
)
COUNTED = (*sorted(REFUSALS), *NO_NEWS)  # what the table `refusals` counts; each is one field

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")  # what needs no escape in a tag
_decode = msgspec.json.Decoder(ReportCame).decode


class UnreadableRow(Exception):
    """A journal row that is no report as we know it. The text says what is wrong with it."""


class Row(msgspec.Struct, frozen=True):
    """What the history needs of a journal row whose kind is ReportCame."""

    journal_id: int
    at_ms: int
    on_door: bool  # whether the seal hung on a door; which one is nobody's business here
    body: bytes


class Figures(msgspec.Struct, frozen=True):
    """The gateway's health at one time. Counts are since the start, except where said."""

    at_ms: int
    broker_connected: bool
    echo_ms: float | None
    store_ok: bool
    queue_depth: int
    reports: int
    commits: int
    refused: int
    turned_away: int  # messages left to the broker, for want of room in the queue
    commit_ms_p50: float
    commit_ms_max: float
    outbox_due: int  # pages that wait to go out
    outbox_oldest_ms: int  # how long the oldest of them has waited
    cursor_lag: int  # journal rows that are not in InfluxDB yet
    unwritten: int  # lines that InfluxDB will never take
    disk_free: int  # bytes
    refusals: dict[str, int]  # by reason, since the database was made
    # pages since the start, by how far it was proved that they came
    pages: dict[str, int] = {}


def tags(site_id: str) -> str:
    """The tags of every line of this gateway. A site has one gateway, so both are one id."""
    return f"site={_plain(site_id)},gateway={site_id}"


def event_line(site_tags: str, row: Row) -> str:
    """The report in the row as a line. UnreadableRow if it holds none."""
    try:
        report = _decode(row.body)
        seal = _plain(report.seal_id)
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableRow(f"journal row {row.journal_id} cannot be read: {error}") from error
    at_ns = _time_ms(report, row.at_ms) * NS_PER_MS + row.journal_id % NS_PER_MS
    return f"{EVENT},{site_tags},seal={seal} {_fields(report, row.on_door)} {at_ns}"


def stats_line(site_tags: str, figures: Figures) -> str:
    """The gateway's health as a line."""
    fields = [
        _int("broker_connected", figures.broker_connected),
        _int("store_ok", figures.store_ok),
        _int("queue_depth", figures.queue_depth),
        _int("reports", figures.reports),
        _int("commits", figures.commits),
        _int("refused", figures.refused),
        _int("turned_away", figures.turned_away),
        _float("commit_ms_p50", figures.commit_ms_p50),
        _float("commit_ms_max", figures.commit_ms_max),
        _int("outbox_due", figures.outbox_due),
        _int("outbox_oldest_ms", figures.outbox_oldest_ms),
        _int("cursor_lag", figures.cursor_lag),
        _int("unwritten", figures.unwritten),
        _int("disk_free", figures.disk_free),
        *(_int(f"pages_{evidence}", figures.pages.get(evidence, 0)) for evidence in Evidence),
        *(_int(f"refused_{reason}", figures.refusals.get(reason, 0)) for reason in COUNTED),
    ]
    if figures.echo_ms is not None:
        fields.append(_float("echo_ms", figures.echo_ms))
    return f"{STATS},{site_tags} {','.join(fields)} {figures.at_ms * NS_PER_MS}"


def _time_ms(report: ReportCame, at_ms: int) -> int:
    observed_until_ms = edge_ms(report, at_ms)
    return (
        at_ms
        if observed_until_ms is None or at_ms - observed_until_ms < WAITED_MS
        else observed_until_ms
    )


def _fields(report: ReportCame, on_door: bool) -> str:
    """`state` and its edges only of a seal on a door: forty seals in a bag are not forty doors."""
    edge = on_door and report.edge and not report.first
    fields = [
        _int("opened", edge and report.contact is Contact.OPEN),
        _int("closed", edge and report.contact is Contact.SHUT),
        _int("tamper", report.cover or report.magnet),
        _int("edges", report.edges),
        _int("bounces", report.bounces),
        _int("seq", report.seq),
        f'ev="{_ev(report)}"',
    ]
    if on_door and report.contact is not Contact.UNKNOWN:
        fields.append(_int("state", report.contact is Contact.OPEN))
    if report.battery_mv is not None:
        fields.append(_int("battery_mv", report.battery_mv))
    if report.age_ms is not None:
        fields.append(_int("age_ms", report.age_ms))
    return ",".join(fields)


def _ev(report: ReportCame) -> str:
    """One word for tables: what kind of report this was."""
    if report.first:
        return "first"
    if report.edge:
        return {Contact.OPEN: "opened", Contact.SHUT: "closed"}.get(report.contact, "edge")
    return "tamper" if report.cover or report.magnet else "heartbeat"


def _int(name: str, value: int) -> str:
    return f"{name}={int(value)}i"


def _float(name: str, value: float) -> str:
    return f"{name}={float(value)}"


def _plain(name: str) -> str:
    if not _PLAIN.fullmatch(name):
        raise ValueError(f"{name!r} is no id: a to z, A to Z, digits, _ and - only")
    return name
