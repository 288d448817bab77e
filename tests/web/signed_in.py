"""A console whose site has accounts: somebody of each role, and a browser for each of them."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
from sqlalchemy import insert

from gateway.accounts import passwords, persons, sessions
from gateway.accounts.persons import Account
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind
from gateway.store import tables
from gateway.store.database import Store
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import GOOD, add, new_accounts
from tests.web.web_site import Console, console, new_store, now_ms

KEY = pyotp.random_base32()
# Who is there: of grid g1, of grid g2, and without a grid.
WARDENS = {"wang": Role.WARDEN, "deng": Role.DEPUTY, "cai": Role.CAPTAIN}
ELSEWHERE = {"li": Role.WARDEN, "ding": Role.DEPUTY, "cao": Role.CAPTAIN}
STAFF = {
    "desk": Role.DISPATCHER,
    "inst": Role.INSTALLER,
    "eng": Role.ENGINEER,
    "aud": Role.AUDITOR,
    "adm": Role.ADMINISTRATOR,
}


class Site:
    """The console, its accounts, and browsers that are signed in."""

    def __init__(self, console: Console, accounts: Store) -> None:
        self.console, self.accounts = console, accounts
        self.engine, self.clock, self.store = console.engine, console.clock, console.store

    def account(self, name: str) -> Account:
        with self.accounts.reading() as connection:
            found = persons.named(connection, name)
        assert found is not None
        return found

    def token(self, name: str, kind: Kind | None = None) -> str:
        """A new session of somebody: on a phone, of the staff at a desk, where they have just
        signed in."""
        kind, now_ms = kind or (Kind.DESK if name in STAFF else Kind.PHONE), self.clock.now_ms()
        with self.accounts.writing() as connection:
            account = persons.named(connection, name)
            assert account is not None
            return sessions.begin(connection, account, kind, "Mi 9", now_ms, now_ms)

    @contextlib.asynccontextmanager
    async def browser(
        self, name: str = "", token: str = "", https: bool = False
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A browser of its own, signed in as somebody if a name is given."""
        transport = httpx.ASGITransport(app=self.console.app)
        base = "https://menshen.test" if https else "http://menshen.test"
        token = token or (self.token(name) if name else "")
        headers = {"accept-language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            if token:
                client.cookies.set(
                    f"__Host-{COOKIE}" if https else COOKIE, token, domain="menshen.test"
                )
            yield client

    async def asks(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        """One request of somebody, in a browser of their own."""
        async with self.browser(name) as client:
            return await client.request(method, path, **more)

    def noted(self, what: str = "") -> list[tuple[str, str, str, str, int]]:
        """The audit: account, what, about, why, status; of one kind if it is given."""
        from gateway.accounts import audit, audit_names

        with self.accounts.reading() as connection:
            audit.verify(connection)
            entries = audit_names.revealed(self.store.keys, audit.read(connection, 1_000))
        notes = [entry.note for entry in reversed(entries)]
        return [
            (note.account, note.what, note.about, note.why, note.status)
            for note in notes
            if what in note.what
        ]


@contextlib.asynccontextmanager
async def signed_in_site(
    folder: Path, channels: tuple[str, ...] = (), **sections: Any
) -> AsyncIterator[Site]:
    """A site with two grids: g1 has the doors d0 and d1, g2 has d2 and d3. `channels`: by which
    Wang is told, where it matters."""
    store = new_store(folder)
    people = [("deng", "g1"), ("cai", "g1"), ("ding", "g2"), ("cao", "g2"), ("inst", "g1")]
    with store.writing() as connection:
        for name, grid in people:
            row = {
                "warden_id": name,
                "name": name.title(),
                "grid_id": grid,
                "channels": '["inbox"]',
            }
            connection.execute(insert(tables.wardens), row)
        if channels:
            wang = tables.wardens.update().where(tables.wardens.c.warden_id == "wang")
            connection.execute(wang.values(channels=json.dumps(channels)))
        connection.execute(
            tables.doors.update()
            .where(tables.doors.c.door_id.in_(("d2", "d3")))
            .values(grid_id="g2", label="9-909")
        )
    accounts = new_accounts(store.path)
    for name, role in {**WARDENS, **ELSEWHERE, **STAFF}.items():
        add(accounts, name, role, warden_id="inst" if name == "inst" else None)
    with accounts.writing() as connection:
        for name in STAFF:
            one = persons.named(connection, name)
            assert one is not None
            persons.set_password(connection, one, kept_password())
            persons.set_code_key(connection, one, KEY)
    async with console(store, **sections) as site:
        await site.engine.idle()
        yield Site(site, accounts)
    accounts.close()


def code(at_ms: int | None = None) -> str:
    """The one-time code of a time; of the site's first moment if none is given."""
    return pyotp.TOTP(KEY).at((at_ms or now_ms()) // 1000)


def kept_password(memory: dict[str, str] = {}) -> str:  # noqa: B006 - one hash for all tests
    return memory.setdefault(GOOD, passwords.kept(GOOD))
