"""Whatever anybody sends to whatever address: an answer that is theirs, and no fault of ours.

Every address of `RULES`, for nobody and for people of several duties, with junk in its path, its
query and its body; by chance, and all of it with `JUNK=all`. The seed is printed.
"""

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from gateway.web.access_rules import RULES
from gateway.web.answers import API
from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site
from tests.web.test_role_matrix import address, furnished

WHO = ("", "wang", "desk", "adm")
SHARE = 1 / 3  # of the addresses, each with one thing; in a run by chance
ALL = os.environ.get("JUNK") == "all"
DEEP = '{"a":' * 3_000
NUMBERS = ("-1", "0", str(2**63), str(2**70), "1e400", "nan", "0x10", "١٢", " 1", "1.0")
TEXTS = ("", "\x00", "‮", "門" * 900, "a" * 9_000, "../../etc/passwd", "%00", "{{7*7}}", "\r\nX: y")
JUNK = (*NUMBERS, *TEXTS, "[]", "null", "true", "2026-02-30", "99:99", "' OR 1=1 --", "=cmd|'x'!A0")
# What the bodies of programs and phones may have beside what a form declares.
FIELDS = (
    *("why", "until_ms", "by", "hold_id", "outcome", "note", "words", "is_upheld", "to", "keys"),
    *("made_ms", "action_id", "acting", "despite_seal", "proof", "offered", "code", "endpoint"),
)
JSONS: tuple[Any, ...] = (None, [], 1, "x", {"a": [1]}, True, 2**80, {"": None}, [[[[]]]])
STREAM = "/stream"  # its answer does not end; what it is asked for: tests/web/test_live_stream.py


def requests(
    chance: random.Random, method: str, path: str, names: list[str], name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Some of what may be sent to an address: where, and with what."""
    own = address(path.replace("{token}", "x"), name or "wang", is_own=True)
    some = lambda: chance.choice(JUNK)  # noqa: E731
    yield own, {"params": {one: some() for one in (*names, "before_ms", "cursor", "limit")}}
    parts = [quote(some(), safe="") if "{" in part else part for part in path.split("/")]
    yield "/".join(parts), {}
    if method == "GET":
        return
    yield own, {"data": {one: some() for one in (*names, *FIELDS)}}
    values = [*JUNK, *JSONS, float("1e300")]
    yield own, {"json": {one: chance.choice(values) for one in (*names, *FIELDS)}}
    yield own, {"json": chance.choice(JSONS)}
    kinds = ("application/json", "multipart/form-data; boundary=x", "image/jpeg", "text/plain", "x")
    raw = chance.choice((b"", b"{", DEEP.encode(), b"\xff\xfe\x00", b"--x\r\n\r\n", b"a=%ff&" * 99))
    yield own, {"content": raw, "headers": {"content-type": chance.choice(kinds)}}
    hostile = f'../{chance.choice(TEXTS)}".jpg'.replace("\x00", "\\0")
    yield (
        own,
        {"files": {chance.choice(("photo", "file", "")): (hostile, raw, chance.choice(kinds))}},
    )


async def sent(
    client: httpx.AsyncClient, method: str, path: str, more: dict[str, Any]
) -> tuple[int, str]:
    """The status, and what the answer is."""
    try:
        answer = await client.request(method, path, **more)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeEncodeError, ValueError):
        return 0, ""  # no client could say that
    return answer.status_code, answer.headers.get("content-type", "")


@pytest.mark.parametrize("name", WHO)
async def test_whatever_is_sent_is_answered(name: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", time.time()))
    print(f"SEED={seed} pytest {__file__}")
    chance = random.Random(f"{seed} {name}")  # noqa: S311 - a story
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        names = {
            (method, route.path): _names(route)
            for route in iter_route_contexts(site.console.app.routes)
            for method in route.methods or ()
        }
        wrong, slow = [], []
        async with site.browser(name) as client:
            for method, path in RULES:
                if path == STREAM:
                    continue
                cases = list(requests(chance, method, path, names[method, path], name))
                for where, more in cases if ALL else chance.sample(cases, chance.random() < SHARE):
                    began = time.process_time()
                    status, kind = await sent(client, method, where, more)
                    what = f"{method} {where[:200]} {str(more)[:300]}"
                    if status >= 500 or (status >= 400 and path.startswith(API) and "html" in kind):
                        wrong.append((status, what))
                    if (took := time.process_time() - began) > 1:
                        slow.append((took, what))
                if (name and "sign-out" in f"{path}{method}") or "sign_out" in path:
                    client.cookies.clear()
                    fresh = site.token(name) if name else ""
                    client.cookies.set("menshen_session", fresh, domain="menshen.test")
            assert (await client.get("/sign-in")).status_code in (200, 303)
        assert wrong == []
        assert slow == [], "of the processor's time"


async def test_whatever_a_household_sends_is_answered(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", time.time()))
    print(f"SEED={seed} pytest {__file__}")
    chance = random.Random(seed)  # noqa: S311 - a story
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        app = site.console.app
        contexts = list(iter_route_contexts(app.routes))
        names = {(m, r.path): _names(r) for r in contexts for m in r.methods or ()}
        async with household_phone(app, base="http://menshen.test") as phone:
            assert (await phone.enters(new_code(site.store, "d0"))).status_code == 200
            for method, path in RULES:
                if not path.startswith("/r") or path == "/r/leave":
                    continue
                known = names[method, path]
                cases = list(requests(chance, method, path, known, "wang"))
                for where, more in cases if ALL else [chance.choice(cases)]:
                    if isinstance(more.get("data"), dict):
                        more["data"]["key"] = phone.key  # as its own page would
                    status, _ = await sent(phone.client, method, where, more)
                    assert status < 500, (method, where, json.dumps(more, default=repr)[:500])


def _names(route: Any) -> list[str]:
    """The names that an address declares in its query and its form."""
    original = getattr(route, "original_route", route)
    if not isinstance(original, APIRoute):
        return []
    found, left = list[str](), [original.dependant]
    while left:
        one = left.pop()
        found += [param.alias for param in (*one.query_params, *one.body_params)]
        left += one.dependencies
    return found
