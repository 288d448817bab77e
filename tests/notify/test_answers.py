"""Taken means taken (A1): providers that answer 200 and put the error into the body.

Real Apprise addresses, the providers' documented answers from a service on loopback.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest

from gateway.store.database import Store
from tests.notify.at_work import entries, gateway, opens, refused, site_of, taken
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until

# Apprise's address, where its plugin keeps the provider's address, and the answers: the success,
# then each error with what must stand in its words and whether only a person can mend it.
WECOM = ("wecombot://a1b2c3d4-key", "wecombot", "NotifyWeComBot", "notify_url", "/send?key={key}")
DINGTALK = (
    "dingtalk://a1b2c3d4e5",
    "dingtalk",
    "NotifyDingTalk",
    "notify_url",
    "/send?access_token={token}",
)
FEISHU = ("feishu://a1b2c3d4-token", "feishu", "NotifyFeishu", "notify_url", "/hook/{token}/")
LARK = ("lark://a1b2c3d4-token", "lark", "NotifyLark", "notify_url", "/hook/")
SERVERCHAN = (
    "schan://SCT12345abcde/",
    "serverchan",
    "NotifyServerChan",
    "notify_url",
    "/{token}.send",
)
SUCCESS = {
    "wecombot": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {
        "StatusCode": 0,
        "StatusMessage": "success",
        "code": 0,
        "data": {},
        "msg": "success",
    },
    "lark": {"code": 0, "data": {}, "msg": "success"},
    "serverchan": {"code": 0, "message": "", "data": {"pushid": "1", "error": "SUCCESS"}},
}
ERRORS = [
    (WECOM, {"errcode": 45009, "errmsg": "api freq out of limit"}, "45009", False),
    (WECOM, {"errcode": -1, "errmsg": "system busy"}, "-1", False),
    (WECOM, {"errcode": 93000, "errmsg": "invalid webhook url"}, "93000", True),
    (WECOM, {"errcode": 12345, "errmsg": "what nobody documented"}, "12345", False),
    (DINGTALK, {"errcode": 130101, "errmsg": "send too fast"}, "130101", False),
    (DINGTALK, {"errcode": 310000, "errmsg": "keywords not in content"}, "keyword", True),
    (DINGTALK, {"errcode": 310000, "errmsg": "invalid timestamp"}, "clock", True),
    (DINGTALK, {"errcode": 310000, "errmsg": "sign not match"}, "signature", True),
    (FEISHU, {"code": 19024, "msg": "Key Words Not Found"}, "19024", True),
    (FEISHU, {"code": 11232, "msg": "frequency limited"}, "11232", False),
    (LARK, {"code": 19021, "msg": "sign match fail or timestamp"}, "19021", True),
    (SERVERCHAN, {"code": 40001, "message": "bad pushkey"}, "40001", True),
]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Point Apprise's own plugin at the service on loopback."""

    def at(url: str, robot: tuple[str, ...]) -> str:
        import importlib

        address, module, plugin, name, path = robot
        its = getattr(importlib.import_module(f"apprise.plugins.{module}"), plugin)
        monkeypatch.setattr(its, name, url + path)
        return f"apprise:{address}"

    return at


@pytest.mark.parametrize("robot", [WECOM, DINGTALK, FEISHU, LARK, SERVERCHAN], ids=lambda r: r[1])
async def test_a1_the_providers_own_success_counts_as_taken(
    robot: tuple[str, ...], provider: Any, store: Store, free_port: Any
) -> None:
    service = LoopbackService(Say(body=json.dumps(SUCCESS[robot[1]])))
    async with service.open(free_port()) as url:
        (seal,) = site_of(store, 1, provider(url, robot))
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: taken(store, "apprise"), wait_s=30)
    (entry,) = entries(store, "apprise")
    assert (entry["evidence"], len(service.told)) == ("accepted", 1)
    assert any(name in unquote_plus(service.told[0].body.decode()) for name in ("Menshen", "门神"))


@pytest.mark.parametrize(
    ("robot", "body", "words", "permanent"), ERRORS, ids=lambda v: str(v)[:40] if v else ""
)
async def test_a1_an_error_inside_200_is_a_failure_in_the_providers_words(
    robot: tuple[str, ...],
    body: dict[str, Any],
    words: str,
    permanent: bool,
    provider: Any,
    store: Store,
    free_port: Any,
) -> None:
    service = LoopbackService(Say(body=json.dumps(body)))
    async with service.open(free_port()) as url:
        (seal,) = site_of(store, 1, provider(url, robot))
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: refused(store), wait_s=30)
    entry = entries(store, "apprise")[0]  # what follows is that nobody can be told by it
    assert (entry["done_ms"], entry["evidence"]) == (None, None)
    assert words in entry["error"]
    assert "a1b2c3d4" not in entry["error"]
    if permanent:
        assert entry["next_ms"] - entry["made_ms"] > 250_000, "only a person can mend it"


PORTAL = "<!DOCTYPE html><html><body>Please sign in to this network</body></html>"


@pytest.mark.parametrize("channel", ["webhook:{0}/x", "apprise:json://127.0.0.1:{1}/x", "wecom"])
async def test_a1_a_captive_portals_page_is_no_success(
    channel: str, provider: Any, store: Store, free_port: Any
) -> None:
    service = LoopbackService(Say(body=PORTAL, content_type="text/html"))
    port = free_port()
    async with service.open(port) as url:
        address = provider(url, WECOM) if channel == "wecom" else channel.format(url, port)
        (seal,) = site_of(store, 1, address)
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: refused(store), wait_s=30)
    (entry,) = entries(store)
    assert entry["done_ms"] is None
    assert "web page" in entry["error"]


@pytest.mark.parametrize("channel", ["webhook:{0}/x", "apprise:json://127.0.0.1:{1}/x"])
@pytest.mark.parametrize(
    "body", ['{"errcode": 7, "errmsg": "no"}', '{"ok": false}', '{"code": 500}', '{"error": "x"}']
)
async def test_a1_an_error_inside_200_is_read_whatever_the_service(
    body: str, channel: str, store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(Say(body=body)), free_port()
    async with service.open(port) as url:
        (seal,) = site_of(store, 1, channel.format(url, port))
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: refused(store), wait_s=30)
    assert entries(store)[0]["done_ms"] is None
    assert "error inside" in entries(store)[0]["error"]


@pytest.mark.parametrize(
    ("say", "evidence"),
    [
        (Say(200, "ok", "text/html"), "accepted"),  # as the small scripts of offices answer
        (Say(204), "accepted"),
        (Say(202, ""), "queued"),
        (Say(201, '{"sid": "SM1", "status": "queued"}'), "queued"),
        (Say(200, '{"code": 0}'), "accepted"),
        (Say(200, '{"code": 200, "msg": "success"}'), "accepted"),
    ],
)
async def test_a2_the_evidence_is_as_good_as_the_answer(
    say: Say, evidence: str, store: Store, free_port: Any
) -> None:
    service = LoopbackService(say)
    async with service.open(free_port()) as url:
        (seal,) = site_of(store, 1, f"webhook:{url}/x")
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: taken(store, "webhook"))
    assert entries(store, "webhook")[0]["evidence"] == evidence
