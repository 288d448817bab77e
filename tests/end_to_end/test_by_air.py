"""The real gateway on a machine that has no Bluetooth: it says so, and goes on by the network."""

import random
from collections.abc import Callable
from pathlib import Path

from sealnode.seal import Seal
from sealnode.settings import Settings
from tests.bench_board import BenchBoard
from tests.end_to_end.site import Enrolled, found, gateway
from tests.neighbours import Broker
from tests.waiting import until

WARNED = "nothing is heard by Bluetooth: no D-Bus answers, so there is no BlueZ; install bluez"


def seal_of(one: Enrolled, folder: Path, port: int) -> tuple[Seal, BenchBoard]:
    folder.mkdir()
    board = BenchBoard(f"{folder}/")
    fields = {
        "id": one.seal_id, "key": one.key.hex(), "broker": "127.0.0.1", "port": port, "ca": None,
        "server_name": "b", "user": one.seal_id, "password": "x", "wifi": None,
        "heartbeat_s": 100, "mains": True, "bluetooth": True,
    }  # fmt: skip
    return Seal(board, Settings(fields)), board


async def test_without_bluetooth_the_gateway_goes_on_by_the_network_and_says_so(
    tmp_path: Path, mosquitto: Callable[..., Broker]
) -> None:
    broker, chance = mosquitto(), random.Random(5)  # noqa: S311 - ids of a test
    site = found(tmp_path / "site", chance, doors=1, ordered=1, broker_port=broker.port, webhook="")
    site.settings.write_text(
        site.settings.read_text() + '[ble]\nenabled = true\nadapter = "hci0"\n'
    )
    running = gateway(site, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nowhere/bus")
    running.start()
    try:
        await until(lambda: WARNED in running.log.read_text())
        seal, board = seal_of(site.seals[0], tmp_path / "seal", broker.port)

        def has_receipts() -> bool:
            seal.poll(board.now_ms())
            return seal.waiting == 0 and seal.receipts > 0

        await until(has_receipts)
        assert board.said > 0  # it speaks by air all the same,
        assert not seal.node.heard  # and knows that nobody hears it there
        seal.close()
    finally:
        running.stop()
    assert running.log.read_text().count("nothing is heard by Bluetooth") == 1
    assert "Traceback" not in running.log.read_text()
