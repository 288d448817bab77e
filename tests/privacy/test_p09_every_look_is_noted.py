"""P9: every look at an identity is a line: who, when, at what and by which right. The chain breaks
on any edit (`tests/accounts/test_audit.py`), and it names no household that has ended."""

from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.accounts import audit
from gateway.accounts.audit import BrokenChainError
from gateway.store.database import Store
from gateway.store.key_tables import order_keys
from tests.ending.ended_site import found
from tests.engine.small_site import rows
from tests.web.signed_in import signed_in_site
from tests.web.test_role_matrix import furnished

LOOK = "GET /doors/{door_id}"


def raw_abouts(accounts: Store) -> list[str]:
    with accounts.reading() as connection:
        return [e.note.about for e in audit.read(connection, 100) if e.note.what == LOOK]


async def test_p09_as_many_looks_as_many_lines_and_after_the_key_none_names_a_door(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        async with site.browser("wang") as client:
            for _ in range(5):
                assert (await client.get("/doors/d0")).status_code == 200
        noted = site.noted(LOOK)
        assert [about for _, _, about, *_ in noted] == ["door d0"] * 5
        assert {account for account, *_ in noted} == {"wang"}
        stored = raw_abouts(site.accounts)
        assert len(stored) == 5
        assert all(about.startswith("door ~1.") for about in stored), "sealed where it stands"
        for row in rows(site.store, order_keys):
            site.store.keys.destroy(row["key_id"])
        assert all("d0" not in about for _, _, about, *_ in site.noted(LOOK))
        with site.accounts.reading() as connection:
            assert audit.verify(connection) >= 5, "and the chain is whole"
    assert "accounts.db" not in str(found(tmp_path, ("door d0",)))


async def test_p09_an_edit_of_what_it_is_about_breaks_the_chain(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await furnished(site)
        await site.asks("wang", "GET", "/doors/d0")
        with site.accounts.writing() as connection:
            for name in ("audit_no_update", "audit_no_delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(text("UPDATE audit SET about = 'door d1' WHERE what LIKE 'GET /d%'"))
        with site.accounts.reading() as connection, pytest.raises(BrokenChainError):
            audit.verify(connection)
