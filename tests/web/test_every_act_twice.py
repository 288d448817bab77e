"""Every act that is sent twice at once, and once more after that: done once, answered each time.

A double click, two tabs, a retry after a lost answer. Two sites live through the same acts, the one
by one press each, the other by three; after each act they have as many rows of everything.
"""

import asyncio
import contextlib
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from sqlalchemy import func, insert, literal, select, union_all

from gateway.accounts import persons, sessions
from gateway.accounts import tables as of_accounts
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind
from gateway.core.households.events import DisputeRaised, RequestAsked
from gateway.core.households.model import RecordKind, RequestKind
from gateway.core.subject import of_household
from gateway.store import tables
from gateway.updates import kept
from gateway.web.access_rules import RULES
from gateway.web.answers import API
from tests.updates.releases import made
from tests.web.every_act import ACTS, ELSEWHERE, HOME, LOST, WAYS, Act, way_of
from tests.web.households import HouseholdPhone, household_phone, new_code
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_role_matrix import address, furnished
from tests.web.web_site import now_ms, seal_id

ALL = os.environ.get("ACTS") == "all"
SHARE = 1 / 3  # of the acts is pressed three times in a run, by chance; all with ACTS=all
REFUSED = {
    "announce/end",  # of an announcement whose id differs from site to site
    "cases/{case_id}/prove",  # no label has been printed
    "dispute",  # another is open about this record; tests/web/test_resident_again.py
}
NOTES = ("journal", "audit", "audit_things")  # that somebody pressed is noted each time


class Life:
    """A site, and a browser for each of its people."""

    def __init__(self, site: Site, browsers: dict[str, httpx.AsyncClient], home: HouseholdPhone):
        self.site, self._browsers, self._home = site, browsers, home

    async def press(self, act: Act, path: str) -> httpx.Response:
        more = act.more(self.site)
        if act.who == HOME:
            fields = {**more["data"], "key": self._home.key}
            return await self._home.client.post(path, data=fields)
        return await self._browsers[act.who].post(path, **more)

    @property
    def people(self) -> set[str]:
        return {*self._browsers, HOME}

    def browser(self, who: str) -> httpx.AsyncClient:
        return self._home.client if who == HOME else self._browsers[who]

    def path_of(self, act: Act) -> str:
        path = act.path
        for name, value in act.of(self.site).items():
            path = path.replace(f"{{{name}}}", value)
        return address(path, "cai" if act.who == "cai" else "wang", is_own=True)

    def rows(self) -> dict[str, int]:
        """How many there are of everything."""
        counts = dict[str, int]()
        for store, metadata in (
            (self.site.store, tables.metadata),
            (self.site.accounts, of_accounts.metadata),
        ):
            each = [
                select(literal(table.name), func.count()).select_from(table)
                for table in metadata.tables.values()
                if table.name not in NOTES
            ]
            with store.reading() as connection:
                counts |= {name: count for name, count in connection.execute(union_all(*each))}
        return counts


@contextlib.asynccontextmanager
async def lived(folder: Path) -> AsyncIterator[Life]:
    folder.mkdir()
    consent = {"household": {"ground": "consent"}}
    async with contextlib.AsyncExitStack() as stack:
        site: Site = await stack.enter_async_context(signed_in_site(folder, **consent))  # type: ignore[arg-type]
        with site.accounts.writing() as connection:
            kind = persons.Kind.PROGRAM
            persons.add(connection, "robot", [Role.DISPATCHER], now_ms(), kind=kind)
            sessions.begin(connection, site.account("wang"), Kind.PHONE, LOST, now_ms())
        await furnished(site)
        await _more_to_do(site)
        browsers = {
            name: await stack.enter_async_context(site.browser(name))
            for name in {act.who for act in ACTS} - {HOME}
        }
        phone = household_phone(site.console.app, base="http://menshen.test")
        home = await stack.enter_async_context(phone)
        assert (await home.enters(new_code(site.store, "d0"))).status_code == 200
        yield Life(site, browsers, home)


async def _more_to_do(site: Site) -> None:
    """A request and a dispute for each way, a seal that is enrolled, a release."""
    for number in range(len(WAYS)):
        await site.engine.submit(
            of_household("d0"),
            RequestAsked(
                action_id=f"r{number}",
                request_id=f"request-{way_of(number)}",
                kind=list(RequestKind)[number],
            ),
        )
        dispute_id = f"dispute-{way_of(number)}"
        await site.engine.submit(
            of_household("d0"),
            DisputeRaised(
                action_id=f"d{number}",
                dispute_id=dispute_id,
                record=RecordKind.CASE,
                record_id=f"{dispute_id}-record",
                door_id="d0",
            ),
        )
    row = {"seal_id": seal_id(0), "key": bytes(32), "broker_hash": "", "enrolled_ms": 1}
    with site.store.writing() as connection:
        connection.execute(insert(tables.seals), row | {"door_id": "d0"})
        kept.add(connection, made(7), now_ms())


async def differ(one: Life, other: Life) -> dict[str, tuple[int, int]]:
    """Of what they have not the same number of rows."""
    await asyncio.gather(one.site.engine.idle(), other.site.engine.idle())
    mine, theirs = one.rows(), other.rows()
    return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


def kind_of(act: Act) -> str:
    """What is done, by whichever way."""
    path = act.path.partition("?")[0]
    for way in ("/inbox/{warden_id}/", "/handheld/{warden_id}/", "/doors/{door_id}/household/"):
        path = path.replace(way, "/")
    return path.removeprefix(API).removeprefix("/r/").removeprefix("/")


def test_no_act_is_forgotten() -> None:
    acts = {act.path.partition("?")[0] for act in ACTS} | ELSEWHERE.keys()
    assert {path for method, path in RULES if method == "POST"} == acts


async def test_what_is_pressed_thrice_is_done_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", time.time()))
    print(f"SEED={seed} pytest {__file__}")
    chance = random.Random(seed)  # noqa: S311 - a story
    done, wrong = set(), []
    async with lived(tmp_path / "once") as once, lived(tmp_path / "thrice") as thrice:
        assert await differ(once, thrice) == {}
        for act in ACTS:
            path, same = once.path_of(act), thrice.path_of(act)
            first = await once.press(act, path)
            presses = 2 if ALL or chance.random() < SHARE else 1
            answers = await asyncio.gather(*(thrice.press(act, same) for _ in range(presses)))
            answers += [await thrice.press(act, same)] * (presses == 2)
            more = await differ(once, thrice) if presses == 2 else {}
            statuses = {answer.status_code for answer in answers}
            if more or statuses != {first.status_code}:
                wrong.append((act.who, act.path, first.status_code, statuses, more))
            if first.status_code < 400:
                done.add(kind_of(act))
    assert wrong == [], "\n".join(map(str, wrong))
    assert {kind_of(act) for act in ACTS} - done == REFUSED, "all others are really done"
