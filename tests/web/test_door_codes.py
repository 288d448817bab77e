"""The door's code by a program, by a plain form and on the pages: what it proves, and to whom it is
said."""

from pathlib import Path
from typing import Any

import pytest

from gateway.core.cases.arrival import WRONG_BY_ONE_MAX
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.model import CaseState, Order
from gateway.core.proof import Proof
from gateway.language.proofs import proof_line, told_line
from gateway.registry.door_codes import PREFIX
from gateway.store import case_views, journal
from gateway.web.security import CSP
from tests.manual_clock import ManualClock
from tests.web.door_labels import code_of, gets_code, order_changes
from tests.web.web_site import (
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    now_ms,
    problem_of,
)

CASE = first_case(0)
ITS, OTHERS, NOBODYS = code_of(482_719_035), code_of(7), code_of(123_456_789)


async def opened(site: Console) -> None:
    """Two doors with labels; wang has the case of the first."""
    for number, code in enumerate((ITS, OTHERS)):
        await site.seal(number)
        gets_code(site.store, f"o{number}", f"d{number}", code)
    await site.opens(0)
    await site.act(CASE, "acknowledge")


def case_of(site: Console) -> case_views.CaseRow:
    with site.store.reading() as connection:
        case = case_views.case(connection, CASE)
    assert case is not None
    return case


def journaled(site: Console) -> str:
    with site.store.reading() as connection:
        return " ".join(str(row) for row in connection.execute(journal.tables.journal.select()))


async def raw(site: Console, action: str, code: str, by: str = "wang") -> Any:
    path = f"/api/v1/cases/{CASE}/{action}"
    return await site.client.post(path, json={"code": code}, headers=acting_as(by))


async def test_the_right_code_proves_it_and_stands_nowhere_but_in_the_registry(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        answer = await site.act(CASE, "on_site", code=PREFIX + ITS)
        assert answer == {"changed": True, "proof": "proved"}
        assert case_of(site).proof is Proof.PROVED
        for path in (f"/cases/{CASE}", f"/handheld/wang/cases/{CASE}"):
            page = await site.text(path)
            assert proof_line(Proof.PROVED, "en").replace("'", "&#39;") in page
            assert ITS not in page
        assert "Somebody is at the door, proved" in await site.text("/")
        assert ITS not in journaled(site)
        listed = (await site.client.get("/api/v1/cases")).json()["open"][0]
        assert (listed["state"], listed["proof"]) == ("on_site", "proved")


WIDE = ITS.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})


