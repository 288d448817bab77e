"""Whatever people write, by whatever way it comes in: no byte of it stands anywhere on the disk.

The same search finds all of it where nothing is sealed; people read all of it while its key lives;
and nobody reads any of it after.
"""

import json
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from gateway.backup import making
from gateway.backup.site import Site
from gateway.core.model import Permit
from gateway.keys import ring as ring_module
from gateway.keys.sealed_text import OrderKey
from gateway.photos.folder import PhotoFolder
from gateway.registry.import_files import Wish, enrol_files
from gateway.registry.permits import Announcements
from gateway.settings import load
from gateway.store import photos, sealing, states, tables, views
from gateway.store.database import Store
from gateway.store.key_tables import order_keys
from gateway.store.order_keys import ring_of
from tests.photos.made_photo import made_photo
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
    seal_id,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
CSV = {
    "doors": "door_id,label,grid_id,telephone\nd0,金丝雀门牌,g1,13912345678\n",
    "permits": "door_id,from,to,who,why\nd0,{day},{day},金丝雀单位,金丝雀表格\n",
}
CANARIES = (
    *("金丝雀门牌", "13912345678", "金丝雀单位", "金丝雀表格"),  # a table's
    *("金丝雀页面", "金丝雀接口", "金丝雀命令", "金丝雀报备"),  # announced
    *("金丝雀师傅", "金丝雀搁置", "金丝雀备注"),  # a visit, a shelf, a report
)


async def written(site: Console, folder: Path) -> None:
    """A week of a site, by table, page, program and command."""
    day = datetime.now(SHANGHAI).date().isoformat()
    paths = []
    for name, text in CSV.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text.format(day=day), "utf-8")
    assert enrol_files(site.store, paths, Wish(now_ms(), SHANGHAI)).written
    for path in paths:
        path.unlink()  # the office's own
    with site.store.writing() as connection:
        hung = {"seal_id": seal_id(0), "key": bytes(32), "door_id": "d0", "enrolled_ms": 0}
        connection.execute(insert(tables.seals), hung)
    await site.seal(0)
    window = {"from_ms": now_ms() + 2 * HOUR_MS, "to_ms": now_ms() + 3 * HOUR_MS}
    for number, why in enumerate(("金丝雀接口",)):
        body = {**window, "who": "金丝雀报备", "why": why, "permit_id": f"{number:016x}"}
        answer = await site.client.post(
            "/api/v1/doors/d0/permits", json=body, headers=acting_as("wang")
        )
        assert answer.status_code == 200, answer.text
    later = f"{day}T23:58", f"{day}T23:59"
    form = {"from": later[0], "to": later[1], "who": "金丝雀报备", "why": "金丝雀页面"}
    assert (await site.client.post("/doors/d0/permits", data=form)).status_code == 303
    with site.store.writing() as connection:  # as `menshen announce` does
        law = Announcements(connection, now_ms(), SHANGHAI)
        span = now_ms() + 5 * HOUR_MS, now_ms() + 6 * HOUR_MS
        law.announce("d0", Permit("", *span, 1, HOUR_MS, "金丝雀报备", "金丝雀命令"))
        law.write()
    plan = {**window, "who": "金丝雀师傅", "purpose": "repair"}
    answer = await site.client.post("/api/v1/doors/d0/visits", json=plan, headers=acting_as("wang"))
    assert answer.status_code == 200, answer.text
    case_id = first_case(0)
    await site.opens(0)
    until = {"why": "金丝雀搁置", "until_ms": now_ms() + HOUR_MS}
    assert await site.act(case_id, "shelve", **until) == {"changed": True}
    await site.act(case_id, "acknowledge")
    done = {"outcome": "lawful", "note": "金丝雀备注"}
    assert await site.act(case_id, "report", **done) == {"changed": True}
    query = {"report": "r1", "number": 1}
    photo = await site.client.post(
        f"/api/v1/cases/{case_id}/photos",
        params=query,
        content=made_photo((320, 240)),
        headers=acting_as("wang"),
    )
    assert photo.status_code == 200, photo.text
    await site.engine.idle()


