"""Photos at the console: who may send one, what is kept, who sees it, what each look leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from gateway.accounts.sessions import Kind
from gateway.photos.folder import PhotoFolder
from gateway.store import photos, tables
from gateway.web import photo_limits
from tests.photos.made_photo import is_bare, made_photo
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import (
    HOUR_MS,
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    problem_of,
)

CASE = first_case(0)
PATH = f"/api/v1/cases/{CASE}/photos"
PHOTO = made_photo((320, 240))


async def sends(
    client: httpx.AsyncClient, report: str = "r1", number: int = 1, by: str = "wang", **more: Any
) -> httpx.Response:
    query = {"report": report, "number": number, **more.pop("query", {})}
    content = more.pop("content", PHOTO)
    return await client.post(PATH, params=query, content=content, headers=acting_as(by), **more)


async def reported(site: Console) -> None:
    await site.seal(0)
    await site.opens(0)
    await site.reported(CASE)


def detail(answer: httpx.Response, status: int) -> str:
    problem_of(answer, status)
    return str(answer.json()["detail"])


async def test_a_photo_is_kept_journaled_and_shown_without_what_the_phone_wrote_in_it(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        answer = await sends(site.client, query={"age_ms": 60_000})
        assert answer.json() == {"changed": True}
        assert (await sends(site.client)).json() == {"changed": False}, "the same is one"
        page = await site.text(f"/cases/{CASE}")
        assert f'<img src="/cases/{CASE}/photos/r1.1" alt="Photo 1, taken by Wang Fang"' in page
        seen = await site.client.get(f"/cases/{CASE}/photos/r1.1")
        assert is_bare(seen.content)
        told = {name: seen.headers[name] for name in ("content-type", "cache-control")}
        assert told == {"content-type": "image/jpeg", "cache-control": "private, no-store"}
        assert seen.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert seen.headers["content-disposition"] == 'inline; filename="photo.jpg"'
        assert seen.headers["x-content-type-options"] == "nosniff"
        j = tables.journal.c
        with site.store.reading() as connection:
            query = select(j.body).where(j.kind == "photo_kept")
            [body] = connection.execute(query).scalars()
        assert json.loads(body) == {
            "type": "photo_kept",
            "case_id": CASE,
            "photo_id": "r1.1",
            "actor": ["warden", "wang"],
            "size": len(seen.content),
            "sha256": sha256(seen.content).hexdigest(),
            "age_ms": 60_000,
        }
        handheld = await site.text(f"/handheld/wang/cases/{CASE}")
        assert f'href="/cases/{CASE}/photos/r1.1"' in handheld
        assert "photos/r1.1" not in await site.text("/")


async def test_photos_of_one_report_stand_by_their_numbers_whichever_had_the_quicker_way(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        for number, age_ms in ((2, 9_000), (1, 8_000), (3, 8_500)):
            await sends(site.client, number=number, query={"age_ms": age_ms})
        with site.store.reading() as connection:
            rows = photos.of_case(connection, CASE, 99)
        assert [row.photo_id for row in rows] == ["r1.1", "r1.2", "r1.3"]


async def test_a_photo_counts_as_long_as_its_report_did(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        assert "No report of yours" in detail(await sends(site.client), 409)
        await site.reported(CASE)
        assert "No report of yours" in detail(await sends(site.client, by="li"), 409)
        await site.act(CASE, "take_back", "wang")
        assert (await sends(site.client)).json() == {"changed": True}, "it did count"
        await site.reported(CASE)
        await site.act(CASE, "assess", "centre")
        await site.act(CASE, "sign_off", "centre")
        site.clock.advance(24 * HOUR_MS)  # and the order ends
        await site.engine.idle()
        with site.store.reading() as connection:
            state = connection.execute(select(tables.cases.c.state)).scalar_one()
        assert state == "closed"
        assert (await sends(site.client, number=2)).json() == {"changed": True}, "closed meanwhile"


async def test_what_is_no_photo_or_one_too_many_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        client = site.client
        assert "can be read" in detail(await sends(client, content=b"<svg/>"), 422)
        assert "300 kB" in detail(await sends(client, content=PHOTO + bytes(300_000)), 422)
        assert "more than any form" in detail(await sends(client, content=bytes(400_000)), 413)
        assert "2048 pixels" in detail(await sends(client, content=made_photo((2049, 8))), 422)
        for query in ({"number": 4}, {"number": 0}, {"report": "a b"}, {"age_ms": -1}):
            assert problem_of(await sends(client, query=query), 422) == {}
        missing = await client.post(
            "/api/v1/cases/nope/photos?report=r&number=1", headers=acting_as("wang")
        )
        assert problem_of(missing, 404) == {}
        for n in range(photo_limits.OF_CASE_MAX):
            assert (await sends(client, f"r{n}")).json() == {"changed": True}
        assert "has 12 photos" in detail(await sends(client, "more"), 409)
        monkeypatch.setattr(photo_limits, "SITE_BYTES_MAX", 300_000)
        monkeypatch.setattr(photo_limits, "OF_CASE_MAX", 99)
        assert "as much room as they may" in detail(await sends(client, "more"), 409)


async def test_a_full_disk_is_said_and_the_report_never_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr("gateway.photos.folder.shutil.disk_usage", lambda _: full)
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        assert "the disk is full; no photo can be stored" in detail(await sends(site.client), 503)
        assert await site.act(CASE, "assess", "centre") == {"changed": True}
        with site.store.reading() as connection:
            assert photos.of_case(connection, CASE, 9) == []
        monkeypatch.undo()
        assert (await sends(site.client)).json() == {"changed": True}


async def test_only_so_many_photos_come_at_once_and_the_others_come_later(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        go = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield PHOTO[:100]
            await go.wait()
            yield PHOTO[100:]

        most = photo_limits.COMING_MAX
        coming = [
            asyncio.create_task(sends(site.client, f"r{n}", content=slowly())) for n in range(most)
        ]
        await asyncio.sleep(0)
        while True:
            told = await sends(site.client, "late")
            if told.status_code == 503:
                break
            await asyncio.sleep(0)
        assert (told.headers["retry-after"], "at once" in detail(told, 503)) == ("5", True)
        assert await site.act(CASE, "assess", "centre") == {"changed": True}, "forms have their own"
        go.set()
        assert {answer.status_code for answer in await asyncio.gather(*coming)} == {200}


async def kept(site: Site) -> None:
    await site.console.seal(0)
    await site.console.opens(0)
    for action, more in (("acknowledge", {}), ("report", {"outcome": "lawful"})):
        answer = await site.asks("wang", "POST", f"/api/v1/cases/{CASE}/{action}", json=more)
        assert answer.status_code == 200, answer.text
    async with site.browser("wang") as client:
        assert (await sends(client)).json() == {"changed": True}


async def test_who_sees_the_case_sees_its_photo_and_every_look_is_in_the_audit(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await kept(site)
        path = f"/cases/{CASE}/photos/r1.1"
        seen = {
            name: (await site.asks(name, "GET", path)).status_code
            for name in ("wang", "cai", "desk", "aud", "li", "cao", "eng", "adm")
        }
        assert seen == dict.fromkeys(("wang", "cai", "desk", "aud"), 200) | {
            "li": 404,
            "cao": 404,
            "eng": 403,
            "adm": 403,
        }
        looks = site.noted("photos/{photo_id}")
        about = f"case {CASE}, photo_id r1.1"
        assert {(who, what) for who, what, _, why, _ in looks if why != "refused"} == {
            (name, "GET /cases/{case_id}/photos/{photo_id}")
            for name in ("wang", "cai", "desk", "aud")
        }
        assert {place for _, _, place, _, _ in looks} == {about}
        assert (await site.asks("", "GET", path)).status_code == 303
        assert (await site.asks("desk", "GET", f"/cases/{CASE}/photos/r1.2")).status_code == 404
        assert (
            await site.asks("wang", "GET", f"/cases/{first_case(2)}/photos/r1.1")
        ).status_code in (404,)


async def test_who_may_not_report_sends_no_photo_and_who_is_signed_out_keeps_it(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await kept(site)
        async with site.browser() as client:
            assert "Sign in first" in detail(await sends(client), 401)
        large = PHOTO + bytes(60_000)
        statuses = {}
        for name in ("aud", "eng", "li", "cai", "desk"):
            async with site.browser(name) as client:
                statuses[name] = [
                    (await sends(client, "x", content=content)).status_code
                    for content in (PHOTO, large)
                ]
        assert statuses == {
            "aud": [403, 413],
            "eng": [403, 413],
            "li": [404, 404],
            "cai": [409, 409],
            "desk": [409, 409],
        }
        async with site.browser() as client:
            client.headers["authorization"] = f"Bearer {site.token('wang', Kind.READER)}"
            assert (await sends(client, "x")).status_code == 403


async def test_another_site_s_page_sends_no_photo(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await reported(site)
        answer = await site.client.post(
            f"{PATH}?report=r1&number=1",
            content=PHOTO,
            headers=acting_as("wang") | {"Origin": "https://evil.example"},
        )
        assert problem_of(answer, 403) == {}
        assert list(PhotoFolder(site.store.path).files()) == []


async def test_the_household_s_telephone_is_where_it_is_rung_from_and_nowhere_else(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.store.writing() as connection:
            d = tables.doors
            number = update(d).where(d.c.door_id == "d0").values(telephone="138 0013 8000")
            connection.execute(number)
        await kept(site)
        pages = {
            ("wang", f"/handheld/wang/cases/{CASE}"): True,
            ("desk", f"/cases/{CASE}"): True,
            ("aud", f"/cases/{CASE}"): True,
            ("wang", "/handheld/wang"): False,
            ("desk", "/"): False,
            ("desk", "/doors/d0"): False,
            ("desk", "/cases"): False,
            ("desk", "/api/v1/doors"): False,
            ("desk", "/api/v1/cases"): False,
        }
        shown = {
            (name, path): "13800138000" in (page := (await site.asks(name, "GET", path)).text)
            or "138 0013 8000" in page
            for name, path in pages
        }
        assert shown == pages
        text = (await site.asks("desk", "GET", f"/cases/{CASE}")).text
        assert '<a class="telephone" href="tel:13800138000">138 0013 8000</a>' in text
        assert site.noted("GET /cases/{case_id}")[-1][0] == "desk"
        with site.store.reading() as connection:
            bodies = connection.execute(select(tables.journal.c.body)).scalars().all()
        assert not [body for body in bodies if b"138" in body and b"8000" in body]
