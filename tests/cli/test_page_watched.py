"""`menshen test-page` beside a running gateway: it goes by that one's own way, and is watched."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.accounts import audit
from gateway.accounts.roles import Role
from gateway.core.events import PageTestAnswered
from gateway.core.paging.person import ASKED_MAX
from gateway.core.subject import SITE
from gateway.engine.engine import Engine
from gateway.store import reach_views, tables
from gateway.store.database import Store
from gateway.store.one_gateway import alone, is_running
from tests.accounts.people_file import add, new_accounts
from tests.notify.at_work import gateway
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until


def tell(store: Store, *channels: str) -> None:
    with store.writing() as connection:
        connection.execute(tables.wardens.update().values(channels=json.dumps(channels)))


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Engine]:
    """A gateway that has the database."""
    with alone(store.path):
        async with gateway(store) as engine:
            yield engine


async def test_it_says_what_happens_with_the_milliseconds_and_is_in_the_audit(
    menshen: Any, store: Store, free_port: Callable[[], int]
) -> None:
    port = free_port()
    tell(store, "inbox", f"webhook:http://127.0.0.1:{port}/hook")
    accounts = new_accounts(store.path)
    add(accounts, "adm", Role.ADMINISTRATOR)
    async with LoopbackService().open(port), running(store) as engine:
        answer = asyncio.create_task(
            asyncio.to_thread(menshen, "test-page", "w1", "--wait", 20, "--json")
        )

        def asked() -> Any:
            with store.reading() as connection:
                return reach_views.latest_test(connection, "w1")

        await until(lambda: asked() is not None)
        test = asked()
        pressed = PageTestAnswered(test.page_id, test.sent_id, "w1", is_pressed=True)
        await engine.submit(SITE, pressed)
        done = await answer
    assert done.code == 0, done.err
    ways = {way["channel"]: way for way in done.json["ways"]}
    assert ways["inbox"]["pressed_ms"] is not None
    assert ways["webhook"]["evidence"] in ("accepted", None)
    with accounts.reading() as connection:
        (entry, *_) = audit.read(connection, 10)
    assert (entry.note.what, entry.note.about) == ("menshen test-page", "person w1")
    accounts.close()


async def test_who_waits_for_nobody_sees_what_failed_and_is_rationed(
    menshen: Any, store: Store, free_port: Callable[[], int]
) -> None:
    port = free_port()
    tell(store, f"webhook:http://127.0.0.1:{port}/hook")
    async with LoopbackService(Say(503)).open(port), running(store):
        answer = await asyncio.to_thread(menshen, "test-page", "w1", "--wait", 20)
        assert answer.code == 1
        assert "webhook: failed: 127.0.0.1 answered 503" in answer.out
        assert "accepted" in answer.out  # the table's column
        for _ in range(ASKED_MAX - 1):
            await asyncio.to_thread(menshen, "test-page", "w1", "--wait", 0)
        answer = await asyncio.to_thread(menshen, "test-page", "w1", "--wait", 0)
        assert answer.code == 1
        assert f"{ASKED_MAX} test pages a minute" in answer.err


def test_a_gateway_is_known_to_run_by_its_lock(store: Store) -> None:
    assert not is_running(store.path)
    with alone(store.path):
        assert is_running(store.path)
    assert not is_running(store.path)


@pytest.mark.parametrize(
    ("public_url", "mark"),
    [("", "ok"), ("https://menshen.wuxi.gov.cn", "ok"), ("https://" + "a.b" * 40 + ".cn", "warn")],
)
def test_check_says_how_many_parts_of_an_sms_a_page_takes(
    menshen: Any, store: Store, public_url: str, mark: str
) -> None:
    from gateway.cli import check_texts
    from gateway.settings import Settings
    from gateway.settings.sections import Console

    settings = Settings(console=Console(public_url=public_url))
    tell(store, "inbox")
    with store.reading() as connection:
        assert check_texts.texts(connection, settings) is None
    tell(store, "apprise:d7sms://token@13055551234")
    with store.reading() as connection:
        found = check_texts.texts(connection, settings)
    assert found is not None
    assert found.mark == mark
