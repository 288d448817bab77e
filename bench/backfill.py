"""A day of history that InfluxDB has not got, written while doors open: how fast, and what a page
then waits longer. `python -m bench.backfill`.

A thousand doors under orders at 50 reports a second, half of them openings that page. The journal
has a day of heartbeats before it. InfluxDB is away, comes back, takes them, is away again: so the
pages with and without the backfill come by turns, from one gateway and one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from starlette.requests import Request
from starlette.responses import Response

from bench.load import paced, percentile
from bench.pages import late_ms
from bench.stage import SEALS, CannotMeasure, Stage, running, stage, until
from gateway.core.duration import DAY_MS
from tests import neighbours
from tests.conftest import INFLUX_CONF
from tests.end_to_end.site import Site
from tests.feeds.database import Database
from tests.feeds.front import TOKEN, Front

DOORS = 116
ROWS = 100_000  # of the day's journal: these doors' heartbeats, every 100 s
RATE = 50
SECONDS = 120.0  # at most
ALONE_S = 12.0  # before and after the backfill
AWAY = Response("away", 503, {"Retry-After": "1"})


class Gate:
    """Weather before InfluxDB: away until it is opened; then it counts what goes through."""

    def __init__(self) -> None:
        self.is_open = False
        self.lines = 0
        self.first_ns = self.last_ns = 0

    async def weather(self, request: Request) -> Response | None:
        """As the front asks."""
        if not self.is_open:
            return AWAY
        count = (await request.body()).count(b"\n") + 1
        if count > 1:
            self.first_ns = self.first_ns or time.monotonic_ns()
            self.last_ns = time.monotonic_ns()
            self.lines += count
        return None


async def measure(folder: Path) -> dict[str, float]:
    """points_per_s, by the clock and by the gateway's own processor time; and the pages' p50_ms and
    p99_ms: `alone_` and `backfill_`."""
    program = neighbours.find("influxd")
    if program is None:
        raise CannotMeasure("influxd is missing; `make neighbours` installs it on Debian")
    place = folder / "influxd"
    place.mkdir()
    port = neighbours.unused_port()
    text = INFLUX_CONF.format(port=port, backup_port=neighbours.unused_port(), folder=place)
    (place / "influxd.conf").write_text(text)
    server = neighbours.Influx([program, "run", "-config", "influxd.conf"], place, port)
    gate = Gate()
    with running(server):
        Database(server.url, "seals").create()
        front = Front(server.url, neighbours.unused_port())
        front.weather = gate.weather
        front.start()
        os.environ["MENSHEN_INFLUX_TOKEN"] = TOKEN
        influx = f'[influx]\nurl = "{front.url}"\norg = "menshen"\nbucket = "seals"\n'
        async with stage(folder, ordered=True, console=influx, prepare=_a_day) as play:
            found = await _measured(play, gate)
        front.stop()
    return found


async def _measured(play: Stage, gate: Gate) -> dict[str, float]:
    sent: dict[str, int] = {}

    def send(number: int) -> None:
        turn, closes = divmod(number, 2)
        sealer = play.sealers[turn % SEALS]
        if closes:
            play.line.write(play.sealers[(turn + SEALS // 2) % SEALS].heartbeat())
            return
        packet = sealer.turn()
        if turn < SEALS:
            sent[f"{sealer.seal_id}-{sealer.seq}"] = time.monotonic_ns()
        play.line.write(packet)

    cpu: list[float] = []

    async def opens() -> None:
        cpu.append(play.cpu_s()[0])
        await asyncio.sleep(ALONE_S)
        cpu.append(play.cpu_s()[0])
        gate.is_open = True
        try:
            await until(lambda: gate.lines > ROWS, "the history is not written", SECONDS)
        except CannotMeasure as error:
            words = f"{error}: {gate.lines} points\n{play.gateway.last_words()}"
            raise CannotMeasure(words) from None
        gate.is_open = False
        cpu.append(play.cpu_s()[0])

    opening = asyncio.create_task(opens())
    await paced(RATE, min(2 * SEALS, int(RATE * 40.0)), send)
    await opening
    late = dict(zip(sent, await late_ms(sent, play), strict=True))
    during = [ms for page, ms in late.items() if gate.first_ns <= sent[page] <= gate.last_ns]
    alone = [ms for page, ms in late.items() if not gate.first_ns <= sent[page] <= gate.last_ns]
    took_s = (gate.last_ns - gate.first_ns) / 1e9
    # Less what the reports and pages of that time take.
    used_s = cpu[2] - cpu[1] - (cpu[1] - cpu[0]) / ALONE_S * took_s
    return {
        "points": gate.lines,
        "points_per_s": gate.lines / took_s,
        "points_per_cpu_s": gate.lines / used_s,
        "pages_alone": len(alone),
        "pages_backfill": len(during),
        "alone_p50_ms": percentile(alone, 0.5),
        "alone_p99_ms": percentile(alone, 0.99),
        "backfill_p50_ms": percentile(during, 0.5),
        "backfill_p99_ms": percentile(during, 0.99),
    }


def _a_day(site: Site) -> None:
    """A day of heartbeats in the journal, before the gateway starts."""
    began_ms = time.time_ns() // 1_000_000 - DAY_MS
    seals = [enrolled.seal_id for enrolled in site.seals]
    with closing(sqlite3.connect(site.folder / "menshen.db")) as connection:
        doors = dict(connection.execute("SELECT seal_id, door_id FROM seals"))
        rows = (
            (
                began_ms + number * DAY_MS // ROWS,
                doors[seals[number % DOORS]],
                seals[number % DOORS],
                f'{{"type":"report","seal_id":"{seals[number % DOORS]}","seq":0,"contact":"shut",'
                '"edges":0,"edge":false,"battery_mv":2950,"signal_dbm":-71}'.encode(),
            )
            for number in range(ROWS)
        )
        connection.executemany(
            "INSERT INTO journal (at_ms, kind, subject_kind, subject_id, seal_id, body) "
            "VALUES (?, 'report', 'door', ?, ?, ?)",
            rows,
        )
        connection.commit()


def main() -> None:
    """Measure, and print the medians of the rounds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="menshen-backfill-") as folder:
        found = []
        for number in range(rounds):
            place = Path(folder) / str(number)
            place.mkdir()
            found.append(asyncio.run(measure(place)))
    print(json.dumps({name: round(median(r[name] for r in found), 1) for name in found[0]}))


if __name__ == "__main__":
    main()
