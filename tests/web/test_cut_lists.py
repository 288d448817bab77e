"""Every list that has a limit, filled beyond it: it says so, and the rest is reached from there.

A table: of each limit either how one walks on from part to part until all was seen, or the sentence
that says what is not listed, and where it is. Whatever limit a room of pages gets is named here.
"""

import ast
import html
import importlib
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from sqlalchemy import insert, select

from gateway.accounts import persons
from gateway.accounts.roles import Role
from gateway.core.evidence import Ended
from gateway.core.reasons import Reason
from gateway.store import case_log, tables
from gateway.store.household_tables import disputes, requests
from gateway.updates import kept
from tests.updates.releases import made
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import HOUR_MS, first_case, now_ms, seal_id

MANY: Final = 5
CASE: Final = f"/cases/{first_case(0)}"
WEB: Final = Path(importlib.import_module("gateway.web").__file__ or "").parent
ONWARDS: Final = re.compile(r'href="([^"]*)"[^>]*>(?:Next|Older|and \d+ more)<')


class Walk(NamedTuple):
    """One goes on from part to part. `part`: in what of the page; `item`: what names an entry."""

    who: str
    path: str
    item: str
    all: set[str]
    part: str = ""


class Says(NamedTuple):
    """A sentence says that this is not all, and what leads to the rest stands beside it."""

    who: str
    path: str
    sentence: str
    leads: str = ""


def _named(prefix: str) -> set[str]:
    return {f"{prefix}{n}" for n in range(MANY)}


