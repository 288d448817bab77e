"""Texts to households that told nobody, at the desk: which homes, the latest first."""

import re
from pathlib import Path

from gateway.store import tables
from gateway.store.database import Store
from gateway.web.pages.requests import UNTOLD_MAX, UNTOLD_MS
from tests.web.signed_in import signed_in_site
from tests.web.web_site import HOUR_MS, console, new_store, now_ms

TEXT = {
    "page_id": "p",
    "case_id": "",
    "channel": "household",
    "reason": "health_unsaid",
    "since_ms": now_ms(),
    "next_ms": now_ms(),
    "gave_up": True,
    "ended": "nobody",
}


def told_nobody(store: Store, made: dict[str, int], **more: object) -> None:
    """At these doors a text should have gone out at these times, and nobody had a number."""
    with store.writing() as connection:
        for door_id, made_ms in made.items():
            row = {"door_id": door_id, "made_ms": made_ms, "address": door_id}
            connection.execute(tables.outbox.insert(), TEXT | row | more)


def section(page: str, heading: str = "Texts that told nobody") -> str:
    """What stands below the heading; nothing where it is not there."""
    return page.partition(f"<h2>{heading}</h2>")[2].partition("</section>")[0]


async def test_the_latest_homes_are_named_each_once_and_lead_on_to_the_others(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path, UNTOLD_MAX + 3)
    made = {f"d{n}": now_ms() - n * HOUR_MS for n in range(UNTOLD_MAX + 2)}
    told_nobody(store, made)
    told_nobody(store, {"d1": now_ms() - 1}, reason="silent_after_opening")  # told twice, one home
    told_nobody(store, {f"d{UNTOLD_MAX + 2}": now_ms() - UNTOLD_MS - 1})  # that is long past
    async with console(store) as site:
        page = section(await site.text("/requests"))
        homes = re.findall(r'href="/doors/(d[0-9]+)"', page)
        assert homes == [f"d{n}" for n in range(UNTOLD_MAX)]
        assert page.count("<li>") == UNTOLD_MAX
        assert "Is the door shut?" in page, "of a home that was to be told twice the latest"
        assert ">更早<" in section(await site.text("/requests", "zh"), "没有通知到任何人的短信")
        (older,) = re.findall(r'href="([^"]+)">Older<', page)
        rest = section(await site.text(older.partition("#")[0]))
        named = re.findall(r'href="/doors/(d[0-9]+)"', rest)
        assert named == [f"d{UNTOLD_MAX}", f"d{UNTOLD_MAX + 1}"]
        assert "Older" not in rest


async def test_where_every_text_told_somebody_or_went_to_another_grid_there_is_no_list(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        told_nobody(site.store, {"d2": now_ms()})  # of the second grid
        told_nobody(site.store, {"d0": now_ms()}, ended=None, gave_up=False, done_ms=now_ms())
        for name, doors in (("cai", []), ("cao", ["d2"]), ("desk", ["d2"])):
            page = section((await site.asks(name, "GET", "/requests")).text)
            assert re.findall(r'href="/doors/(d[0-9]+)"', page) == doors, name
