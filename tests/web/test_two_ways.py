"""A door's page says on which of its two ways its seal was heard, where it has two."""

from pathlib import Path as File

import pytest
from sqlalchemy import insert

from gateway.core.model import Path
from gateway.core.path_events import PathSilent
from gateway.core.subject import of_door
from gateway.store import seal_paths, tables
from tests.web.web_site import console, new_store, now_ms, seal_id


@pytest.mark.parametrize(
    ("language", "network", "air", "silent"),
    [("en", "Via network", "Via Bluetooth", "silent"), ("zh", "网络", "蓝牙", "没信号")],
)
async def test_both_ways_stand_on_the_door_s_page(
    language: str, network: str, air: str, silent: str, tmp_path: File
) -> None:
    store = new_store(tmp_path)
    async with console(store) as site:
        await site.seal(0)
        before = await site.text("/doors/d0", language)
        assert air not in before
        with store.writing() as connection:
            seal = {"seal_id": seal_id(0), "key": bytes(32), "door_id": "d0", "enrolled_ms": 0}
            connection.execute(insert(tables.seals), seal)
            for path in Path:
                row = seal_paths.row_of(seal_id(0), path, now_ms(), -67 if path == "air" else None)
                connection.execute(insert(seal_paths.PATHS), row)
        page = await site.text("/doors/d0", language)
        assert network in page
        assert air in page
        assert page.count("-67 dBm") == 1
        assert f"· {silent}" not in page
        await site.engine.submit(of_door("d0"), PathSilent(seal_id(0), Path.AIR, now_ms()))
        page = await site.text("/doors/d0", language)
        assert page.count(f"· {silent}") == 1
