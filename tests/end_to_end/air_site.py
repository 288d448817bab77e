"""A site whose doors have real seals, on the real MicroPython, among networks that come and go."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests import waiting
from tests.end_to_end import site as sites
from tests.firmware import seal_bench
from tests.firmware.seal_bench import Bench

DOORS = 2
TURN_MS = 6000  # of a trial, for a minute is long
WAIT_S = 90.0


class AirSite:
    """A site with as many real seals as doors."""

    def __init__(self, folder: Path, broker_port: int, chance: random.Random) -> None:
        self.site = sites.found(
            folder / "site",
            chance,
            doors=DOORS,
            ordered=DOORS,
            broker_port=broker_port,
            webhook="",
        )
        self.gateway = sites.gateway(self.site)
        self.benches: list[Bench] = []
        self.processes: list[subprocess.Popen[str]] = []

    def add(
        self, interpreter: str, compiled: Path, folder: Path, port: int, **changes: object
    ) -> None:
        """A seal for the next door; `changes` in its settings, and `authority`, a file for it."""
        enrolled = self.site.seals[len(self.benches)]
        folder.mkdir()
        bench = Bench(interpreter, compiled, folder)
        fields = seal_bench.seal_settings(
            port,
            id=enrolled.seal_id,
            user=enrolled.seal_id,
            key=enrolled.key.hex(),
            wifi={"ssid": "old", "password": "old password"},
            heartbeat_s=1,
            **changes,
        )
        work = {
            "disk": str(folder / "flash.img"),
            "settings": str(folder / "settings.json"),
            "networks": str(folder.parent / "networks"),
            "enough": "enough",
            "turn_ms": TURN_MS,
            "ca": fields.pop("authority", None),
        }
        (folder / "settings.json").write_text(json.dumps(fields))
        (folder / "work.json").write_text(json.dumps(work))
        self.benches.append(bench)
        self.processes.append(self._power(bench))

    def restart(self, number: int) -> None:
        """The seal's power is cut, and comes back."""
        self.processes[number].kill()
        self.processes[number].communicate()
        self.processes[number] = self._power(self.benches[number])

    def _power(self, bench: Bench) -> subprocess.Popen[str]:
        return bench.run("import seal_on_radio; seal_on_radio.main('work.json')")

    def ended(self) -> list[dict[str, Any]]:
        """The last words of the seals."""
        for bench in self.benches:
            (bench.folder / "enough").touch()
        return [seal_bench.ended(process) for process in self.processes]

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        path = self.site.folder / "menshen.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    async def are_able(self) -> None:
        """Wait until the gateway knows that each takes commands, and how its door stands."""
        sql = "SELECT count(*) FROM seal_readings WHERE firmware IS NOT NULL"
        await until(lambda: self.asked(sql) == [(DOORS,)])
        stands = (
            """SELECT count(*) FROM doors WHERE CAST(state AS TEXT) LIKE '%"contact":"shut"%'"""
        )
        await until(lambda: self.asked(stands) == [(DOORS,)])

    def door(self, number: int) -> dict[str, Any]:
        door_id = self.site.seals[number].door_id
        ((state,),) = self.asked(f"SELECT state FROM doors WHERE door_id = '{door_id}'")  # noqa: S608
        found: dict[str, Any] = json.loads(state)
        return found


async def until(is_true: Callable[[], object]) -> None:
    await waiting.until(is_true, WAIT_S)