DOORS: Final = {f"d{n}" for n in range(4)}
LIMITS: Final[dict[tuple[str, str], Walk | Says]] = {
    ("pages.accounts", "LISTED_MAX"): Walk("adm", "/accounts", r"<h2>(robot\d)<", _named("robot")),
    ("pages.tokens", "LISTED_MAX"): Walk("adm", "/tokens", r"<h2[^>]*>(robot\d)<", _named("robot")),
    ("pages.audit", "LISTED_MAX"): Walk(
        "aud", "/audit?account=desk", r"number\">(\d+)<", {"1", "2", "3"}
    ),
    ("pages.audit", "OFFERED_MAX"): Says(
        "aud", "/audit", r"Of \d+ accounts the first 2 are offered; any other can be typed\."
    ),
    ("pages.wardens", "LISTED_MAX"): Walk(
        "adm", "/wardens", r'href="/wardens/(\w+)"', {"wang", "li", "deng", "cai", "ding", "cao"}
    ),
    ("pages.wardens", "WARDENS_MAX"): Says(
        "adm", "/wardens", r"Only the first 2 people were looked through", '<option value="g2">'
    ),
    ("pages.cases", "DELIVERIES_MAX"): Says(
        "cai", CASE, r"The latest 2 of 7\.", f'href="/api/v1{CASE}/deliveries?limit=1000"'
    ),
    ("pages.cases", "LOG_MAX"): Says("cai", CASE, r"6 things that were done earlier"),
    ("handheld.tasks", "LOG_MAX"): Says(
        "wang", f"/handheld/wang{CASE}", r"6 things that were done earlier"
    ),
    ("handheld.shared_reads", "DELIVERIES_MAX"): Says(
        "wang", f"/handheld/wang{CASE}", r"As far as the latest 2 pages of this case tell"
    ),
    ("pages.commission", "LISTED_MAX"): Walk(
        "inst", "/commission", r'href="/doors/(d\d)/walk-test"', {"d0", "d1"}
    ),
    ("pages.health", "SEALS_MAX"): Walk("eng", "/health", r'href="/doors/(d\d)"', DOORS, "seals"),
    ("pages.updates", "SEALS_MAX"): Walk("eng", "/updates", r"<code>(\w{16})<", set()),
    ("pages.requests", "SHOWN_MAX"): Walk(
        "desk", "/requests", r"(asked\d)", _named("asked"), "matters-requests"
    ),
    ("pages.requests", "DONE_MAX"): Walk("desk", "/requests", r"(over\d)", _named("over"), "over"),
    ("pages.requests", "UNTOLD_MAX"): Walk(
        "desk", "/requests", r'href="/doors/(d\d)"', DOORS, "untold"
    ),
    ("pages.requests", "WARDENS_MAX"): Says(
        "desk", "/requests", r"Only the first 2 people are offered; anybody else takes it"
    ),
    ("case_lists", "LISTED_MAX"): Walk(
        "desk", "/cases", r'href="/cases/(a1b2[^"]+)"', {first_case(n) for n in range(4)}, "open"
    ),
}
# What is no list of a page, or is one whose words another test reads.
OTHERS: Final[dict[tuple[str, str], str]] = {
    ("handheld.tasks", "OPENINGS_MAX"): "what SPENT_MAX is looked for among",
    ("handheld.tasks", "SPENT_MAX"): "says that they are the latest; the door's page has all",
    ("handheld.tasks", "KEPT_MAX"): "pages that a phone keeps",
    ("pages.audit", "ANCHORS_MAX"): "days for the printer: it names the command that has all",
    ("pages.cases", "CLOSED_MAX"): "test_case_lists",
    ("pages.cases", "WARDENS_MAX"): "where nobody signs in: test_long_case",
    ("pages.doors", "LISTED_MAX"): "test_long_case",
    ("pages.doors", "CASES_MAX"): "test_long_case",
    ("pages.holds", "LISTED_MAX"): "test_holds",
    ("pages.household", "OPENINGS_MAX"): "says that older ones are contested at their own page",
    ("pages.legend", "SHOWN_MAX"): "counts the others, and finds each by its name",
    ("pages.prove", "NUMBER_MAX"): "characters",
    ("pages.provider", "CODE_MAX"): "characters",
    ("pages.requests", "PHONE_MAX"): "test_requests: as SHOWN_MAX, on a phone",
    ("pages.updates", "BEGIN_MAX"): "a place",
    ("pages.wallboard", "CASES_MAX"): "test_wall: leads to the list of cases",
    ("pages.wallboard", "LOOK_UP_MAX"): "no list",
    ("pages.wardens", "PAGES_MAX"): "a place",
    ("pages.warden_inbox", "PAGES_MAX"): "pages of one part of her cases",
    ("pages.warden_inbox", "CLOSED_MAX"): "its heading says that they are of lately",
    ("pages.warden_inbox", "UNSIGNED_MAX"): "nothing that is shown",
    ("pages.warden_inbox", "NOTES_MAX"): "says that they are the latest",
    ("pages.warden_inbox", "CARD_PAGES_MAX"): "on a card; the case's page has all",
    ("case_lists", "PLACE_MAX"): "characters",
    ("inbox_parts", "CARDS_MAX"): "test_inbox_parts",
    ("inbox_parts", "CASES_MAX"): "test_inbox_parts",
}
ROOMS: Final = ("pages/*.py", "handheld/*.py", "case_lists.py", "inbox_parts.py")


def test_no_limit_is_forgotten() -> None:
    found = set[tuple[str, str]]()
    for pattern in ROOMS:
        for path in WEB.glob(pattern):
            module = ".".join(path.relative_to(WEB).with_suffix("").parts)
            for line in ast.parse(path.read_text("utf-8")).body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    found |= (
                        {(module, line.target.id)} if line.target.id.endswith("_MAX") else set()
                    )
    assert found == LIMITS.keys() | OTHERS.keys()
    assert not LIMITS.keys() & OTHERS.keys()


async def test_each_list_leads_on_or_says_where_the_rest_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = list[tuple[str, str, object]]()
    async with signed_in_site(tmp_path) as site:
        await _filled(site)
        for (module, name), list_ in LIMITS.items():
            async with site.browser(list_.who) as client:
                with monkeypatch.context() as cut:
                    cut.setattr(importlib.import_module(f"gateway.web.{module}"), name, 2)
                    if isinstance(list_, Says):
                        page = html.unescape((await client.get(list_.path)).text)
                        if not re.search(list_.sentence, page) or list_.leads not in page:
                            wrong.append((module, name, list_.sentence))
                        continue
                    seen = await _walked(client, list_)
                    if len(seen) <= 2 or not list_.all <= seen:
                        wrong.append((module, name, seen))
    assert wrong == []


