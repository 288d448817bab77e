"""Records that are kept beyond their time: on the console by a named person, and who sees it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, select, type_coerce

from gateway.core.events import OrderPlaced
from gateway.core.model import SURE, Order
from gateway.core.schedule_of_ends import Limits, Stage, Term, stage
from gateway.core.subject import of_door
from gateway.ending import holds
from gateway.ending.holds import HeldRow
from gateway.keys.sealed_text import key_of
from gateway.store.ending_tables import holds as rows
from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site
from tests.web.web_site import HOUR_MS, Console, first_case, now_ms

DAY_MS = 24 * HOUR_MS
WHY = "a court has asked for it"


def day(site: Console, ahead: int) -> str:
    """The day so many from now, as a form sends it."""
    return site.day(ahead)


def known(site: Console, order_id: str = "o0") -> list[HeldRow]:
    """All holds of an order, read as people do."""
    with site.store.reading() as connection:
        return holds.of_order(connection, order_id)


async def holds_it(site: Console, **more: Any) -> int:
    """Press the form; the status of the answer."""
    form = {"by": "Cao Min", "why": WHY, "until": day(site, 30), "offered": "00" * 8} | more
    return (await site.client.post("/doors/d0/orders/o0/hold", data=form)).status_code


async def test_a_hold_is_made_seen_extended_and_lifted(site: Console) -> None:
    await site.opens(0)
    await site.engine.idle()
    assert await holds_it(site) == 303
    assert await holds_it(site) == 303, "the same form twice is one hold"
    (held,) = known(site)
    assert (held.by, held.why, held.made_ms) == ("Cao Min", WHY, now_ms())
    for path in ("/holds", "/doors/d0/holds", "/doors/d0", f"/cases/{first_case(0)}"):
        for language, words in (("en", "Kept beyond its time"), ("zh", "超期留存")):
            page = await site.text(path, language)
            assert WHY in page, path
            assert "Cao Min" in page, path
            assert words in page, path
    assert WHY not in await site.text("/doors/d1")
    longer = {"by": "Li Hua", "why": "the appeal runs", "until": day(site, 60)}
    path = f"/doors/d0/holds/{held.hold_id}"
    assert f'value="{day(site, 61)}"' in await site.text("/doors/d0/holds"), (
        "a later day is offered"
    )
    sooner = await site.client.post(f"{path}/extend", data=longer | {"until": day(site, 2)})
    assert sooner.status_code == 422
    nameless = await site.client.post(f"{path}/extend", data=longer | {"by": " "})
    assert nameless.status_code == 422
    assert known(site) == [held], "what cannot be extended goes on as it was"
    assert (await site.client.post(f"{path}/extend", data=longer)).status_code == 303
    before, after = sorted(known(site), key=lambda one: one.until_ms)
    assert (before.ended_ms, before.by) == (now_ms(), "Cao Min"), "what was said stays as it was"
    assert (after.by, after.why, after.ended_ms) == ("Li Hua", "the appeal runs", None)
    assert (await site.client.post(f"{path}/extend", data=longer)).status_code == 422
    lifted = await site.client.post(f"/doors/d0/holds/{after.hold_id}/lift")
    assert lifted.status_code == 303
    page = await site.text("/doors/d0/holds")
    assert "Held before" in page
    assert "Nobody holds it." in page
    assert "the appeal runs" not in await site.text("/doors/d0")


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": " "},
        {"why": " "},
        {"until": "soon"},
        {"until": "2020-01-01"},
        {"until": "2099-01-01"},
        {"until": ""},
        {"by": "x" * 65},
        {"by": "\u200b\u2060"},
        {"why": "\u3000\ufeff"},
        {"why": "x" * 301},
    ],
)
async def test_a_hold_without_a_name_a_reason_or_an_end_is_none(
    site: Console, wrong: dict[str, str]
) -> None:
    assert await holds_it(site, **wrong) == 422
    assert known(site) == []


async def test_so_many_hold_one_order_and_no_more(site: Console) -> None:
    for number in range(holds.OF_ORDER_MAX):
        assert await holds_it(site, offered=f"{number:016x}") == 303
    assert await holds_it(site, offered="f" * 16) == 422
    assert len(known(site)) == holds.OF_ORDER_MAX


async def test_what_else_is_held_by_an_old_page_is_another_hold(site: Console) -> None:
    """All forms of a page had one id: whoever said another reason, or held again what was lifted
    meanwhile, read that it is held, and it was not."""
    assert await holds_it(site) == 303
    for other in ({"why": "a complaint runs"}, {"until": day(site, 31)}, {"by": "Li Hua"}):
        assert [await holds_it(site, **other) for _ in range(2)] == [303, 303]
    assert len(known(site)) == 4
    first = next(one.hold_id for one in known(site) if one.why == WHY)
    again = {"by": "Li Hua", "why": "the appeal runs", "until": day(site, 60), "offered": "00" * 8}
    path = f"/doors/d0/holds/{first}"
    assert (await site.client.post(f"{path}/extend", data=again)).status_code == 303
    (extended,) = (one for one in known(site) if one.why == "the appeal runs")
    await site.client.post(f"/doors/d0/holds/{extended.hold_id}/lift")
    assert await holds_it(site, why="the appeal runs", by="Li Hua", until=day(site, 60)) == 303
    (held,) = (one for one in known(site) if one.why == "the appeal runs" and not one.ended_ms)
    await site.client.post(f"/doors/d0/holds/{held.hold_id}/lift")
    assert await holds_it(site, why="the appeal runs", by="Li Hua", until=day(site, 60)) == 303
    assert sum(one.is_living(now_ms()) for one in known(site)) == 4


async def test_nobody_holds_or_lifts_another_household_s(site: Console) -> None:
    assert await holds_it(site) == 303
    (held,) = known(site)
    for path in (f"/doors/d1/holds/{held.hold_id}/lift", "/doors/d0/holds/none/lift"):
        assert (await site.client.post(path)).status_code == 404
    form = {"by": "Cao Min", "why": WHY, "until": day(site, 30)}
    other = await site.client.post("/doors/d1/orders/o0/hold", data=form)
    assert other.status_code == 404
    assert known(site) == [held]


async def test_its_household_reads_it_and_it_stays_while_it_is_held(site: Console) -> None:
    """Also once the order is over: the page then says that, and nothing else."""
    assert await holds_it(site, why="法院调取") == 303
    (held,) = known(site)
    async with household_phone(site.app) as phone:
        assert (
            "Cao Min answers for that: 法院调取"
            in (await phone.enters(new_code(site.store, "d0"))).text
        )
        told = (await phone.client.get("/r/file")).json()["held"]
        assert [one["why"] for one in told] == ["法院调取"]
        await site.engine.submit(of_door("d0"), OrderPlaced(Order("o0", 0, now_ms())))
        assert "Cao Min answers for that" in (await phone.opens("/r/home")).text
        term, late_ms = Term("o0", "d0", 0, now_ms()), now_ms() + 20 * DAY_MS
        with site.store.reading() as connection:
            terms = holds.terms(connection, now_ms())
        assert stage(term, terms, Limits(), SURE, late_ms) is Stage.OVER
        await site.client.post(f"/doors/d0/holds/{held.hold_id}/lift")
        assert "Cao Min" not in (await phone.opens("/r/home")).text
        with site.store.reading() as connection:
            terms = holds.terms(connection, now_ms())
        assert stage(term, terms, Limits(), SURE, late_ms) is Stage.ALL


async def test_the_reason_is_sealed_with_its_order_s_key(site: Console) -> None:
    assert await holds_it(site) == 303
    with site.store.reading() as connection:
        (stored,) = connection.execute(select(type_coerce(rows.c.why, Text()))).scalars()
    key_id = key_of(stored)
    assert key_id is not None
    assert WHY not in stored
    site.store.keys.destroy(key_id)
    assert WHY not in await site.text("/holds")


async def test_who_signed_in_answers_for_it_and_the_audit_says_so(tmp_path: Path) -> None:
    """No name is typed there, so nobody can name another; and no warden holds anything."""
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        form = {"why": WHY, "until": site.console.day(30), "by": "Somebody Else"}
        for name, status in (("wang", 403), ("aud", 403), ("cao", 404), ("cai", 303)):
            answer = await site.asks(name, "POST", "/doors/d0/orders/o0/hold", data=form)
            assert answer.status_code == status, name
        (held,) = known(site.console)
        assert held.by == "Cai"
        for name, status in (("wang", 403), ("aud", 200), ("cao", 404), ("desk", 200)):
            assert (await site.asks(name, "GET", "/doors/d0/holds")).status_code == status, name
        assert WHY not in (await site.asks("cao", "GET", "/holds")).text, "of another grid"
        assert WHY in (await site.asks("cai", "GET", "/holds")).text
        noted = [one[1] for one in site.noted() if one[0] == "cai" and one[4] == 303]
        assert noted == ["POST /doors/{door_id}/orders/{order_id}/hold"]


async def test_what_is_held_longer_than_promised_says_who_answers_for_it(site: Console) -> None:
    until_ms = now_ms() + 30 * DAY_MS
    with site.store.writing() as connection:
        holds.hold(connection, "o0", "Cao Min", "a court has asked for it", until_ms, now_ms())
        holds.hold(connection, "o1", "Cao Min", "another home", until_ms, now_ms())
    async with household_phone(site.app) as phone:
        await phone.enters(new_code(site.store, "d0"))
        for over in (False, True):
            if over:
                await site.engine.submit(of_door("d0"), OrderPlaced(Order("o0", 0, now_ms())))
            page = (await phone.opens("/r/home")).text
            assert "Cao Min answers for that: a court has asked for it" in page
            assert "another home" not in page
