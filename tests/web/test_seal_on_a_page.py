"""What a seal says of itself, on its door's page, in both languages."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.store import seal_commands, tables
from gateway.store.seal_commands import CommandKind
from gateway.store.seal_tables import seal_readings
from tests.web.web_site import HOUR_MS, console, new_store, now_ms, seal_id


@pytest.mark.parametrize(
    ("language", "signal", "firmware", "asked"),
    [
        ("en", "Signal", "Firmware", "It is asked to change something"),
        ("zh", "信号", "固件", "已要求它更改设置"),
    ],
)
async def test_a_door_s_page_tells_signal_firmware_and_what_its_seal_is_asked(
    tmp_path: Path, language: str, signal: str, firmware: str, asked: str
) -> None:
    async with console(new_store(tmp_path)) as site:

        async def read() -> str:
            asked_in = {"accept-language": language}
            return (await site.client.get("/doors/d0", headers=asked_in)).text

        await site.seal(0)
        page = await read()
        assert signal not in page
        reading = {"seal_id": seal_id(0), "heard_ms": now_ms(), "signal_dbm": -71}
        row = {"seal_id": seal_id(0), "key": bytes(32), "door_id": "d0", "enrolled_ms": 0}
        with site.store.writing() as connection:
            connection.execute(insert(tables.seals), row)
            connection.execute(insert(seal_readings), reading | {"firmware": "2.0.0"})
        page = await read()
        assert [word in page for word in (signal, "-71 dBm", firmware, "2.0.0")] == [True] * 4
        assert asked not in page
        beat = ((300).to_bytes(3, "big"),)
        with site.store.writing() as connection:
            until_ms = now_ms() + HOUR_MS
            asks = seal_id(0), CommandKind.HEARTBEAT, beat, now_ms(), until_ms
            seal_commands.add(connection, *asks)
        assert asked in await read()
