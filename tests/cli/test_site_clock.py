"""One clock on the wall: what commands read and say goes by the site's zone, wherever they run."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from gateway.core.events import SealBound
from gateway.core.model import Contact
from gateway.settings import load
from gateway.settings.zone import place
from gateway.store import tables
from gateway.store.database import Store
from tests.cli.written_journal import write
from tests.core.story import NOON, SEAL, SECOND, Story

SHANGHAI = ZoneInfo("Asia/Shanghai")
MACHINES = ("UTC", "America/New_York", "Asia/Shanghai")
TOMORROW = datetime.now(SHANGHAI).date() + timedelta(days=1)


def at(clock: str) -> int:
    """A time of tomorrow's, by the site's clocks."""
    return int(datetime.fromisoformat(f"{TOMORROW}T{clock}+08:00").timestamp() * 1000)


def menshen(folder: Path, machine: str, *words: str) -> str:
    """What the command says on a machine whose clock on the wall is this one."""
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        cwd=folder,
        env={**os.environ, "TZ": machine},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("machine", MACHINES)
def test_a_meal_at_half_past_eleven_is_then_at_the_site(
    machine: str, folder: Path, store: Store
) -> None:
    window = ["--from", f"{TOMORROW} 11:30", "--to", "12:30"]
    text = menshen(folder, machine, "announce", "d1", *window, "--who", "Li", "--why", "meal")
    assert f"until {TOMORROW} 12:30:00." in text
    (folder / "permits.csv").write_text(
        f"door_id,from,to,who,why,permit_id\nd2,{TOMORROW} 11:30,{TOMORROW} 12:30,Li,meal,p2\n"
    )
    menshen(folder, machine, "enrol", "permits.csv")
    c = tables.permits.c
    with store.reading() as connection:
        rows = connection.execute(select(c.from_ms, c.to_ms)).all()
    assert [tuple(row) for row in rows] == [(at("11:30"), at("12:30"))] * 2


def test_what_is_said_is_the_same_on_every_machine(folder: Path, store: Store) -> None:
    story = Story()
    story.journal[0] = (story.now_ms, SealBound(SEAL, 100 * SECOND))
    for _ in range(20):
        story.after(100 * SECOND).heartbeat(Contact.SHUT)
    story.opens()
    write(store, "d1", story)
    with store.writing() as connection:
        connection.execute(update(tables.orders).values(to_ms=NOON + 86_400_000))
    cutoff = str(datetime.fromtimestamp(story.now_ms / 1000, SHANGHAI) + timedelta(seconds=1))
    for words in (
        ("coverage", "d1"),
        ("cases",),
        ("doors",),
        ("what-if", "--from", "2020-05-21 12:00", "--to", cutoff[:19]),
    ):
        texts = {menshen(folder, machine, *words) for machine in MACHINES}
        assert len(texts) == 1, words
        if words[0] == "coverage":
            (text,) = texts
            assert "2020-05-20 12:00:00 to 2020-05-22 12:00:00" in text


def test_without_a_zone_in_the_settings_it_is_the_machines(
    folder: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text(settings.read_text().replace('zone = "Asia/Shanghai"', ""))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    site = load(settings)
    assert site.zone == ZoneInfo("Asia/Tokyo")
    assert site.rulebook.rules.zone[-1][1] == 9 * 60  # the rules go by the same clock
    monkeypatch.setenv("TZ", "no/such/zone")
    assert place("") is not None