@pytest.mark.parametrize("typed", [f"{ITS[:3]} {ITS[3:6]} {ITS[6:]}", f"{WIDE[:3]}-{WIDE[3:]}"])
async def test_digits_count_however_they_are_typed(typed: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        assert (await raw(site, "on_site", typed)).json()["proof"] == Proof.PROVED


@pytest.mark.parametrize(
    ("code", "proof"), [(OTHERS, Proof.OTHER_DOOR), (NOBODYS, Proof.UNKNOWN_CODE)]
)
async def test_a_wrong_code_is_told_to_her_and_on_the_case_and_names_no_door(
    code: str, proof: Proof, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        answer = (await raw(site, "on_site", code)).json()
        assert answer == {"changed": True, "proof": proof, "why": told_line(proof, "en")}
        assert case_of(site).state is CaseState.ON_SITE
        page = await site.text(f"/cases/{CASE}", "zh")
        assert page.count(proof_line(proof, "zh")) == 1
        assert "3-201" not in page
        answer = await site.act(CASE, "prove", code=ITS)
        assert answer == {"changed": True, "proof": "proved"}
        page = await site.text(f"/cases/{CASE}", "zh")
        assert proof_line(proof, "zh") in page, "the try stays in the log"
        assert page.count(proof_line(Proof.PROVED, "zh")) == 1


async def test_the_same_action_twice_is_answered_alike(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        once = await site.act(CASE, "on_site", code=OTHERS, action_id="a-1")
        again = await site.act(CASE, "on_site", code=OTHERS, action_id="a-1")
        assert isinstance(once, dict)
        assert isinstance(again, dict)
        assert (again["proof"], again["why"]) == (once["proof"], once["why"])


async def test_an_old_orders_code_counts_for_what_was_done_before_the_new_one_began(
    tmp_path: Path,
) -> None:
    clock = ManualClock(now_ms())
    async with console(new_store(tmp_path), clock) as site:
        await opened(site)
        clock.advance(10 * MINUTE_MS)
        await order_changes(
            site, "d0", Order("new", clock.now_ms(), clock.now_ms() + HOUR_MS), NOBODYS
        )
        clock.advance(5 * MINUTE_MS)
        late = await site.act(CASE, "on_site", code=ITS, age_ms=8 * MINUTE_MS)
        assert isinstance(late, dict)
        assert late["proof"] == Proof.PROVED


async def test_a_label_of_an_earlier_order_proves_nothing_and_says_so(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), ManualClock(now_ms())) as site:
        await opened(site)
        await order_changes(site, "d0", Order("new", now_ms(), now_ms() + HOUR_MS), NOBODYS)
        answer = (await raw(site, "on_site", ITS)).json()
        assert (answer["proof"], answer["why"]) == (
            Proof.OTHER_ORDER,
            told_line(Proof.OTHER_ORDER, "en"),
        )


async def test_digits_that_do_not_check_are_no_try_and_change_nothing(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        for wrong in (f"{ITS[:9]}{(int(ITS[9]) + 1) % 10}", "12", "menshen:seal:0011", "x" * 64):
            answer = await raw(site, "on_site", wrong)
            assert problem_of(answer, 422) == {}
            assert "one of them is wrong" in answer.json()["detail"]
        assert case_of(site).state is CaseState.ACKNOWLEDGED
        assert (await raw(site, "on_site", "9" * 65)).status_code == 422


async def test_whoever_guesses_is_told_so_and_stopped(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        await site.act(CASE, "on_site")
        for number in range(WRONG_BY_ONE_MAX):
            answer = (await raw(site, "prove", code_of(number + 100))).json()
            assert answer["proof"] == Proof.UNKNOWN_CODE
        refused = await site.act(CASE, "prove", code=ITS)
        assert isinstance(refused, dict)
        assert refused["reason"] == "too_many_codes"
        assert journaled(site).count("arrival_proved") >= WRONG_BY_ONE_MAX + 1


async def test_a_plain_form_takes_the_digits_and_says_when_one_is_wrong(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await opened(site)
        page = await site.text(f"/handheld/wang/cases/{CASE}")
        assert 'name="code"' in page
        path = f"/handheld/wang/cases/{CASE}/on_site"
        answer = await site.client.post(path, data={"code": "1234567890"})
        assert answer.status_code == 422
        answer = await site.client.post(path, data={"code": ITS})
        assert answer.status_code == 303
        assert case_of(site).proof is Proof.PROVED


async def test_where_no_label_can_hang_nothing_is_asked_for(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        page = await site.text(f"/handheld/wang/cases/{CASE}")
        assert 'name="code"' not in page
        assert "data-scan" not in page
        assert "I am at the door" in page


async def test_only_the_handhelds_pages_may_run_what_reads_a_code(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        hers = (await site.client.get("/handheld/wang")).headers["content-security-policy"]
        assert "'wasm-unsafe-eval'" in hers
        assert hers.replace(" 'wasm-unsafe-eval'", "") == CSP
        for path in ("/", "/cases", "/inbox/wang", "/static/handheld/scan.js", "/handheldx"):
            policy = (await site.client.get(path)).headers["content-security-policy"]
            assert policy == CSP, path
        wasm = await site.client.get(
            "/static/vendor/zxing_reader.wasm", headers={"accept-encoding": "gzip"}
        )
        assert wasm.headers["content-type"] == "application/wasm"
        assert wasm.headers["content-encoding"] == "gzip"