async def _walked(client: Any, walk: Walk) -> set[str]:
    """What one sees who goes on until nothing leads on."""
    path, seen, parts = walk.path, set[str](), 0
    while path:
        page = (await client.get(path)).text
        if walk.part:
            page = page.partition(f'id="{walk.part}"')[2].partition("</section>")[0]
        seen |= set(re.findall(walk.item, page))
        onwards = ONWARDS.findall(page)
        path = html.unescape(onwards[-1]).partition("#")[0] if onwards else ""
        parts += 1
        assert parts < 50, walk
    return seen


async def _filled(site: Site) -> None:
    """More of everything than two."""
    for number in range(4):
        await site.console.seal(number)
        await site.console.opens(number)
    for _ in range(3):
        await site.asks("desk", "GET", "/doors/d0")
    kind = persons.Kind.PROGRAM
    with site.accounts.writing() as connection:
        for name in _named("robot"):
            persons.add(connection, name, [Role.DISPATCHER], now_ms(), kind=kind)
    with site.store.writing() as connection:
        _fill_case(connection)
        _fill_households(connection)
        seals = [
            {"seal_id": seal_id(n), "key": bytes(32), "broker_hash": "", "enrolled_ms": 1}
            for n in range(MANY)
        ]
        connection.execute(insert(tables.seals), seals)
        kept.add(connection, made(7), now_ms())
    form = {"number": "7"}
    assert (await site.asks("eng", "POST", "/updates/start", data=form)).status_code == 303
    site.clock.advance(HOUR_MS)  # type: ignore[attr-defined] # by hand; all seals are silent then
    await site.engine.idle()


def _fill_case(connection: Any) -> None:
    o = tables.outbox
    query = select(o).where(o.c.case_id == first_case(0)).limit(1)
    row = dict(connection.execute(query).mappings().one())
    connection.execute(o.delete().where(o.c.case_id == first_case(0)))
    del row["entry_id"]
    told = [row | {"page_id": f"p{n}", "sent_id": f"s{n}"} for n in range(7)]
    connection.execute(insert(o), told)
    done = {"case_id": first_case(0), "action": "acknowledge", "by": "deng"}
    late, aside = case_log.LATE_REFUSALS, case_log.DETOURS
    for n in range(MANY):
        at = {"action_id": f"a{n}", "done_ms": now_ms() + n, "arrived_ms": now_ms() + n}
        connection.execute(insert(late), done | at | {"reason": "closed"})
        beside = {"action": "hand_over", "to": "wang", "outcome": "", "note": ""}
        connection.execute(insert(aside), done | at | beside)


def _fill_households(connection: Any) -> None:
    its = {"household_id": "d0", "door_id": "d0", "grid_id": "g1", "order_id": "o0"}
    its |= {"said_way": "page", "moved_ms": now_ms()}
    for n in range(MANY):
        asked = its | {"kind": "food", "asked_ms": now_ms() + n}
        open_, over = (
            {"state": "asked", "words": f"asked{n}"},
            {"state": "done", "words": f"over{n}"},
        )
        connection.execute(insert(requests), asked | open_ | {"request_id": f"r{n}"})
        connection.execute(insert(requests), asked | over | {"request_id": f"o{n}"})
    raised = its | {"record": "case", "record_id": first_case(0), "raised_ms": now_ms()}
    raised |= {"dispute_id": "u", "state": "raised", "answer_by_ms": now_ms()}
    connection.execute(insert(disputes), raised)
    o = tables.outbox
    row = dict(connection.execute(select(o).limit(1)).mappings().one())
    del row["entry_id"]
    row |= {
        "warden_id": None,
        "channel": "household",
        "reason": Reason.ORDER_OVER,
        "case_id": "of-no-case",
    }
    row |= {"ended": Ended.NOBODY, "gave_up": True}
    texts = [row | {"page_id": f"t{n}", "sent_id": f"t{n}", "door_id": f"d{n}"} for n in range(4)]
    connection.execute(insert(o), texts)
