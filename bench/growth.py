"""How cost grows with a site: `make bench-growth`, from a hundred seals to a hundred thousand.

Each site is enrolled from its tables and started twice. Every seal beats once, so that the gateway
knows all of them; then doors open at one and the same pace whatever the site's size. What a report
costs, until it is stored and until somebody is paged, must not know how many doors there are: in
`per_report` each figure stands as a ratio to that of the smallest site.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bench import ROOT, machine
from bench.load import Sealer, paced, percentile
from bench.pages import first_page, health, late_ms
from bench.stage import SEED, CannotMeasure, Stage, mosquitto, mosquitto_version, running, until
from gateway.registry.import_files import Wish, enrol_files
from gateway.store.database import Store
from tests.end_to_end import site as sites
from tests.end_to_end.line import open_line
from tests.end_to_end.receiver import Receiver

TARGET = ROOT / "bench" / "growth.json"
SIZES = (100, 1_000, 10_000, 100_000)
RATE = 20  # events a second, half of them openings: the same for every size
SECONDS = 12.0
SHUT_AFTER = 40  # openings later
WINDOW = 500  # beats that may be on their way
AGAIN_S = 5.0  # nothing was answered for so long
LOOKS = 5  # at each page
PATHS = ("/", "/cases", "/wardens", "/health", "/doors/{door}", "/inbox/{warden}", "/api/v1/doors")
ENROL_S, START_S, BEATS_S = 600.0, 600.0, 900.0
PER_REPORT = ("commit_ms_p50", "page_p50_ms", "page_p99_ms", "cpu_ms_per_report")
START_S_MAX, RSS_MB_MAX, AT = 5.0, 300.0, 10_000  # promised at so many seals

Figures = dict[str, Any]


async def measure(folder: Path, seals: int) -> Figures:
    """One size. CannotMeasure where it does not work."""
    receiver = Receiver()
    await receiver.start()
    with running(mosquitto(folder / "broker")) as broker:
        site = sites.found(
            folder / "site",
            random.Random(SEED),  # noqa: S311 - not a secret
            doors=0,
            ordered=0,
            broker_port=broker.port,
            webhook=receiver.url,
        )
        began = time.monotonic()
        enrolled = await asyncio.to_thread(_enrol, folder, site.folder / "menshen.db", seals)
        figures: Figures = {"enrol_s": time.monotonic() - began}
        site = sites.Site(site.folder, site.console_url, enrolled)
        gateway = sites.gateway(site)
        began = time.monotonic()
        with running(gateway):
            await until(site.is_enrolled, "the gateway takes no enrolment", START_S)
            figures["first_start_s"] = time.monotonic() - began
        gateway.log.unlink()
        receipts = list[int]()
        line = await open_line(
            broker.port,
            lambda *_: receipts.append(time.monotonic_ns()),
            ["seals/+/receipt"],
            client_id="bench",
        )
        began = time.monotonic()
        with running(gateway):
            is_up = b"is up"
            await until(lambda: is_up in gateway.log.read_bytes(), "it is not up", START_S)
            figures["start_s"] = time.monotonic() - began
            sealers = [Sealer(one) for one in enrolled]
            play = Stage(sealers, line, receipts, receiver, site, gateway, broker)
            figures |= await _at_work(play)
        line.cut()
    await receiver.stop()
    return {key: round(value, 3) for key, value in figures.items()}


def _enrol(folder: Path, database: Path, seals: int) -> list[sites.Enrolled]:
    """A site of so many sealed doors under orders, as `menshen enrol` takes it from its tables."""
    enrolled = [
        sites.Enrolled(secrets.token_hex(8), secrets.token_bytes(32), f"d{n}") for n in range(seals)
    ]
    now = datetime.now(UTC)
    order = f"{now - timedelta(days=1):%Y-%m-%d},{now + timedelta(days=14):%Y-%m-%d}"
    grid_of = [f"g{n // sites.DOORS_IN_A_GRID}" for n in range(seals)]
    grids = list(dict.fromkeys(grid_of))
    tables = {
        "grids": ("grid_id,name", [f"{grid},{grid}" for grid in grids]),
        "wardens": ("warden_id,name,grid_id,channels", [f"w{g},w{g},{g},inbox" for g in grids]),
        "doors": (
            "door_id,label,grid_id",
            [f"{one.door_id},{one.door_id},{g}" for one, g in zip(enrolled, grid_of, strict=True)],
        ),
        "seals": (
            "seal_id,key,door_id",
            [f"{one.seal_id},{one.key.hex()},{one.door_id}" for one in enrolled],
        ),
        "orders": ("door_id,from,to", [f"{one.door_id},{order}" for one in enrolled]),
    }
    paths = []
    for name, (header, rows) in tables.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text("\n".join([header, *rows]) + "\n")
    store = Store.open(database)
    try:
        result = enrol_files(store, paths, Wish(time.time_ns() // 1_000_000, UTC))
    finally:
        store.close()
    if not result.written:
        raise CannotMeasure(f"the site is not enrolled: {result.mistakes[:3]}")
    return enrolled


async def _at_work(play: Stage) -> Figures:
    """Every seal beats, some doors open, somebody looks."""
    late = time.monotonic() + START_S
    while not play.receipts:
        if time.monotonic() > late:
            raise CannotMeasure("the gateway answers no seal")
        play.line.write(play.sealers[0].heartbeat())
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    beats_s = await _beat(play)
    async with aiohttp.ClientSession() as http:
        await first_page(http, play.site.console_url)
        looks = {path: await _look(http, play, path) for path in PATHS}
    before_s = play.cpu_s()[0]
    late_ms_of_each = await _openings(play)
    used_s = play.cpu_s()[0] - before_s
    said = await health(play.site.console_url)
    return {
        "beats_per_s": len(play.sealers) / beats_s,
        "rss_mb": play.rss_mb(),
        "console_rss_mb": play.console_rss_mb(),
        "commit_ms_p50": said["commit_ms_p50"],
        "page_p50_ms": percentile(late_ms_of_each, 0.5),
        "page_p99_ms": percentile(late_ms_of_each, 0.99),
        "cpu_ms_per_report": used_s / (RATE * SECONDS) * 1_000,
        **{f"look_ms {path}": took_ms for path, took_ms in looks.items()},
    }


async def _beat(play: Stage) -> float:
    """A heartbeat of every seal, as fast as they are answered; how long that took, in seconds.

    Who has no answer says it again, as seals do: a receipt goes with a connection that breaks.
    """
    began, before, sent = time.monotonic(), len(play.receipts), 0
    count, since = before, began
    while (done := len(play.receipts) - before) < len(play.sealers):
        if count != len(play.receipts):
            count, since = len(play.receipts), time.monotonic()
        elif time.monotonic() - since > AGAIN_S:
            sent, since = done, time.monotonic()
        more = play.sealers[sent : min(done + WINDOW, len(play.sealers))]
        play.line.write(b"".join(sealer.heartbeat() for sealer in more))
        sent += len(more)
        if time.monotonic() - began > BEATS_S:
            raise CannotMeasure("not every seal is answered")
        await asyncio.sleep(0.001)
    return time.monotonic() - began


async def _look(http: aiohttp.ClientSession, play: Stage, path: str) -> float:
    """The median time until a page is there whole, in ms."""
    place = play.site.console_url + path.format(door=play.site.seals[0].door_id, warden="wg0")
    took = []
    for _ in range(LOOKS):
        began = time.monotonic()
        async with http.get(place) as page:
            page.raise_for_status()
            await page.read()
        took.append((time.monotonic() - began) * 1_000)
    return statistics.median(took)


async def _openings(play: Stage) -> list[float]:
    """Openings and closings by turns; how late each page was, in ms."""
    sent: dict[str, int] = {}
    last = len(play.sealers) - 1

    def send(number: int) -> None:
        turn, closes = divmod(number, 2)
        if closes:
            shuts = turn >= SHUT_AFTER
            sealer = play.sealers[(turn - SHUT_AFTER) % last] if shuts else play.sealers[last]
            play.line.write(sealer.turn() if shuts else sealer.heartbeat())
            return
        sealer = play.sealers[turn % last]
        packet = sealer.turn()
        sent[f"{sealer.seal_id}-{sealer.seq}"] = time.monotonic_ns()
        play.line.write(packet)

    await paced(RATE, int(RATE * SECONDS), send)
    return await late_ms(sent, play)


def goals(sizes: dict[str, Figures]) -> list[tuple[str, bool]]:
    """What was promised of the site of AT seals, as far as it was measured."""
    at = sizes.get(str(AT))
    if at is None:
        return []
    return [
        (f"start-up at {AT} seals <= {START_S_MAX:.0f} s", at["start_s"] <= START_S_MAX),
        (f"memory at {AT} seals <= {RSS_MB_MAX:.0f} MB", at["rss_mb"] <= RSS_MB_MAX),
    ]


def table(sizes: dict[str, Figures]) -> str:
    """One line a figure, one column a size."""
    keys: Sequence[str] = list(next(iter(sizes.values())))
    lines = [f"{'seals':26}" + "".join(f"{int(size):>12,}" for size in sizes)]
    lines += [
        f"{key:26}" + "".join(f"{one[key]:>12,.2f}" for one in sizes.values()) for key in keys
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and tell. Exit code 1 where a size could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    gc.disable()
    sizes: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="menshen-growth-") as folder:
        where: dict[str, object] = {
            "commit": machine.commit(),
            **machine.describe(Path(folder)),
            "broker": mosquitto_version(),
        }
        for size in options.sizes:
            print(f"{size:,} seals …", flush=True)
            try:
                sizes[str(size)] = asyncio.run(measure(Path(folder) / str(size), size))
            except CannotMeasure as error:
                print(f"cannot measure: {error}", flush=True)
                continue  # the others are worth having
            print(table({str(size): sizes[str(size)]}), flush=True)
            gc.collect()
    if not sizes:
        sys.exit("nothing could be measured")
    where["load_after"] = round(machine.load(), 2)
    print("\n" + table(sizes))
    for goal, is_kept in goals(sizes):
        print(f"{'kept  ' if is_kept else 'MISSED'} {goal}")
    first = next(iter(sizes.values()))
    ratios = {
        size: {key: round(one[key] / first[key], 2) if first[key] else None for key in PER_REPORT}
        for size, one in sizes.items()
    }
    whole = {"sizes": sizes, "per_report": ratios, "goals": dict(goals(sizes))}
    whole |= {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "machine": where}
    options.target.write_text(json.dumps(whole, indent=1) + "\n")
    print(f"\nwritten to {options.target}")
    sys.exit(0 if len(sizes) == len(options.sizes) else 1)


if __name__ == "__main__":
    main()
