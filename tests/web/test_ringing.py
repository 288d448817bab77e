"""A phone that rings: its subscription, what its push service is given, and what becomes of it."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.accounts import sessions
from gateway.accounts import tables as of_accounts
from gateway.channels.push import GONE, PUSH, TEST_TTL_S
from gateway.core.evidence import Evidence
from gateway.settings import Settings
from gateway.settings.sections import Push
from gateway.settings.sections import Store as StorePlace
from gateway.store import tables
from tests.channels.push_service import Phone, PushService
from tests.channels.sample_entry import entry
from tests.engine.small_site import rows
from tests.waiting import until
from tests.web.ringing_site import CONTACT, ringing_site, subscribed, tried
from tests.web.signed_in import Site
from tests.web.web_site import first_case, now_ms, problem_of

CASE = first_case(0)


async def opened(site: Site, number: int = 0) -> None:
    await site.console.seal(number)
    await site.console.opens(number)


async def rung(phone: Phone) -> dict[str, Any]:
    """What the phone was sent next."""
    return await asyncio.wait_for(phone.messages.get(), 20)


def told(site: Site) -> dict[str, dict[str, Any]]:
    """The pages to Wang, by channel."""
    return {
        row["channel"]: row for row in rows(site.store, tables.outbox) if row["warden_id"] == "wang"
    }


async def test_a_push_says_nothing_of_anybody_and_its_receipt_passes_the_ladder_s_step(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        token, phone = site.token("wang"), service.phone("wangs-mi-9")
        stands = await subscribed(site, phone, token)
        assert (stands["endpoint"], stands["is_told"]) == (phone.endpoint, True)
        await opened(site)
        message = await rung(phone)
        assert message.keys() == {"page", "urgency"}
        assert message["urgency"] == "high"
        assert message["page"] == told(site)["push"]["sent_id"]
        (headers,) = phone.headers
        assert headers["Urgency"] == "high"
        assert int(headers["TTL"]) > TEST_TTL_S
        assert (await tried(site))["evidence"] == Evidence.ACCEPTED

        async with site.browser(token=token) as client:
            api = f"/api/v1/pages/{message['page']}"
            shown = (await client.get(f"{api}/notification")).json()
            assert shown["path"] == f"/handheld/wang/cases/{CASE}"
            assert shown["urgency"] == "high"
            assert "without a permit" in shown["text"] or "announced" in shown["text"]
            assert "3-101" not in f"{shown['title']} {shown['text']}"  # a lock screen is for all
            answer = await client.post(f"{api}/received?by=push")
            assert answer.json() == {"changed": True}
            stands = (await client.get("/api/v1/ringing")).json()
            assert stands["rang_ms"] == site.clock.now_ms()
        assert {row["evidence"] for row in told(site).values()} == {Evidence.RECEIVED}
        (door,) = [row for row in rows(site.store, tables.doors) if row["door_id"] == "d0"]
        assert b'"received":true' in door["state"]  # her other channels can rest
        stranger = await site.asks("li", "GET", f"{api}/notification")
        problem_of(stranger, 404)
        problem_of(await site.asks("li", "POST", f"{api}/received?by=push"), 404)


async def test_the_same_case_has_one_topic_and_others_cannot_be_told_apart(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        phone = service.phone("one")
        await subscribed(site, phone, site.token("wang"))
        for number in (0, 1):
            await opened(site, number)
            await rung(phone)
        one, other = phone.headers
        assert one["Topic"] != other["Topic"]
        assert "wang" not in one["Topic"]
        assert one["Content-Length"] == other["Content-Length"]


@pytest.mark.parametrize("status", sorted(GONE))
async def test_a_phone_that_its_service_knows_no_more_is_forgotten_and_told_of(
    status: int, service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        token, phone = site.token("wang"), service.phone("one")
        await subscribed(site, phone, token)
        phone.status = status
        await opened(site)
        refused = await tried(site)
        assert refused["error"].startswith("no phone of this person rings")
        async with site.browser(token=token) as client:
            assert (await client.get("/api/v1/ringing")).json()["is_over"] is True
        await until(lambda: "channel_failing" in str(rows(site.store, tables.cases)))

        again = service.phone("again")  # she presses once more
        assert (await subscribed(site, again, token))["is_over"] is False


async def test_what_only_time_mends_ends_no_subscription(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        token, phone = site.token("wang"), service.phone("one")
        await subscribed(site, phone, token)
        phone.status, phone.retry_after = 429, "7"
        await opened(site)
        refused = await tried(site)
        assert "429" in refused["error"]
        assert refused["ended"] is None
        assert refused["next_ms"] - site.clock.now_ms() == 7_000
        phone.status = 201
        site.clock.advance(7_000)  # type: ignore[attr-defined]
        assert (await rung(phone))["page"] == refused["sent_id"]
        async with site.browser(token=token) as client:
            assert (await client.get("/api/v1/ringing")).json()["is_over"] is False


async def test_a_wrong_key_is_our_fault_and_no_phone_s(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        token, phone = site.token("wang"), service.phone("one")
        await subscribed(site, phone, token)
        phone.status = 403
        await opened(site)
        assert "403" in (await tried(site))["error"]
        async with site.browser(token=token) as client:
            assert (await client.get("/api/v1/ringing")).json()["is_over"] is False


async def test_it_ends_with_the_phone_s_session_and_one_that_rings_is_enough(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        lost, kept = service.phone("lost"), service.phone("kept")
        for phone in (lost, kept):
            await subscribed(site, phone, site.token("wang"))
        with site.accounts.writing() as connection:
            account = site.account("wang")
            first = sessions.of_account(connection, account, site.clock.now_ms())
            ours = [one.session_id for one in first]
            ended = next(
                row["session_id"]
                for row in _subscriptions(site)
                if row["endpoint"] == lost.endpoint
            )
            assert ended in ours
            sessions.end(connection, account, ended, site.clock.now_ms())
        await opened(site)
        await rung(kept)
        assert (await tried(site))["evidence"] == Evidence.ACCEPTED
        assert lost.messages.empty()


async def test_the_key_and_the_phones_outlive_a_restart(
    service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        phone = service.phone("one")
        await subscribed(site, phone, site.token("wang"))
        before, path = service.public, site.store.path
    assert Path(path).with_name("menshen-accounts.db").stat().st_mode & 0o077 == 0
    push = Push(contact=CONTACT, services=[service.origin])
    assert PUSH.open is not None
    channel = PUSH.open(Settings(store=StorePlace(path=path), push=push))
    page = msgspec.structs.replace(entry(""), channel="push", warden_id="wang", made_ms=now_ms())
    assert await channel.send(page) == Evidence.ACCEPTED  # which checks the key
    assert (await rung(phone))["page"] == page.sent_id
    await channel.close()
    assert service.public == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "https://192.168.1.1/push"}, "192.168.1.1"),
        ({"endpoint": "http://127.0.0.1:1/push"}, "not one that the site knows"),
        ({"endpoint": "https://fcm.googleapis.com.evil.example/x"}, "evil.example"),
        ({"endpoint": "file:///etc/passwd"}, "cannot be used"),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "cannot be used"),
        ({"keys": {"p256dh": "!", "auth": "é"}}, "cannot be used"),
    ],
)
async def test_a_browser_cannot_make_the_gateway_post_anywhere(
    change: dict[str, Any], words: str, service: PushService, tmp_path: Path
) -> None:
    async with ringing_site(tmp_path, service) as site:
        offered = {**service.phone("one").subscription(), **change}
        answer = await site.asks("wang", "POST", "/api/v1/ringing", json=offered)
        problem_of(answer, 422)
        assert words in answer.json()["detail"]


@pytest.mark.parametrize("channels", [("inbox", "push"), ("push", "inbox"), ("push",)])
async def test_what_rings_and_what_is_shown_are_one_way(
    channels: tuple[str, ...], service: PushService, tmp_path: Path
) -> None:
    """Whichever the office wrote first, she is rung in the first second."""
    async with ringing_site(tmp_path, service, channels) as site:
        phone = service.phone("one")
        await subscribed(site, phone, site.token("wang"))
        await opened(site)
        await rung(phone)
        assert set(told(site)) == {"inbox", "push"}


def _subscriptions(site: Site) -> list[dict[str, Any]]:
    return rows(site.accounts, of_accounts.subscriptions)
