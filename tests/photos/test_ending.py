"""Photos and telephones go with their order; while it holds they stay."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.core.actor import Actor, ActorKind
from gateway.core.duration import DAY_MS
from gateway.core.events import PhotoKept
from gateway.core.subject import of_door
from gateway.photos.ending import STRANGE_MS, PhotoEnding
from gateway.photos.folder import PhotoFolder, name_of
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import photos, tables
from gateway.store.database import StoreError
from gateway.store.photos import REVIEW_MAX_MS
from tests.photos.made_photo import made_photo
from tests.web.web_site import HOUR_MS, Console, acting_as, console, first_case, new_store, now_ms

CASE = first_case(0)
PHOTO = made_photo((64, 48))


async def sends(site: Console, report: str = "r1", number: int = 1, by: str = "wang") -> None:
    query = {"report": report, "number": number}
    answer = await site.client.post(
        f"/api/v1/cases/{CASE}/photos", params=query, content=PHOTO, headers=acting_as(by)
    )
    assert answer.json() == {"changed": True}, answer.text


def ending(site: Console) -> PhotoEnding:
    folder = PhotoFolder(site.store.path)
    return PhotoEnding(site.store, folder, site.engine.submit, site.clock.now_ms)


def files(site: Console) -> set[str]:
    return {name for name, _ in PhotoFolder(site.store.path).files()}


def rung_by(site: Console) -> str | None:
    with site.store.reading() as connection:
        return photos.telephone(connection, "d0")


async def with_a_photo(site: Console) -> None:
    await site.seal(0)
    await site.opens(0)
    await site.reported(CASE)
    await sends(site)
    with site.store.writing() as connection:
        d = tables.doors
        connection.execute(update(d).where(d.c.door_id == "d0").values(telephone="138 0013 8000"))


async def test_a_photo_is_gone_after_the_order_and_the_journal_replays_the_same(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await with_a_photo(site)
        await site.act(CASE, "assess", "centre")
        await site.act(CASE, "sign_off", "centre")
        await site.shuts(0)
        await ending(site).look()
        assert files(site) == {name_of(CASE, "r1.1")}, "the order holds"
        assert rung_by(site) == "138 0013 8000"
        site.clock.advance(24 * HOUR_MS)
        await site.engine.idle()
        await ending(site).look()
        assert files(site) == set()
        assert rung_by(site) is None
        with site.store.reading() as connection:
            row = photos.photo(connection, CASE, "r1.1")
            assert row is not None
            assert row.destroyed_ms == site.clock.now_ms()
            replay = Replay(site.engine.state.rulebook)
            list(replay.live(journaled(connection)))
            assert differing(connection, replay) == Apart()
        gone = await site.client.get(f"/cases/{CASE}/photos/r1.1")
        assert gone.status_code == 404
        page = await site.text(f"/cases/{CASE}")
        assert "destroyed on" in page
        assert '<img src="/cases/' not in page
        await ending(site).look()  # again is nothing


async def test_a_photo_of_a_case_in_review_waits_for_its_people_a_month_at_most(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await with_a_photo(site)
        site.clock.advance(24 * HOUR_MS)
        await site.engine.idle()
        await ending(site).look()
        assert len(files(site)) == 1, "somebody must still see it"
        site.clock.advance(REVIEW_MAX_MS)
        await ending(site).look()
        assert files(site) == set()


async def test_a_file_that_nobody_knows_goes_and_one_that_was_not_told_is_told(
    tmp_path: Path,
) -> None:
    """The gateway ended between the file and the journal, on the way in and on the way out."""
    async with console(new_store(tmp_path)) as site:
        await with_a_photo(site)
        folder = PhotoFolder(site.store.path)
        folder.put(CASE, "strange.1", PHOTO)
        at_s = (site.clock.now_ms() - STRANGE_MS) / 1000
        os.utime(folder.path / name_of(CASE, "strange.1"), (at_s - 1, at_s - 1))
        folder.put(CASE, "fresh.1", PHOTO)
        await ending(site).look()
        assert files(site) == {name_of(CASE, "r1.1"), name_of(CASE, "fresh.1")}
        folder.destroy([name_of(CASE, "r1.1")])
        site.clock.advance(31 * DAY_MS)
        await ending(site).look()
        with site.store.reading() as connection:
            assert photos.kept(connection) == set()


async def test_the_same_photo_twice_is_one_whoever_sends_it_when(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await with_a_photo(site)
        with site.store.reading() as connection:
            [before] = photos.of_case(connection, CASE, 9)
        again = PhotoKept(CASE, "r1.1", Actor(ActorKind.WARDEN, "li"), 9, "00" * 32)
        await site.engine.submit(of_door("d0"), again)
        with site.store.reading() as connection:
            assert photos.of_case(connection, CASE, 9) == [before]
        assert before.taken_ms == now_ms()


def test_a_folder_says_what_is_wrong_with_its_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PhotoFolder(tmp_path / "menshen.db")
    folder.put("c", "p", PHOTO)
    assert folder.get("c", "p") == PHOTO
    assert (folder.path.stat().st_mode & 0o777, len(list(folder.files()))) == (0o700, 1)
    nearly: Callable[[Path], object] = lambda _: type("Usage", (), {"free": 1_000_000})  # noqa: E731
    monkeypatch.setattr("gateway.photos.folder.shutil.disk_usage", nearly)
    with pytest.raises(StoreError, match="the disk is full; no photo can be stored"):
        folder.put("c", "q", PHOTO)
    assert len(list(folder.files())) == 1, "nothing half is left"
    blocked = PhotoFolder(tmp_path / "other.db")
    blocked.path.write_bytes(b"no folder")
    with pytest.raises(StoreError, match="cannot be read or written"):
        blocked.put("c", "q", PHOTO)
