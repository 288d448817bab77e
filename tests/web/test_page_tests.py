"""A test page: to every channel at once, with the milliseconds of each, and no case."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.core.paging.person import ASKED_MAX
from gateway.core.reasons import Reason
from gateway.store import reach_views, tables
from gateway.store.database import Store
from gateway.web.api.ringing import BY
from tests.channels.push_service import Phone, PushService
from tests.engine.small_site import rows
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until
from tests.web.marked_ways import saying, way_to
from tests.web.reaching_site import PUBLIC_URL, reaching_site
from tests.web.ringing_site import subscribed
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import problem_of

API = "/api/v1/wardens/wang/test"


async def outcome(site: Site, name: str = "desk") -> dict[str, dict[str, Any]]:
    """What came of the latest test page of Wang, by channel."""
    answer = await site.asks(name, "GET", API)
    assert answer.status_code == 200, answer.text
    return {way["channel"]: way for way in answer.json()["ways"]}


async def comes(site: Site, channel: str, what: str) -> dict[str, Any]:
    """That way, as soon as this is known of it."""

    async def is_known() -> bool:
        await site.engine.idle()
        return (await outcome(site))[channel][what] is not None

    await until(is_known, wait_s=20)
    return (await outcome(site))[channel]


async def rung(phone: Phone) -> dict[str, Any]:
    return json.loads(json.dumps(await asyncio.wait_for(phone.messages.get(), 20)))


async def test_each_channel_says_for_itself_what_became_of_it(
    service: PushService, free_port: Callable[[], int], tmp_path: Path
) -> None:
    """Push is signed for by her phone, the chat is taken and its link pressed, a webhook refuses.

    Nobody else is told, no case comes of it, and all of it outlives a restart."""
    port = free_port()
    outside = LoopbackService(lambda told: Say(503) if told.path == "/hook" else Say())
    channels = (
        "push",
        f"apprise:json://127.0.0.1:{port}/chat",
        f"webhook:http://127.0.0.1:{port}/hook",
    )
    async with (
        outside.open(port),
        reaching_site(tmp_path, service, channels) as site,
    ):
        hers, phone = site.token("wang"), service.phone("mine")
        await subscribed(site, phone, hers)
        answer = await site.asks("desk", "POST", API)
        assert answer.status_code == 200, answer.text
        message = await rung(phone)
        assert message["urgency"] == "high"
        await comes(site, "push", "done_ms")
        await comes(site, "apprise", "done_ms")
        failed = await comes(site, "webhook", "error")
        assert failed["done_ms"] is None
        assert "503" in failed["error"]
        assert (await outcome(site))["push"]["received_ms"] is None

        site.clock.advance(132)  # type: ignore[attr-defined]
        async with site.browser(token=hers) as client:
            told = (await client.get(f"/api/v1/pages/{message['page']}/notification")).json()
            assert told["path"] == f"/handheld/wang/tests/{message['page']}"
            signed = f"/api/v1/pages/{message['page']}/received?{BY}=push"
            assert (await client.post(signed)).status_code == 200
        pushed = await comes(site, "push", "received_ms")
        assert pushed["received_ms"] - pushed["made_ms"] == 132
        others = await outcome(site)
        assert [others[name]["received_ms"] for name in ("apprise", "webhook")] == [None, None]

        (chat,) = outside.at("/chat")
        text = json.loads(chat.body)["message"]
        link = text.strip().splitlines()[-1]
        assert link.startswith(f"{PUBLIC_URL}/pages/")
        assert "Wang" not in text
        await _pressed(site, hers, link.removeprefix(PUBLIC_URL))
        by_chat = await comes(site, "apprise", "pressed_ms")
        assert by_chat["evidence"] == "seen"
        assert (await outcome(site))["push"]["pressed_ms"] is None

        assert rows(site.store, tables.cases) == []
        assert {row["warden_id"] for row in rows(site.store, tables.outbox)} == {"wang"}
        assert ("desk", f"POST {API.replace('wang', '{warden_id}')}", "person wang") in [
            note[:3] for note in site.noted("test")
        ]
        path = site.store.path
    store = Store.open(path)  # another life of the gateway
    with store.reading() as connection:
        kept = reach_views.latest_test(connection, "wang")
        reached = reach_views.reached_ms(connection, ["wang"], pushed["received_ms"] + 1)
    store.close()
    assert kept is not None
    assert kept.pressed_ms == by_chat["pressed_ms"]
    assert reached["wang"] >= pushed["received_ms"]


async def _pressed(site: Site, token: str, link: str) -> None:
    """The link leads to the sign-in, and for her to one button; looking at it changes nothing."""
    async with site.browser() as stranger:
        answer = await stranger.get(link)
        assert answer.headers["location"].startswith("/sign-in?after=")
    assert (await site.asks("li", "GET", link)).status_code == 404
    async with site.browser(token=token) as client:
        shown = await client.get(link, follow_redirects=True)
        assert "Got it" in shown.text
        assert (await outcome(site))["apprise"]["pressed_ms"] is None
        answer = await client.post(f"{shown.url.path}/pressed")
        leads_to = saying("/handheld/wang", "/handheld/{warden_id}/tests/{sent_id}/pressed")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)


async def test_it_is_rationed_with_a_sentence(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path, ("inbox",)) as site:
        for _ in range(ASKED_MAX):
            assert (await site.asks("desk", "POST", API)).status_code == 200
        answer = await site.asks("cai", "POST", API)
        problem_of(answer, 429)
        assert answer.json()["detail"].startswith("3 test pages a minute to one person")
        assert int(answer.headers["retry-after"]) >= 1
        site.clock.advance(60_000)  # type: ignore[attr-defined]
        assert (await site.asks("cai", "POST", API)).status_code == 200


async def test_who_has_no_channel_is_told_so(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.store.writing() as connection:
            connection.execute(tables.wardens.update().values(channels="[]"))
        problem_of(await site.asks("desk", "POST", API), 409)
        problem_of(await site.asks("desk", "POST", "/api/v1/wardens/nobody/test"), 404)


async def test_she_tests_herself_and_nobody_else(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path, ("inbox",)) as site:
        answer = await site.asks("wang", "POST", "/handheld/wang/test")
        leads_to = saying("/handheld/wang", "/handheld/{warden_id}/test")
        assert (answer.status_code, way_to(answer)) == (303, leads_to)
        page = (await site.asks("wang", "GET", "/handheld/wang")).text
        assert "This is a test; nothing has happened." in page
        assert (await site.asks("wang", "POST", "/handheld/li/test")).status_code == 404
        assert (await site.asks("wang", "POST", "/wardens/li/test")).status_code == 404
        assert (await site.asks("aud", "POST", "/wardens/wang/test")).status_code == 403
        assert (await site.asks("cao", "POST", "/wardens/wang/test")).status_code == 404
        assert (await site.asks("eng", "POST", "/wardens/wang/test")).status_code == 303


async def test_the_daily_test_is_signed_for_too_and_shown_to_nobody_as_a_test_page(
    service: PushService, tmp_path: Path
) -> None:
    """What the push service took proves nothing: only the phone's signature reaches her."""
    async with reaching_site(tmp_path, service, ("push",)) as site:
        hers, phone = site.token("wang"), service.phone("mine")
        await subscribed(site, phone, hers)
        person = site.engine.state.router.people["wang"]
        site.clock.advance(person.test_ms - site.clock.now_ms())  # type: ignore[attr-defined]
        message = await rung(phone)
        assert message["urgency"] == "low"

        async def is_taken() -> bool:
            await site.engine.idle()
            found = [row for row in rows(site.store, tables.outbox) if row["channel"] == "push"]
            return bool(found and found[-1]["done_ms"])

        await until(is_taken)
        assert site.engine.state.router.people["wang"].fails_ms is not None
        async with site.browser(token=hers) as client:
            told = (await client.get(f"/api/v1/pages/{message['page']}/notification")).json()
            assert (told["urgency"], told["path"]) == ("low", "/handheld/wang")
            await client.post(f"/api/v1/pages/{message['page']}/received?{BY}=push")
        assert site.engine.state.router.people["wang"].fails_ms is None
        assert (await site.asks("desk", "GET", API)).status_code == 404  # nobody asked for one
        assert {row["reason"] for row in rows(site.store, tables.outbox)} == {Reason.TEST}
