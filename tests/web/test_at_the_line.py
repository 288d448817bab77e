"""A household at the line: all that its page does, a warden books as said by it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.events import ReportCame
from gateway.core.households.model import RecordKind, RequestState, Way
from gateway.core.model import Contact
from gateway.core.subject import of_door
from gateway.registry import consents
from gateway.registry.consents import Consent
from gateway.store import case_views, household_views
from gateway.web.access_rules import HOUSEHOLD, RULES
from tests.web.signed_in import signed_in_site
from tests.web.web_site import HOUR_MS, Console, console, new_store, now_ms, seal_id

LINE = "/doors/d0/household"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    """One household under an order, at a site whose ground is consent."""
    async with console(new_store(tmp_path, 1), household={"ground": "consent"}) as found:
        await found.seal(0)
        yield found


def given(site: Console) -> list[Consent]:
    with site.store.reading() as connection:
        return consents.given(connection, "d0", "o0")


async def presses(site: Console, act: str, **fields: str) -> int:
    return (await site.client.post(f"{LINE}/{act}", data=fields)).status_code


def test_whatever_a_page_does_is_done_at_the_line_too() -> None:
    """Nobody adds a form to the household's page and forgets who has no phone for it."""
    of_page = {path for path in HOUSEHOLD["POST"] if path not in ("", "/leave")}
    at_line = {path for _, path in RULES if path.startswith("/doors/{door_id}/household/")}
    assert of_page <= {path.removeprefix("/doors/{door_id}/household") for path in at_line}


async def test_consent_is_given_and_taken_back_by_telephone_and_dated(site: Console) -> None:
    assert "They have heard the notice and agree" in await site.text(LINE)
    assert await presses(site, "consent/give") == 303
    assert await presses(site, "consent/give") == 303, "twice is once"
    (one,) = given(site)
    assert (one.given_ms, one.given_by) == (now_ms(), Way.TELEPHONE)
    site.clock.advance(HOUR_MS)  # type: ignore[attr-defined] # a manual one
    assert "收回同意" in await site.text(LINE, "zh")
    assert await presses(site, "consent/withdraw") == 303
    assert await presses(site, "consent/withdraw") == 303
    (one,) = given(site)
    assert (one.withdrawn_ms, one.withdrawn_by) == (now_ms() + HOUR_MS, Way.TELEPHONE)
    with site.store.reading() as connection:
        (task,) = household_views.requests_of(connection, "d0", 10)
    assert "take the seal down" in task.words
    assert task.said_way is Way.TELEPHONE
    page = re.sub(r"\s+", " ", await site.text(LINE))
    assert page.count("by telephone") >= 2


async def test_at_a_site_of_another_ground_nobody_is_asked(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, 1)) as site:
        await site.seal(0)
        assert "Their consent" not in await site.text(LINE)
        assert await presses(site, "consent/give") == 404
        assert given(site) == []


async def test_what_is_needed_no_more_and_the_hours_of_quiet_are_booked(site: Console) -> None:
    assert await presses(site, "ask", kind="food") == 303
    with site.store.reading() as connection:
        (task,) = household_views.requests_of(connection, "d0", 10)
    assert "Not needed any more" in await site.text(LINE)
    assert await presses(site, "ask/withdraw", request_id=task.request_id) == 303
    with site.store.reading() as connection:
        (task,) = household_views.requests_of(connection, "d0", 10)
    assert task.state is RequestState.WITHDRAWN
    assert await presses(site, "quiet", from_min="1320", to_min="420") == 303
    assert site.engine.state.doors["d0"].quiet == ((1320, 420),)
    assert "22:00 – 07:00" in await site.text(LINE)
    assert await presses(site, "quiet") == 303
    assert site.engine.state.doors["d0"].quiet == ()


async def test_a_case_of_no_opening_is_contested_at_the_line_too(site: Console) -> None:
    """That somebody touched the seal is a record as an opening is."""
    touched = ReportCame(seal_id(0), 0, Contact.SHUT, 0, False, cover=True)
    await site.engine.submit(of_door("d0"), touched)
    with site.store.reading() as connection:
        (case,) = case_views.cases_at(connection, "d0", 10)
    assert case.case_id in await site.text(LINE)
    assert await presses(site, "dispute", record="case", record_id=case.case_id) == 303
    with site.store.reading() as connection:
        (dispute,) = household_views.disputes_of(connection, "d0", 10)
    assert (dispute.record, dispute.said_way) == (RecordKind.CASE, Way.TELEPHONE)


async def test_who_booked_a_consent_stands_in_the_audit(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path, household={"ground": "consent"}) as site:
        await site.console.seal(0)
        for name, status in (("li", 404), ("wang", 303)):
            answer = await site.asks(name, "POST", f"{LINE}/consent/give")
            assert answer.status_code == status, name
        noted = [(one[0], one[1]) for one in site.noted() if one[4] == 303]
        assert noted == [("wang", "POST /doors/{door_id}/household/consent/give")]
