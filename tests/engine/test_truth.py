"""No claim beyond the truth: what the house says of the past is held against how it really was.

Openings and shuttings lie in their intervals; a door that the ledger calls shut was shut; a minute
counts as covered only what a report speaks for; what the house believes of each door, at every
step, was so when it was last known; and by every time in its interval no opening was lawful that is
told as a breach, nor the other way round. Each life has a printed seed; MENSHEN_SEED repeats one.
"""

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.core.model import Contact
from gateway.core.subject import of_door
from gateway.feeds.minute_stream import MinuteStream
from gateway.replay.coverage import ledger
from gateway.replay.replay import journaled
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.place_names import BUILDING, PlaceNames
from tests.engine.small_site import beating, new_store, rows
from tests.engine.true_door import TrueDoor
from tests.engine.true_world import BEAT_MS, BEGIN_MS, TrueWorld

SEED = os.environ.get("MENSHEN_SEED")
LIVES = 5
STEPS = 120
SLACK_MS = 1_000  # copies whose dates differ by less show nothing (engine/report_dates.py)
MINUTE_MS = 60_000
NAMES = PlaceNames(bytes(32))
UNWATCHED = ("no_order", "order_over", "order_not_begun")

Row = dict[str, Any]


async def lived(store: Store, seed: int, steps: int = STEPS) -> TrueWorld:
    """A world after so many steps of its life, in which the gateway lived several times."""
    world = TrueWorld(store, random.Random(seed), steps)  # noqa: S311 - a story
    while world.steps:
        async with beating(store, None, world.clock) as (engine, post):
            if not world.orders:
                await world.begin(engine)
            await world.live(engine, post)
    return world


def beyond(world: TrueWorld) -> list[str]:
    """Every claim that the truth contradicts."""
    found = list(world.wrong)
    for claims in (openings, coverage, minutes, permits, verdicts):
        found += claims(world)
    return found


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
async def test_no_claim_beyond_the_truth(number: int, tmp_path: Path) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    assert beyond(await lived(new_store(tmp_path), seed)) == []


def openings(world: TrueWorld) -> Iterator[str]:
    """Each began and ended between the times that are told."""
    for row in rows(world.store, tables.openings):
        door = world.of(row["door_id"])
        if not _opened(door, row):
            yield f"it did not open then: {row}"
        shut = [at_ms for _, at_ms in door.openings() if at_ms is not None]
        if row["shut_ms"] is not None and not _any(shut, row["shut_from_ms"], row["shut_ms"]):
            yield f"it did not shut then: {row}"


def _opened(door: TrueDoor, row: Row) -> bool:
    name = row["opening_id"].removeprefix(f"{door.seal.seal_id}-")
    if name.startswith("standing-"):  # nobody saw it open: since when it is known to stand so
        return not door.is_counted or door.stood_open(row["opened_ms"])
    if name.isdecimal() and int(name) in door.meant:
        true = [door.meant[int(name)].true_ms]
    else:
        true = [at_ms for at_ms, _ in door.openings()]
    return _any(true, row["opened_ms"], row["latest_ms"])


def _any(true: list[int], from_ms: int, to_ms: int) -> bool:
    return any(from_ms - SLACK_MS <= at_ms <= to_ms + SLACK_MS for at_ms in true)


def coverage(world: TrueWorld) -> Iterator[str]:
    """A door stood all the while as it was seen. (A contact of another maker counts nothing, so of
    what it did between two of its words nothing is known, and the ledger says so.)"""
    for door in world.ours:
        with world.store.reading() as connection:
            events = [
                (row.at_ms, row.event)
                for row in journaled(connection, subject=of_door(door.door_id))
            ]
        for span in ledger(events, (BEGIN_MS, world.clock.now_ms())).spans:
            within = span.from_ms + SLACK_MS, span.to_ms - SLACK_MS
            moved = [at_ms for at_ms in door.moves if within[0] < at_ms < within[1]]
            stood = Contact.OPEN if door.stood_open(span.from_ms + SLACK_MS) else Contact.SHUT
            is_long = within[0] < within[1]
            if span.seen is not Contact.UNKNOWN and is_long and (moved or stood is not span.seen):
                yield f"coverage of {door.door_id}: {span}, and it moved {moved}"


