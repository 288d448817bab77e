"""What a monitor asks, and what the names in charts stand for: the real console, Prometheus' own
parser, and nobody named."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.accounts import persons, tokens
from gateway.accounts.roles import Role
from gateway.accounts.scopes import Scope
from gateway.core.duration import HOUR_MS
from gateway.store import views
from gateway.store.database import StoreError
from gateway.store.place_names import key_of, legend
from gateway.web.pages import health
from tests.web.signed_in import signed_in_site
from tests.web.web_site import Console, console, new_store, seal_id

NAMES = ("Wang", "wang", "3-101", "Grid One", "g1", seal_id(0), "d0")
Samples = dict[tuple[str, ...], float]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    store = new_store(tmp_path)
    async with console(store) as made:
        yield made
    store.close()


def samples(text: str) -> Samples:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_monitor_reads_what_the_gateway_counts_and_no_name(site: Console) -> None:
    await site.seal(0)
    await site.opens(0)
    await site.engine.idle()
    answer = await site.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found, health = samples(answer.text), site.engine.health()
    assert found["menshen_gateway_up",] == 1
    assert found["menshen_reports_total",] == health.reports
    assert found["menshen_commits_total",] == health.commits > 0
    assert found["menshen_pages_total", "queued"] == health.pages_queued
    assert found["menshen_broker_connected",] == 0
    assert found["menshen_start_time_seconds",] == health.started_ms / 1_000
    assert not [name for name in NAMES if name in answer.text]


async def test_all_seals_are_counted_and_what_cannot_be_read_is_not_told_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two hundred silent seals a monitor read twenty."""
    monkeypatch.setattr(health, "SEALS_MAX", 1)
    store = new_store(tmp_path)
    async with console(store) as site:
        for number in range(3):
            await site.seal(number)
        await site.opens(0)
        site.clock.advance(HOUR_MS)
        found = samples((await site.client.get("/metrics")).text)
        assert found["menshen_cases", "waiting"] >= 1
        assert (found["menshen_seals_silent",], found["menshen_seals_wanting",]) == (3, 3)
        site.clock.advance(HOUR_MS)
        monkeypatch.setattr(views, "unnamed_doors", unreadable)
        found = samples((await site.client.get("/metrics")).text)
        assert found["menshen_gateway_up",] == 1
        assert not [name for name in found if "seals" in name[0] or "cases" in name[0]]
    store.close()


def unreadable(*_: object) -> None:
    raise StoreError("the disk is gone")


async def test_the_page_tells_what_a_name_in_a_chart_stands_for(site: Console) -> None:
    assert "No history has been written yet" in await site.text("/history")
    key_of(site.store)
    with site.store.reading() as connection:
        names = {meaning.words: meaning.name for meaning in legend(connection)}
    page = await site.text("/history")
    assert "Grid One" in page
    assert names["Grid Two"] in page
    one = await site.text(f"/history?name={names['Grid Two'][:6].upper()}")
    assert "Grid Two" in one
    assert "Grid One" not in one
    assert "没有这个代号" in await site.text("/history?name=zz", language="zh")


async def test_at_a_site_with_accounts_a_monitor_needs_its_own_scope(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        assert (await client.get("/metrics")).status_code == 401
        got = {}
        with site.accounts.writing() as connection:
            now_ms = site.clock.now_ms()
            persons.add(connection, "prom", [Role.ENGINEER], now_ms, kind=persons.Kind.PROGRAM)
            account = persons.named(connection, "prom")
            assert account is not None
            for scope in (Scope.METRICS_READ, Scope.HEALTH_READ):
                made = tokens.make(connection, account, [scope], "monitor", 90, now_ms)
                got[scope] = {"authorization": f"Bearer {made}"}
        own, other = got[Scope.METRICS_READ], got[Scope.HEALTH_READ]
        answer = await client.get("/metrics", headers=own)
        assert samples(answer.text)["menshen_gateway_up",] == 1
        refused = await client.get("/metrics", headers=other)
        assert (refused.status_code, refused.json()["scope"]) == (403, "metrics:read")
        assert (await client.get("/api/v1/health", headers=own)).status_code == 403
