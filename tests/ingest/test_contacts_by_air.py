"""A BTHome contact through the gateway's one receiver, beside the seals' own advertisements."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gateway.core.makes import Make
from gateway.ingest.advert_ids import AdvertIds
from gateway.ingest.ble import OTHERS_UUID, Receiver
from gateway.registry.rows import NewContact
from gateway.settings.sections import Ble
from tests.engine.small_site import new_store
from tests.ingest.contact_house import enrol, gateway
from tests.manual_clock import ManualClock
from tests.waiting import until

SERVICE = f"0000{OTHERS_UUID:04x}-0000-1000-8000-00805f9b34fb"
ADDRESS = "A4:C1:38:12:34:56"


class Radio:
    """A scanner of bleak's kind, which hears what it is told to."""

    def __init__(self) -> None:
        self.patterns: list[Any] = []
        self.heard: Callable[[Any, Any], None] = lambda _device, _said: None

    def __call__(self, heard: Callable[[Any, Any], None], bluez: Any = None, **_: Any) -> "Radio":
        self.heard, self.patterns = heard, (bluez or {}).get("or_patterns", [])
        return self

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def hears(self, address: str, service: bytes) -> None:
        said = SimpleNamespace(service_data={SERVICE: service}, rssi=-61)
        self.heard(SimpleNamespace(address=address), said)


@contextlib.asynccontextmanager
async def listening(radio: Radio, others: Any) -> Any:
    is_listening: list[bool] = []
    receiver = Receiver(
        Ble(enabled=True), AdvertIds(), lambda *_: True, is_listening.append, radio, others
    )
    task = asyncio.create_task(receiver.run())
    await until(lambda: is_listening)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_others_are_listened_for_only_where_somebody_wants_them() -> None:
    for others, patterns in ((None, 1), (lambda *_: None, 2)):
        radio = Radio()
        async with listening(radio, others):
            assert len(radio.patterns) == patterns


async def test_a_bthome_contact_opens_its_door_and_a_stranger_s_opens_none(tmp_path: Path) -> None:
    clock, radio, store = ManualClock(), Radio(), new_store(tmp_path)
    enrol(store, NewContact(Make.BTHOME, ADDRESS, "d0"), at_ms=clock.now_ms())
    async with gateway(store, None, clock) as house:
        async with listening(radio, house.contacts.heard_by_air):
            radio.hears(ADDRESS, bytes.fromhex("40000101611a00"))
            await house.heard(0, "shut")
            radio.hears("11:22:33:44:55:66", bytes.fromhex("40000201611a01"))
            radio.hears(ADDRESS, b"\xff" * 20)
            radio.hears(ADDRESS, bytes.fromhex("40000201611a01"))
            radio.hears(ADDRESS, bytes.fromhex("40000201611a01"))  # the same transmission
            await house.heard(0, "open")
        assert len(house.openings()) == 1
        assert house.contacts.refused == 1
        assert [case["make"] for case in house.cases()] == ["bthome"]
        assert house.reports()[-1].signal_dbm == -61