def minutes(world: TrueWorld) -> Iterator[str]:
    """What the history's minutes count as covered, and as open, is what was heard by then."""
    stream = MinuteStream(world.store, "0" * 16, NAMES)
    of = {NAMES.name(BUILDING, f"b{door.number}"): door for door in world.doors}
    for line in stream.take(1_000_000, world.clock.now_ms()).lines:
        tags, fields, _ = line.text.split(" ")
        door = of[dict(tag.split("=") for tag in tags.split(",")[1:])["building"]]
        said = {name: int(of.rstrip("i")) for name, of in _pairs(fields)}
        borne_out_ms = _borne_out_ms(door, line.at_ms, 2 if door in world.ours else 1)
        if said["covered_ms"] > borne_out_ms:
            yield f"minute {line.at_ms} of {door.door_id}: {said}, borne out {borne_out_ms}"
        got = [one for one in door.got if one.came_ms < line.at_ms + MINUTE_MS]
        newest = max(got, key=lambda one: (one.edges, one.sent_ms), default=None)
        if said["open_now"] and (newest is None or newest.contact is not Contact.OPEN):
            yield f"minute {line.at_ms} of {door.door_id}: open, and heard {newest}"


def _pairs(fields: str) -> list[list[str]]:
    return [field.split("=") for field in fields.split(",")]


def _borne_out_ms(door: TrueDoor, from_ms: int, beats: int) -> int:
    """How much of a minute what was truly said before speaks for."""
    covered, reached_ms = 0, from_ms
    for sent_ms in sorted(one.sent_ms for one in door.got):
        until_ms = min(sent_ms + beats * BEAT_MS, from_ms + MINUTE_MS)
        covered += max(0, until_ms - max(sent_ms, reached_ms))
        reached_ms = max(reached_ms, until_ms)
    return covered


def permits(world: TrueWorld) -> Iterator[str]:
    """None covers more openings than it allows, nor one that was surely outside of it."""
    of_permits = _used(world)
    for _, permit, _ in world.permits:
        its = of_permits.get(permit.permit_id, [])
        if sum(row["beside"] is None for row in its) > permit.openings:
            yield f"used too often: {permit} {its}"
        for row in its:
            order = world.orders[row["door_id"]]
            is_kept = world.redated.get(row["opening_id"], 0) >= order.to_ms  # judged no more
            stood_open = row["opened_ms"] < order.from_ms  # when its order began
            if is_kept or stood_open or row["beside"]:  # by the time of what it is part of
                continue
            if row["latest_ms"] < permit.from_ms or row["opened_ms"] >= permit.to_ms:
                yield f"surely not covered: {permit} {row}"


def verdicts(world: TrueWorld) -> Iterator[str]:
    """Nobody is told of what was lawful by every time, and somebody is of what was by none."""
    every, used = rows(world.store, tables.openings), _used(world)
    for row in every:
        order, reason = world.orders[row["door_id"]], row["reason"]
        is_within = row["opened_ms"] >= order.from_ms and row["heard_ms"] < order.to_ms
        is_outside = row["latest_ms"] < order.from_ms or row["opened_ms"] >= order.to_ms
        if reason in UNWATCHED and is_within:
            yield f"surely under its order, and not judged: {order} {row}"
        if reason in ("no_permit", "opened_blind", "allowance") and is_outside:
            yield f"surely not under its order: {order} {row}"
        if reason == "no_permit" and row["beside"] is None:  # else it is what that one is
            yield from _announced(world, row, used)
    own = [row for row in every if row["reason"] == "allowance" and row["beside"] is None]
    for home in {world.home_of(door) for door in world.doors}:
        allowed = [row for row in own if world.home_of(world.of(row["door_id"])) == home]
        yield from _too_many(allowed, world.orders[home].policy.openings_a_day)


def _announced(world: TrueWorld, row: Row, used: dict[str, list[Row]]) -> Iterator[str]:
    """Whether a permit that was known, and had some left, surely covered it."""
    for door, permit, said_ms in world.permits:
        is_at_home = world.home_of(door) == world.home_of(world.of(row["door_id"]))
        is_known = is_at_home and said_ms <= row["heard_ms"]
        is_inside = permit.from_ms <= row["opened_ms"] and row["latest_ms"] < permit.to_ms
        its = [one for one in used.get(permit.permit_id, ()) if one["beside"] is None]
        if is_known and is_inside and len(its) < permit.openings:
            yield f"surely announced: {permit} {row}"


def _too_many(allowed: list[Row], a_day: int) -> Iterator[str]:
    """More than an order allows in a day surely lie within less than one."""
    for first, last in pairwise([allowed[0], allowed[-1]] if len(allowed) > a_day else []):
        day = 24 * 60 * MINUTE_MS
        offset_ms = 8 * 60 * MINUTE_MS  # where the site's clocks stand
        days = {
            (row[at] + offset_ms) // day for row in allowed for at in ("opened_ms", "latest_ms")
        }
        if len(days) == 1:
            yield f"more than the order allows: {first} to {last}"


def _used(world: TrueWorld) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows(world.store, tables.openings):
        if row["permit_id"]:
            found.setdefault(row["permit_id"], []).append(row)
    return found
