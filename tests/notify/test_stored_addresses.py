"""Nothing that is stored in the outbox or the table of wardens ends the gateway (I1), and nobody is
enrolled whom nothing can reach (A4)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from gateway.channels import kinds
from gateway.registry import columns
from gateway.settings.web_address import web_address
from gateway.store import tables
from gateway.store.database import Store
from tests.notify.at_work import entries, gateway, opens, site_of, tell
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until

NO_ADDRESSES = [
    "http://10.0.0.5：8080/x",
    "http://[10.0.0.5/",
    "http://10.0.0.5:99999/x",
    "http://10.0.0.5:http/x",
    "http://10.0.0.5:/x",
    "http:///x",
    "http://10.0.0.500/x",
    "http://10.0.0/x",
    "http://a..b/x",
    "http://-a-/x",
    "http://exa mple.org/x",
    "http://example.org\\x",
    "http://" + "a" * 64 + ".org/",
    "http://[::1%eth0]/",
    "ftp://example.org/",
    "http://",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_i1_enrolment_refuses_what_sending_could_not_take_apart(address: str) -> None:
    assert kinds.problem_of(f"webhook:{address}") is not None
    if " " not in address:
        with pytest.raises(ValueError, match="cannot be used") as refused:
            columns.channels(f"webhook:{address}")
        assert "x" not in str(refused.value).split("cannot be used")[1].split("/x")[1:]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://10.0.0.5:8080/x?key=1", ("http", "10.0.0.5", 8080, "/x?key=1")),
        ("https://example.org", ("https", "example.org", 443, "/")),
        ("http://[::1]:80/a b".replace(" ", "%20"), ("http", "::1", 80, "/a%20b")),
        ("https://例子.中国/钩", ("https", "xn--fsqu00a.xn--fiqs8s", 443, "/%E9%92%A9")),
        ("http://localhost:8080/x#part", ("http", "localhost", 8080, "/x")),
    ],
)
def test_i1_one_function_takes_an_address_apart(text: str, parts: tuple[object, ...]) -> None:
    assert web_address(text)[:4] == parts


@pytest.mark.parametrize(
    "channel",
    [*(f"webhook:{address}" for address in NO_ADDRESSES[:8]), "apprise:no", "apprise:nothing://x"],
)
async def test_i1_an_address_that_was_enrolled_all_the_same_harms_only_its_own_page(
    channel: str, store: Store, free_port: Any
) -> None:
    service = LoopbackService()
    async with service.open(free_port()) as url:
        (seal,) = site_of(store, 1, channel)
        tell(store, "li", f"webhook:{url}/li")
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: service.told)
            await until(lambda: any(row["error"] for row in entries(store)), wait_s=30)
        async with gateway(store):  # and at the next start, too
            pass
    bad = next(row for row in entries(store) if row["warden_id"] == "wang")
    assert bad["done_ms"] is None
    assert "address" in bad["error"]


@pytest.mark.parametrize(
    "garbage",
    [
        {"reason": "what no release knows"},
        {"next_ms": "never"},
        {"made_ms": "yesterday"},
        {"language": "tlh"},
        {"address": b"\xff\xfe"},
        {"tries": "many"},
        {"sent_id": b"\x00"},
        {"reason": "grouped", "about": "{not json"},
        {"since_ms": 10**18},
        {"next_ms": 10**18},
        {"case_id": "group-of-nothing"},
    ],
    ids=str,
)
async def test_i1_a_poisoned_entry_is_seen_and_passed_over(
    garbage: dict[str, Any], store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    seals = site_of(store, 3, f"webhook:http://127.0.0.1:{port}/x")
    async with gateway(store) as engine:
        for seal in seals:
            opens(engine, seal)
        await until(lambda: len([row for row in entries(store) if row["error"]]) >= 1)
        await until(lambda: len(entries(store)) == 3)
    with store.writing() as connection:
        o = tables.outbox
        for name, value in garbage.items():
            connection.exec_driver_sql(
                f"UPDATE outbox SET {name} = ? WHERE entry_id = 1",  # noqa: S608
                (value,),
            )
        connection.execute(update(o).where(o.c.entry_id > 1).values(next_ms=0))
    async with service.open(port), gateway(store):
        await until(lambda: done(store) >= {2, 3})


def done(store: Store) -> set[int]:
    """The entries that have gone out, read past all types."""
    with store.reading() as connection:
        found = connection.exec_driver_sql("SELECT entry_id FROM outbox WHERE done_ms IS NOT NULL")
        return {row[0] for row in found}


@pytest.mark.parametrize("proxy_variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_a9_webhooks_go_through_the_proxy_of_the_environment_as_apprise_does(
    proxy_variable: str, monkeypatch: pytest.MonkeyPatch, store: Store, free_port: Any
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    proxy, other = LoopbackService(), LoopbackService()
    async with proxy.open(free_port()) as url, other.open(free_port()) as direct:
        monkeypatch.setenv(proxy_variable, url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        (seal,) = site_of(store, 1, "webhook:http://warden.invalid/w")
        tell(store, "li", "apprise:json://warden.invalid/a")
        tell(store, "zhao", f"webhook:{direct}/z")
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: len(proxy.told) >= 2 and other.told, wait_s=30)
    assert {told.headers["Host"] for told in proxy.told} == {"warden.invalid"}
    assert {told.path for told in proxy.told} == {"/w", "/a"}
    assert [told.path for told in other.told] == ["/z"], "what needs no proxy goes without"
