"""The doors in a real Home Assistant: `make home-assistant` fetches it and runs this.

What it shows of each entity is read back by its own `mqtt_statestream`, so nobody signs in to it.
It is no part of the suite: its Python is some 600 MB.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.events import SealUnbound
from gateway.core.subject import of_door
from tests import neighbours
from tests.conftest import MosquittoFactory
from tests.feeds.test_home_assistant import Reader, numbered, reading, telling
from tests.neighbours import ROOT, Broker, Neighbour
from tests.waiting import until
from tests.web.web_site import console, new_store, seal_id

PROGRAM = Path(os.environ.get("HASS") or ROOT / ".peers/homeassistant/bin/hass")
UP_S = 120.0
DOORS = 2

CONFIGURATION = """\
homeassistant: {{name: door, time_zone: UTC}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
mqtt_statestream: {{base_topic: seen}}
"""
ENTRIES = """\
{{"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {{"entries": [
 {{"entry_id": "0123456789abcdef0123456789abcdef", "version": 1, "minor_version": 1,
  "domain": "mqtt", "title": "doors", "data": {{"broker": "127.0.0.1", "port": {broker}}},
  "options": {{}}, "pref_disable_new_entities": false, "pref_disable_polling": false,
  "source": "user", "unique_id": null, "disabled_by": null}}]}}}}
"""


@pytest.fixture
def broker(mosquitto: MosquittoFactory) -> Broker:
    return mosquitto()


@pytest.fixture
def home(broker: Broker, tmp_path: Path) -> Iterator[Neighbour]:
    """A Home Assistant whose only integration is MQTT at that broker."""
    if not PROGRAM.exists():
        pytest.skip(f"there is no {PROGRAM}; say make home-assistant")
    folder, port = tmp_path / "home", neighbours.unused_port()
    (folder / ".storage").mkdir(parents=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
    (folder / ".storage" / "core.config_entries").write_text(ENTRIES.format(broker=broker.port))
    argv = [str(PROGRAM), "-c", str(folder), "--skip-pip"]
    program = Neighbour("hass", argv, folder, lambda: neighbours.answers(port))
    yield program
    program.stop()


def state(reader: Reader, kind: str, number: int, leaf: str) -> str:
    """What Home Assistant shows of an entity."""
    name = f"menshen_{numbered(number)}_{leaf}"
    return reader.stands.get(f"seen/{kind}/{name}/state", b"").decode()


async def test_doors_live_and_go_in_a_real_home_assistant(
    broker: Broker, home: Neighbour, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in range(DOORS):
            await site.seal(number)
        with reading(broker) as reader:

            def shows(number: int, leaf: str, word: str, kind: str = "binary_sensor") -> bool:
                return state(reader, kind, number, leaf) == word

            async with telling(site, broker):
                home.start()
                await until(lambda: all(shows(n, "door", "off") for n in range(DOORS)), UP_S)
                await until(lambda: shows(0, "tamper", "off"))
                began_s = time.perf_counter()
                await site.opens(0)
                await until(lambda: shows(0, "door", "on"))
                print(f"an opening was seen after {time.perf_counter() - began_s:.3f} s")
                await site.shuts(0, 2)
                await until(lambda: shows(0, "door", "off"))
                await site.engine.submit(of_door("d1"), SealUnbound(seal_id(1)))
                registry = home.folder / ".storage" / "core.device_registry"
                await until(lambda: numbered(0) in _devices(registry), UP_S)
                await until(lambda: numbered(1) not in _devices(registry), UP_S)
            await until(lambda: shows(0, "door", "unavailable"))


def _devices(registry: Path) -> str:
    """The devices that it has now, without those that it remembers as deleted."""
    text = registry.read_text() if registry.exists() else ""
    return text.partition('"deleted_devices"')[0]
