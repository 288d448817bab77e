"""From a journal row of a report to one line of InfluxDB's line protocol. Pure.

A line carries the random ids of site, gateway and seal, and numbers; never a door, a label, a
person or a reason for an opening. It is made by hand, for there are hundreds of thousands a day;
that it is what influx_schema.py says is for a test to say.

A line's time is that of its commit, so that the latest point is what the gateway knew last; but a
report that waited in its seal is put where its edge was, for it is no news. Two points of one seal
at one time would silently merge, so the nanoseconds below the millisecond are the journal's number:
unique, and the same whenever the line is made again.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from gateway.core.doors.observation import edge_ms
from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.core.no_json import NO_JSON
from gateway.feeds.influx_line import plain, time_ns
from gateway.feeds.influx_schema import SEAL_EVENT

EVENT = SEAL_EVENT.name
WAITED_MS = 10_000  # an edge that is older on arrival waited in its seal
_TEXT = re.compile(r"[A-Za-z0-9._+-]+")  # what needs no escape in a text
_decode = msgspec.json.Decoder(ReportCame).decode


class UnreadableRow(Exception):
    """A journal row that is no report as we know it. The text says what is wrong with it."""


class Row(msgspec.Struct, frozen=True):
    """What the history needs of a journal row whose kind is ReportCame."""

    journal_id: int
    at_ms: int
    on_door: bool  # whether the seal hung on a door; which one is nobody's business here
    body: bytes


class Release(NamedTuple):
    """What a seal said of its release since its last start: the release, and when it started."""

    firmware: str
    booted_ms: int


_NO_RELEASES: Final[Mapping[str, Release]] = {}


def tags(site_id: str) -> str:
    """The tags of every line of this gateway. A site has one gateway, so both are one id."""
    return f"site={plain(site_id)},gateway={site_id}"


def event_line(site_tags: str, row: Row, releases: Mapping[str, Release] = _NO_RELEASES) -> str:
    """The report in the row as a line. UnreadableRow if it holds none.

    Args:
        site_tags: as `tags` gives them.
        row: of the journal.
        releases: by seal; a report from before that start does not speak for it.
    """
    try:
        report = _decode(row.body)
        seal = plain(report.seal_id)
    except (*NO_JSON, ValueError) as error:
        raise UnreadableRow(f"journal row {row.journal_id} cannot be read: {error}") from error
    at_ns = time_ns(_time_ms(report, row.at_ms), row.journal_id)
    fields = _fields(report, row.on_door)
    release = releases.get(seal)
    if release is not None and row.at_ms >= release.booted_ms and _TEXT.fullmatch(release.firmware):
        fields += f',firmware="{release.firmware}"'
    return f"{EVENT},{site_tags},seal={seal} {fields} {at_ns}"


def _time_ms(report: ReportCame, at_ms: int) -> int:
    observed_until_ms = edge_ms(report, at_ms)
    return (
        at_ms
        if observed_until_ms is None or at_ms - observed_until_ms < WAITED_MS
        else observed_until_ms
    )


def _fields(report: ReportCame, on_door: bool) -> str:
    """`state` and its edges only of a seal on a door: forty seals in a bag are not forty doors."""
    contact = report.contact
    edge = on_door and report.edge and not report.first
    opened, closed = edge and contact is Contact.OPEN, edge and contact is Contact.SHUT
    tamper = report.cover or report.magnet
    said = (
        f"opened={opened:d}i,closed={closed:d}i,tamper={tamper:d}i,edges={report.edges}i,"
        f'bounces={report.bounces}i,seq={report.seq}i,ev="{_ev(report)}"'
    )
    if on_door and contact is not Contact.UNKNOWN:
        said += f",state={contact is Contact.OPEN:d}i"
    if report.battery_mv is not None:
        said += f",battery_mv={report.battery_mv}i"
    if report.signal_dbm is not None:
        said += f",signal_dbm={report.signal_dbm}i"
    if report.age_ms is not None:
        said += f",age_ms={report.age_ms}i"
    return said


def _ev(report: ReportCame) -> str:
    """One word for tables: what kind of report this was."""
    if report.first:
        return "first"
    if report.edge:
        return {Contact.OPEN: "opened", Contact.SHUT: "closed"}.get(report.contact, "edge")
    return "tamper" if report.cover or report.magnet else "heartbeat"
