"""The week as lines for InfluxDB, by the gateway's own writers.

What befell cases and pages is put into a database as the gateway puts it there, and read by the
streams that write the history. Reports and minutes go through the same pure makers of lines.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import insert

from gateway.core.actor import ActorKind
from gateway.feeds.case_stream import CaseStream
from gateway.feeds.delivery_stream import DeliveryStream
from gateway.feeds.influx_line import LineMaker, time_ns
from gateway.feeds.influx_points import Release, Row, event_line, tags
from gateway.feeds.influx_schema import GATEWAY_STATS, SITE_1M
from gateway.feeds.minutes import Minutes, Place
from gateway.feeds.stream import Stream
from gateway.simulate.ground_truth import START_MS
from gateway.store import case_writes
from gateway.store.database import Store
from gateway.store.feed_tables import milestones
from gateway.store.place_names import BATCH, BUILDING, GRID, PlaceNames
from gateway.store.tables import outbox
from tests.dashboards.week import HEARTBEAT_S, TO_MS, Doorway, SiteWeek
from tests.dashboards.week_deliveries import SENTENCES, Delivery, deliveries, evidence
from tests.dashboards.week_figures import figures

NAMES = PlaceNames(bytes(32))
AT_ONCE = 5_000
LATER_MS = TO_MS + 10 * 86_400_000  # when all pages are as they will stay


def lines(site: SiteWeek, folder: Path) -> Iterator[str]:
    """Every point of a site's week. `folder` has room for a database."""
    yield from _events(site)
    yield from _minutes(site)
    store = Store.open(folder / f"{site.site_id}.db")
    try:
        _keep(site, store)
        yield from _written(CaseStream(store, site.site_id, NAMES))
        yield from _written(DeliveryStream(store, site.site_id))
    finally:
        store.close()
    stats = LineMaker(GATEWAY_STATS, site.site_id)
    for at_ms, figure in figures(site):
        yield stats.line({}, figure, time_ns(at_ms, 0))


def group_of(door: Doorway) -> dict[str, str]:
    """How a door's grid, building and batch are called in the history."""
    return {
        "grid": NAMES.name(GRID, door.grid),
        "building": NAMES.name(BUILDING, door.building),
        "batch": NAMES.name(BATCH, door.batch),
    }


def _events(site: SiteWeek) -> Iterator[str]:
    site_tags = tags(site.site_id)
    releases = {door.seal_id: Release(door.release, START_MS) for door in site.doors}
    encode = msgspec.json.Encoder().encode
    for report in site.reports():
        row = Row(report.number, report.at_ms, True, encode(report.event))
        yield event_line(site_tags, row, releases)


def _minutes(site: SiteWeek) -> Iterator[str]:
    def group(door: Doorway) -> tuple[str, str, str]:
        named = group_of(door)
        return named["grid"], named["building"], named["batch"]

    places = {door.seal_id: Place(group(door), HEARTBEAT_S * 1_000) for door in site.doors}
    minutes, maker = Minutes(places), LineMaker(SITE_1M, site.site_id)
    minutes.begin(START_MS)
    for report in [*site.reports(), None]:
        while ended := minutes.close_one(TO_MS if report is None else report.at_ms):
            for minute in ended:
                named = dict(zip(("grid", "building", "batch"), minute.group, strict=True))
                yield maker.line(named, minute.figures, time_ns(minute.from_ms, 0))
        if report is not None:
            minutes.report(report.door.seal_id, report.at_ms, report.event)


def _keep(site: SiteWeek, store: Store) -> None:
    """What befell cases and pages, as the gateway's commits leave it."""
    grids = {door.run.door.door_id: door.grid for door in site.doors}
    befell = []
    for part, (number, found, step) in enumerate(site.milestones()):
        by = found.by
        role = by.actor_id if by is not None and by.kind is ActorKind.WARDEN else ""
        grid = grids.get(step.subject.id, "")
        befell.append(case_writes.of_milestone(number, part, found, grid, role))
    with store.writing() as connection:
        connection.execute(insert(milestones), befell)
        connection.execute(insert(outbox), [_outbox(one) for one in deliveries(site)])


def _outbox(one: Delivery) -> dict[str, object]:
    return {
        "entry_id": one.number,
        "page_id": f"page-{one.number}",
        "case_id": one.case_id,
        "door_id": "",
        "channel": one.channel,
        "reason": one.reason,
        "since_ms": one.since_ms,
        "made_ms": one.made_ms,
        "tries": one.failures + (one.sent_ms is not None),
        "next_ms": one.made_ms,
        "done_ms": one.sent_ms,
        "gave_up": one.gave_up,
        "error": None if one.cause is None else SENTENCES[one.cause],
        "evidence": evidence(one),
        "received_ms": one.received_ms,
        "step_index": one.step,
        "round": one.round,
        "role": one.role,
    }


def _written(stream: Stream) -> Iterator[str]:
    """All that a stream of the history would write."""
    is_more = True
    while is_more:
        batch = stream.take(AT_ONCE, LATER_MS)
        assert not batch.unreadable
        yield from (line.text for line in batch.lines)
        stream.settle(batch, [])
        is_more = batch.is_more