def found_in(folder: Path) -> set[str]:
    """The canaries that any file of a folder holds, but for the keys' own."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and ring_module.FOLDER not in path.parts:
            content = path.read_bytes()
            for canary in CANARIES:
                forms = canary.encode(), json.dumps(canary).encode(), canary.encode("utf-16-le")
                if any(form.strip(b'"') in content for form in forms):
                    found.add(canary)
            if b"\xff\xd8\xff" in content:
                found.add("a photo")
    return found


def copied(folder: Path) -> Path:
    """A copy of the site, unpacked."""
    config = folder / "menshen.toml"
    config.write_text('[backup]\nfolder = "copies"\n[site]\nzone = "Asia/Shanghai"\n')
    made = making.make(Site(config, load(config)), now_ms())
    unpacked = folder / "unpacked"
    with tarfile.open(made.path) as tar:
        tar.extractall(unpacked, filter="data")
    assert not list(unpacked.rglob("*.key"))
    return unpacked


def read_by_people(store: Store) -> str:
    """All that the site's people can read of it."""
    with store.reading() as connection:
        [row] = views.doors_of(connection, ["d0"])
        d, p, c = tables.doors.c, tables.permits.c, tables.cases.c
        cells = [
            connection.execute(select(d.telephone).where(d.door_id == "d0")).scalars().all(),
            connection.execute(select(p.who, p.why)).all(),
            connection.execute(select(c.note, c.shelved_why)).all(),
        ]
        raw = states.door(
            "d0", connection.execute(select(d.state).where(d.door_id == "d0")).scalar()
        )
        return f"{row} {cells} {sealing.changed(raw, ring_of(connection).shown)}"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    at = {"name": "Liangxi", "language": "zh", "zone": "Asia/Shanghai"}
    async with console(new_store(tmp_path, doors=1), site=at) as made:
        yield made


async def test_nothing_that_people_write_stands_on_the_disk_and_a_destroyed_key_ends_it(
    site: Console, tmp_path: Path
) -> None:
    await written(site, tmp_path)
    assert found_in(tmp_path) == set()  # the log beside the database too, as a kill leaves it
    unpacked = copied(tmp_path)
    with closing(sqlite3.connect(tmp_path / "menshen.db")) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert found_in(tmp_path) == found_in(unpacked) == set()
    told = read_by_people(site.store)
    assert {canary for canary in CANARIES if canary in told} >= {
        canary for canary in CANARIES if canary not in ("金丝雀搁置",)
    }
    page = await site.text("/doors/d0", "zh")
    assert "金丝雀门牌" in page
    assert "金丝雀接口" in page
    photo_path = f"/cases/{first_case(0)}/photos/r1.1"
    assert (await site.client.get(photo_path)).content.startswith(b"\xff\xd8")
    with site.store.reading() as connection:
        k = order_keys.c
        query = select(k.key_id).where(k.household_id == "d0")
        keys = connection.execute(query).scalars().all()
    for key_id in keys:
        site.store.keys.destroy(key_id)
    told = read_by_people(site.store)
    assert not [canary for canary in CANARIES if canary in told]
    page = await site.text("/doors/d0", "zh")
    assert "金丝雀" not in page
    assert "（已销毁）" in page
    assert (await site.client.get(photo_path)).status_code == 404


async def test_the_search_finds_all_of_it_where_nothing_is_sealed(
    site: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OrderKey, "seal", lambda _, text: text)
    monkeypatch.setattr(OrderKey, "seal_bytes", lambda _, data, name: data)
    await written(site, tmp_path)
    assert found_in(tmp_path) == {*CANARIES, "a photo"}
    with site.store.reading() as connection:
        assert photos.of_case(connection, first_case(0), 9)
    assert PhotoFolder(site.store.path).get(first_case(0), "r1.1")
