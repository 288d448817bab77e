"""Whatever goes wrong is a problem (RFC 9457) to a program, with what helps it on."""

from pathlib import Path

import httpx
import pytest

from gateway.accounts.sessions import Kind
from gateway.engine.engine import Engine
from gateway.store.database import Store, StoreError
from gateway.web import security
from gateway.web.api import reading
from tests.web.signed_in import signed_in_site
from tests.web.web_site import acting_as, console, first_case, new_store, problem_of


async def test_what_is_not_there_and_what_cannot_be_done_there(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for path in ("/api/v1/none", "/api/v1", "/api/doors", "/api/v2/doors"):
            assert problem_of(await site.client.get(path), 404) == {}, path
        for method, path, allowed in (
            ("DELETE", "/api/v1/doors", "GET, HEAD"),
            ("POST", "/api/v1/cases", "GET, HEAD"),
            ("GET", "/api/v1/doors/d0/permits", "POST"),
            ("PUT", f"/api/v1/cases/{first_case(0)}/report", "POST"),
        ):
            answer = await site.client.request(method, path)
            assert problem_of(answer, 405) == {}, path
            assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 20_000, 413),
        (b"[" * 16_000, 422),  # nested deeper than anything that we read
        (b"\xff{", 422),
        (b'{"age_ms": 1e400}', 422),
        (b'{"action_id": "\\ud800"}', 422),
        (b'{"age_ms": ' + b"9" * 6_000 + b"}", 422),
        (b'"acknowledge"', 422),
        (b'{"by": "li"}', 422),
    ],
)
async def test_a_body_that_cannot_be_is_refused(body: bytes, status: int, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        for path in (f"/api/v1/cases/{first_case(0)}/acknowledge", "/api/v1/doors/d0/permits"):
            answer = await site.client.post(path, content=body, headers=acting_as("wang"))
            assert answer.status_code in (status, 400 if "permits" in path else status), path
            assert problem_of(answer, answer.status_code) == {}


async def test_what_does_not_answer_now_says_when_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(new_store(tmp_path)) as site:

        def broken(_: Store) -> None:
            raise StoreError("the disk is on fire")

        with monkeypatch.context() as patched:
            patched.setattr(Engine, "is_heard", lambda _: False)
            answer = await site.client.get("/api/v1/health")
            assert (problem_of(answer, 503), answer.headers["retry-after"]) == ({}, "10")
        monkeypatch.setattr(Store, "reading", broken)
        for path in ("/api/v1/doors", "/cases"):
            answer = await site.client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def test_our_own_fault_is_a_problem_too_and_raised_for_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(new_store(tmp_path)) as site:

        async def broken(_: object) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(reading, "report", broken)
        with pytest.raises(RuntimeError, match="a fault of ours"):
            await site.client.get("/api/v1/health")
        transport = httpx.ASGITransport(app=site.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/api/v1/health")
        assert problem_of(answer, 500) == {}
        assert "a fault of ours" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nobody_and_a_half_signed_in_are_told_so_and_not_sent_to_a_page(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        for token in ("", site.token("desk", Kind.CODE)):
            async with site.browser(token=token) as client:
                for path in ("/api/v1/doors", "/api/v1/openapi.json"):
                    answer = await client.get(path)
                    assert problem_of(answer, 401) == {}
                    assert answer.headers["www-authenticate"] == "Bearer"
        assert problem_of(await site.asks("adm", "GET", "/api/v1/doors"), 403) == {}


async def test_a_token_that_reads_only_does_nothing_else(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as client:
        await site.console.seal(0)
        await site.console.opens(0)
        client.headers["authorization"] = f"Bearer {site.token('inst', Kind.READER)}"
        cases = await client.get("/api/v1/cases")
        assert [case["case_id"] for case in cases.json()["open"]] == [first_case(0)]
        refused = await client.post(f"/api/v1/cases/{first_case(0)}/acknowledge")
        assert problem_of(refused, 403) == {}
        assert (await client.get("/api/v1/cases")).json() == cases.json()


async def test_a_token_that_runs_wild_is_refused_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "TOKEN_RATE", (0.001, 3.0))
    async with signed_in_site(tmp_path) as site, site.browser() as client:

        async def asks(token: str) -> httpx.Response:
            return await client.get("/api/v1/doors", headers={"authorization": f"Bearer {token}"})

        wild, calm = (site.token("inst", Kind.PROGRAM) for _ in range(2))
        statuses = [(await asks(wild)).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = await asks(wild)
        assert problem_of(refused, 429) == {}
        assert refused.headers["retry-after"] == str(security.TOKEN_WAIT_S)
        assert (await asks(calm)).status_code == 200
        assert (await site.asks("wang", "GET", "/api/v1/doors")).status_code == 200
