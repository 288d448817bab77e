"""After years no page, no list and no answer of the API goes through what is over for what goes on:
not for a centre, not for a captain whose grid is small, and not for a household."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx

from gateway.accounts.sessions import Kind
from gateway.core.duration import DAY_MS
from gateway.core.events import OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import of_door
from gateway.web.access_rules import HOUSEHOLD
from tests.web.households import household_phone, new_code
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_keyboard import of_all_trades
from tests.web.test_role_matrix import CHECKED, address, furnished
from tests.web.web_site import now_ms
from tests.web.years import OF_ACCOUNTS, OF_SITE, Steps, counted, grow

STEPS_MAX = 35_000  # of one answer, where to pass over one row takes four at least
STATEMENTS_MAX = 60
# What goes through more, and why.
MAY = {
    "/r/file": "all that is known of a household: its own rows, and those of nobody else",
}
NOTHING_THERE = {"seal_certificates", "holds", "photos", "corrections", "invitations"}
LOOKED_FOR = ("/audit?account=li", "/audit?about=door+d0", "/audit?about=person+li", "/?q=3-101")


async def test_after_years_no_answer_goes_through_what_is_over(tmp_path: Path) -> None:
    with counted() as steps:
        async with signed_in_site(tmp_path) as site:
            await lived(site)
            async with (
                site.browser(token=site.token("wang", Kind.DESK)) as hers,
                site.browser("cao") as small,
                household_phone(site.console.app) as phone,
            ):
                await phone.enters(new_code(site.store, "d0"))
                reads = {path for method, path in CHECKED if method == "GET"}
                own = {path: address(path, "wang", is_own=True) for path in reads}
                own |= {path: path for path in LOOKED_FOR}
                theirs = {path: address(path, "cao", is_own=False) for path in reads}
                at_home = {f"/r{path}": f"/r{path}" for path in HOUSEHOLD["GET"]}
                found = await costs(steps, hers, own)
                found |= await costs(steps, small, theirs)
                found |= await costs(steps, phone.client, at_home)
            assert passes_over_all(steps, site) > STEPS_MAX
    assert len(found) > 100
    wrong = {
        key: cost
        for key, cost in found.items()
        if (cost[0] > STEPS_MAX and key[1] not in MAY) or cost[1] > STATEMENTS_MAX
    }
    assert wrong == {}


async def lived(site: Site) -> None:
    """Years are behind it, of most households' things those of one; its order is of yesterday."""
    await furnished(site)
    order = Order("o0", now_ms() - DAY_MS, now_ms() + DAY_MS)
    await site.engine.submit(of_door("d0"), OrderPlaced(order))
    of_all_trades(site)
    for path in ("/doors/d0", "/cases", "/wardens/wang"):  # whose looks are copied
        assert (await site.asks("desk", "GET", path)).status_code == 200
    empty = await asyncio.to_thread(grow, site.store.path, OF_SITE)
    empty |= await asyncio.to_thread(grow, site.accounts.path, OF_ACCOUNTS)
    assert empty == NOTHING_THERE


def passes_over_all(steps: Steps, site: Site) -> int:
    """What one pass over a table costs here: what is measured would show it."""
    with site.store.reading() as connection:
        before = steps.count
        query = "SELECT count(*) FROM cases WHERE since_ms + 0 = 1"
        assert connection.exec_driver_sql(query).scalar() == 0
        return steps.count - before


async def costs(
    steps: Steps, client: httpx.AsyncClient, ways: Mapping[str, str]
) -> dict[tuple[int, str], tuple[int, int]]:
    """The steps and statements of each answer, by who asked and the pattern of its address."""
    found = {}
    for path, where in ways.items():
        before = steps.count, steps.statements
        assert (await client.get(where)).status_code < 500, path
        found[id(client), path] = steps.count - before[0], steps.statements - before[1]
    return found
