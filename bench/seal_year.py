"""A year of a seal in the real store, and what is left of it: `python -m bench.seal_year`.

The simulator lives it (radio, fades, lost heartbeats, households that open), each month thinned and
archived by the gateway's own code. `--days` and `--doors` for a longer look.
"""

import argparse
import json
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import insert

from gateway.core.duration import DAY_MS
from gateway.core.events import Event
from gateway.core.heartbeat_spans import BEATS_MIN, HeartbeatSpan, fold
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn
from gateway.core.subject import of_door
from gateway.simulate import scenario
from gateway.simulate.building import BuildingRun
from gateway.store import archives, archiving, growth, heartbeat_spans, journal, span_tables, tables
from gateway.store.database import Store
from gateway.store.retention import Limits, Retention

PIECE = 5_000
YEAR_DAYS = 365


def lived(doors: int, days: int, seed: int) -> list[tuple[int, str, Event]]:
    """What came in so many days: when, at which door, what; in its order."""
    run = BuildingRun(0, scenario.load(), seed, days, doors, compressed=False)
    for door in run.doors:
        door.keeps_journal = True
    run.run()
    told = [
        (at_ms, f"door-{n}", event)
        for n, door in enumerate(run.doors)
        for at_ms, event in door.journal
    ]
    return sorted(told, key=lambda row: row[0])


def stored(store: Store, told: list[tuple[int, str, Event]]) -> None:
    """All of it as the gateway would have written it, retained as time passes."""
    turn = SiteTurn(SiteState(Rulebook()))
    open_spans: dict[str, HeartbeatSpan | None] = {}
    rows, spans, month = [], [], 0
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "Grid"})
        for door_id in sorted({door_id for _, door_id, _ in told}):
            household = {"household_id": door_id, "made_ms": 0}
            connection.execute(insert(tables.households), household)
            row = {"door_id": door_id, "household_id": door_id, "label": door_id, "grid_id": "g"}
            connection.execute(insert(tables.doors), row)
    for number, (at_ms, door_id, event) in enumerate(told, 1):
        own, *_ = turn.apply(at_ms, of_door(door_id), event)
        span, ended = fold(open_spans.get(door_id), number, at_ms, own)
        open_spans[door_id] = span
        rows.append(journal.row_of(number, at_ms, of_door(door_id), event, None))
        if ended is not None and ended.beats >= BEATS_MIN:
            spans.append(heartbeat_spans.row_of(ended))
        if len(rows) >= PIECE or number == len(told):
            with store.writing() as connection:
                connection.execute(insert(tables.journal), rows)
                if spans:
                    connection.execute(insert(span_tables.heartbeat_spans), spans)
            rows, spans = [], []
        if (at_ms - told[0][0]) // (7 * DAY_MS) > month or number == len(told):
            month = (at_ms - told[0][0]) // (7 * DAY_MS)
            for step in Retention(store, Limits(), partial(int, at_ms)).steps():
                step()


def main() -> None:
    """Live it, and print what it came to."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--doors", type=int, default=1)
    said.add_argument("--days", type=int, default=YEAR_DAYS)
    said.add_argument("--seed", type=int, default=1)
    asked = said.parse_args()
    began_s = time.monotonic()
    told = lived(asked.doors, asked.days, asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "menshen.db"
        with closing(Store.open(path)) as store:
            stored(store, told)
            with store.reading() as connection:
                rate = growth.daily(connection)
                ends = [archiving.begins_ms(its.month, 1) for its in archives.known(connection)]
        live = path.stat().st_size
        archived_days = round((max(ends, default=told[0][0]) - told[0][0]) / DAY_MS, 1)
        kept = sum(file.stat().st_size for file in archives.folder_of(path).glob("*.db"))
    archived = asked.doors * archived_days / YEAR_DAYS
    reckoned = 0.0 if rate is None else growth.bytes_after(rate, Limits(), asked.days)
    print(
        json.dumps(
            {
                "doors": asked.doors,
                "days": asked.days,
                "seed": asked.seed,
                "events": len(told),
                "heartbeats": sum(getattr(event, "seq", 1) == 0 for *_, event in told),
                "archived_days": archived_days,
                "live_bytes": live,
                "archive_bytes": kept,
                "archived_bytes_per_seal_year": round(kept / archived) if archived else None,
                "reckoned_bytes": round(reckoned),
                "took_s": round(time.monotonic() - began_s, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
