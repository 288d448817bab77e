"""The console's page of updates: who may, what it shows, and what its buttons do."""

import re
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.store import tables
from gateway.updates import kept, rollout
from gateway.updates.rollout import Progress, RolloutState, SealState, Stage
from gateway.web.visitors import COOKIE
from tests.updates.releases import made
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import console, listening, new_store

RELEASE = made(7)


def seals(site: Site) -> list[str]:
    with site.store.reading() as connection:
        return sorted(connection.execute(select(tables.seals.c.seal_id)).scalars())


def put_release(site: Site) -> None:
    """A release, and three seals that could have it."""
    rows = [
        {"seal_id": f"{n:016x}", "key": bytes(32), "broker_hash": "", "enrolled_ms": 1}
        for n in range(1, 4)
    ]
    with site.store.writing() as connection:
        connection.execute(insert(tables.seals), rows)
        kept.add(connection, RELEASE, site.clock.now_ms())


def how_it_stands(site: Site) -> kept.Overview:
    with site.store.reading() as connection:
        found = kept.overview(connection)
    assert found is not None
    return found


async def test_an_engineer_rolls_a_release_out_and_sees_how_far_it_is(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("eng") as client:
        empty = (await client.get("/updates")).text
        assert "No release was ever rolled out." in empty
        put_release(site)
        first = seals(site)[0]
        form = {"number": "7", "canary": first, "at_once": "2"}
        assert (await client.post("/updates/start", data=form)).status_code == 303
        stands = how_it_stands(site)
        assert stands.seals[first].stage == Stage.CANARY
        now_ms = site.clock.now_ms()
        failed = Progress(Stage.CANARY, SealState.FAILED, now_ms, 100, reason="crashed")
        with site.store.writing() as connection:
            kept.write(connection, stands.rollout_id, {first: failed})
            kept.turn(connection, 1, RolloutState.STOPPED, now_ms, "a canary failed")
        text = (await client.get("/updates")).text
        assert "Release 7 (1.4.0)" in text
        assert "It stopped by itself" in text
        assert f"<code>{first}</code>" in text
        assert "it did not come up with it" in text
        for act, state in (("go-on", "running"), ("stop", "stopped"), ("end", "ended")):
            assert (await client.post(f"/updates/{act}")).status_code == 303
            assert how_it_stands(site).state == state
        assert (await client.post("/updates/go-on")).status_code == 409
        assert [what for _, what, *_ in site.noted("POST /updates")] == [
            f"POST /updates/{act}" for act in ("start", "go-on", "stop", "end", "go-on")
        ]


@pytest.mark.parametrize("name", ["wang", "cai", "desk", "inst", "aud"])
async def test_nobody_else_may_look_or_press(tmp_path: Path, name: str) -> None:
    async with signed_in_site(tmp_path) as site:
        put_release(site)
        assert (await site.asks(name, "GET", "/updates")).status_code == 403
        form = {"number": "7"}
        assert (await site.asks(name, "POST", "/updates/start", data=form)).status_code == 403
        with site.store.reading() as connection:
            assert kept.overview(connection) is None


async def test_what_cannot_be_started_says_so(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as client:
        assert (await client.post("/updates/start", data={"number": "7"})).status_code == 422
        put_release(site)
        odd = {"number": "7", "canary": "f" * 16}
        assert (await client.post("/updates/start", data=odd)).status_code == 422
        assert (await client.post("/updates/start", data={"number": "7"})).status_code == 303
        assert (await client.post("/updates/start", data={"number": "7"})).status_code == 303, (
            "twice"
        )
        stages = how_it_stands(site).seals
        (canary,) = (name for name, one in stages.items() if one.stage == rollout.Stage.CANARY)
        other = {"number": "7", "canary": next(name for name in stages if name != canary)}
        assert (await client.post("/updates/start", data=other)).status_code == 409
        stages = [one.stage for one in how_it_stands(site).seals.values()]
        assert stages.count(rollout.Stage.CANARY) == 1


async def test_an_older_release_is_asked_about_and_what_was_refused_is_no_way_back(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("eng") as client:
        put_release(site)
        with site.store.writing() as connection:
            kept.add(connection, made(6), site.clock.now_ms())
        assert (await client.post("/updates/start", data={"number": "7"})).status_code == 303
        now_ms, (first, second, third) = site.clock.now_ms(), seals(site)
        failed = Progress(Stage.ALL, SealState.FAILED, now_ms, reason="full")
        good, left = (
            Progress(Stage.ALL, SealState.GOOD, now_ms),
            Progress(Stage.ALL, SealState.LEFT_OUT, now_ms, reason="newer"),
        )
        with site.store.writing() as connection:
            kept.write(connection, 1, {first: failed, second: good, third: left})
        text = (await client.get("/updates")).text
        assert "runs it 1" in text
        assert "refused it 1" in text
        assert "went back" not in text
        assert "it runs a newer one and keeps it" in text
        assert (await client.post("/updates/end")).status_code == 303
        refused = await client.post("/updates/start", data={"number": "6"})
        assert refused.status_code == 409
        assert "1 of 3 seals run a newer release" in refused.text
        meant = {"number": "6", "older": "true"}
        assert (await client.post("/updates/start", data=meant)).status_code == 303


async def test_the_page_lives(tmp_path: Path) -> None:
    """What a seal has become stands there with the next commit, and nobody reloads."""
    async with signed_in_site(tmp_path) as site:
        put_release(site)
        async with site.browser("eng") as client:
            await client.post("/updates/start", data={"number": "7"})
            page = (await client.get("/updates")).text
            seen = re.search(r"view=updates&amp;name=&amp;seen=([0-9a-f]+)", page)
            assert seen
            query, cookie = f"view=updates&name=&seen={seen[1]}", client.headers.get("cookie", "")
            cookie = cookie or f"{COOKIE}={client.cookies[COOKIE]}"
            async with listening(site.console, query, cookie) as line:
                stands = how_it_stands(site)
                first = seals(site)[0]
                now_ms = site.clock.now_ms()
                pulling = Progress(stands.seals[first].stage, SealState.PULLING, now_ms, 100)
                with site.store.writing() as connection:
                    kept.write(connection, stands.rollout_id, {first: pulling})
                await site.console.seal(0)  # any commit at all
                event = await line.next("fragment")
        assert 'id="rollout"' in event.data
        assert "fetches it" in event.data


async def test_nobody_but_who_may_listens(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        answer = await site.asks("wang", "GET", "/stream?view=updates&name=")
        assert answer.status_code == 403


async def test_without_accounts_the_page_shows_how_far_it_is_and_where_it_is_done(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        with store.writing() as connection:
            kept.add(connection, RELEASE, site.clock.now_ms())
            release_id = kept.kept(connection)[0].release_id
            stages = {f"{0:016x}": Stage.CANARY}
            kept.start(connection, release_id, rollout.Plan(), stages, site.clock.now_ms())
        text = await site.text("/updates")
        assert "Release 7 (1.4.0)" in text
        assert "on the command line: menshen update" in text
        assert '<form method="post" action="/updates' not in text
        answer = await site.client.post("/updates/stop", headers={"origin": "http://127.0.0.1"})
        assert answer.status_code in (403, 404)


async def test_a_seal_that_ended_is_in_no_roll_out(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("eng") as client:
        put_release(site)
        gone, *others = seals(site)
        with site.store.writing() as connection:
            connection.execute(
                tables.seals.update().where(tables.seals.c.seal_id == gone).values(ended_ms=5)
            )
        await client.post("/updates/start", data={"number": "7"})
        assert sorted(how_it_stands(site).seals) == others
