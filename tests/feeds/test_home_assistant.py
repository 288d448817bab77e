"""The doors at a Home Assistant's broker: a real mosquitto, and a reader beside it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.core.duration import MINUTE_MS
from gateway.core.events import SealBound, SealUnbound
from gateway.core.subject import of_door
from gateway.feeds import discovery, home_assistant, home_assistant_ending
from gateway.feeds.discovery import Topics
from gateway.feeds.home_assistant import HomeAssistantFeed
from gateway.settings.home_assistant import HomeAssistant
from gateway.store.database import StoreError
from tests.conftest import MosquittoFactory
from tests.manual_clock import ManualClock
from tests.neighbours import Broker
from tests.waiting import until
from tests.web.web_site import Console, console, new_store, now_ms, seal_id

SITE_ID = "00112233445566ff"
TOPICS = Topics("homeassistant", SITE_ID)
SECRET = b"s" * 32
AVAILABLE = TOPICS.gateway
LABELS = {"d0": "1栋1单元501", "d1": "1栋1单元502"}


class Reader:
    """What stands at a broker, as Home Assistant reads it: the last retained word of each topic."""

    def __init__(self, broker: Broker) -> None:
        self.stands: dict[str, bytes] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/mark"):
            return  # the feed's word to itself, which does not stay
        if message.payload:
            self.stands[message.topic] = bytes(message.payload)
        else:
            self.stands.pop(message.topic, None)

    def says(self, number: int, leaf: str) -> str:
        """A state of a door, "" if nothing stands there."""
        return self.stands.get(TOPICS.of(numbered(number), leaf), b"").decode()

    def configs(self, number: int) -> dict[str, Any]:
        """How a door's entities are described."""
        ours = f"/{numbered(number)}_"
        return {
            topic: json.loads(body)
            for topic, body in dict(self.stands).items()
            if topic.endswith("/config") and ours in topic
        }

    def keep(self, topic: str, word: bytes) -> str:
        """Let the broker keep something; its topic."""
        self._client.publish(topic, word, 1, retain=True).wait_for_publish(10)
        return topic

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def numbered(number: int) -> str:
    return discovery.object_id(SECRET, f"d{number}")


@contextlib.asynccontextmanager
async def telling(site: Console, broker: "Broker | Line", **more: Any) -> AsyncIterator[None]:
    """A feed at work, until the end of the block."""
    settings = HomeAssistant(host=broker.host, port=broker.port, **more)
    feed = HomeAssistantFeed(
        settings,
        TOPICS,
        SECRET,
        lambda: site.engine.state.doors,
        lambda: site.engine.state.rulebook,
        site.engine.broadcast,
        site.engine.clock.now_ms,
        lambda: LABELS,
    )
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.contextmanager
def reading(broker: Broker) -> Any:
    reader = Reader(broker)
    try:
        yield reader
    finally:
        reader.end()


def shows(reader: Reader, number: int, leaf: str, word: str) -> Callable[[], bool]:
    return lambda: reader.says(number, leaf) == word


async def test_a_door_is_a_device_that_opens_and_shuts_and_no_topic_names_it(
    mosquitto: MosquittoFactory, tmp_path: Path
) -> None:
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        with reading(broker) as reader:
            async with telling(site, broker):
                await until(shows(reader, 0, "door", "OFF"))
                await until(lambda: len(reader.configs(0)) == 4)
                assert reader.says(0, "available") == "online"
                assert reader.says(0, "tamper") == "OFF"
                assert reader.stands[AVAILABLE] == b"online"
                await site.opens(0)
                await until(shows(reader, 0, "door", "ON"))
                await site.shuts(0, 2)
                await until(shows(reader, 0, "door", "OFF"))
            await until(lambda: reader.stands[AVAILABLE] == b"offline")
            told = dict(reader.stands)
    classes = {config["device_class"] for config in reader.configs(0).values()}
    assert classes == {"door", "tamper", "battery", "voltage"}
    everything = " ".join([*told, *(body.decode() for body in told.values())])
    for word in ("3-101", "g1", "Grid", "Wang", "栋", seal_id(0)):
        assert word not in everything


async def test_a_label_is_told_only_where_the_site_wants_that(
    mosquitto: MosquittoFactory, tmp_path: Path
) -> None:
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        with reading(broker) as reader:
            async with telling(site, broker):
                await until(lambda: len(reader.configs(0)) == 4)
                names = {config["device"]["name"] for config in reader.configs(0).values()}
                assert names == {f"Door {numbered(0)[:6]}"}
            async with telling(site, broker, labels=True):
                await until(
                    lambda: (
                        {c["device"]["name"] for c in reader.configs(0).values()} == {LABELS["d0"]}
                    )
                )
                assert not any("501" in topic for topic in reader.stands)


async def test_a_seal_that_is_not_heard_is_unavailable(
    mosquitto: MosquittoFactory, tmp_path: Path
) -> None:
    broker = mosquitto()
    clock = ManualClock(now_ms())
    async with console(new_store(tmp_path), clock) as site:
        await site.engine.submit(of_door("d0"), SealBound(seal_id(0), MINUTE_MS))
        await site.seal(1)
        with reading(broker) as reader:
            async with telling(site, broker):
                await until(shows(reader, 1, "available", "online"))
                assert reader.says(0, "available") == "offline", "it was never heard"
                for config in reader.configs(1).values():
                    topics = {one["topic"] for one in config["availability"]}
                    assert topics == {AVAILABLE, TOPICS.of(numbered(1), "available")}


async def test_what_is_no_more_is_swept_even_if_nobody_saw_it_go(
    mosquitto: MosquittoFactory, tmp_path: Path
) -> None:
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        for number in (0, 1):
            await site.seal(number)
        with reading(broker) as reader:
            async with telling(site, broker):
                await until(lambda: len(reader.configs(1)) == 4)
                await until(shows(reader, 1, "available", "online"))
                await site.engine.submit(of_door("d0"), SealUnbound(seal_id(0)))
                await until(lambda: not reader.configs(0))
                await until(lambda: not reader.says(0, "door"))
            await site.engine.submit(of_door("d1"), SealUnbound(seal_id(1)))  # while it is away
            async with telling(site, broker):
                await until(lambda: list(reader.stands) == [AVAILABLE])


async def test_of_a_site_that_is_destroyed_its_broker_keeps_nothing_and_of_others_all(
    mosquitto: MosquittoFactory, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """The labels of doors stood there for ever, behind a report that all was destroyed."""
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        with reading(broker) as reader:
            async with telling(site, broker, labels=True):
                await until(lambda: len(reader.configs(0)) == 4)
                await until(shows(reader, 0, "available", "online"))
            assert any(LABELS["d0"].encode() in word for word in reader.stands.values())
            other = reader.keep("menshen/another/available", b"offline")
            sweep = home_assistant_ending.sweeping(
                HomeAssistant(port=broker.port, host="127.0.0.1")
            )
            assert sweep is not None
            await asyncio.to_thread(sweep, SITE_ID)
            await until(lambda: list(reader.stands) == [other])
            await asyncio.to_thread(sweep, SITE_ID)  # said again
    away = home_assistant_ending.sweeping(HomeAssistant(port=free_port(), host="127.0.0.1"))
    assert away is not None
    with pytest.raises(StoreError, match=r"does not let us .* take home_assistant.host out"):
        await asyncio.to_thread(away, SITE_ID)
    assert home_assistant_ending.sweeping(HomeAssistant()) is None


async def test_the_broker_may_come_and_go(mosquitto: MosquittoFactory, tmp_path: Path) -> None:
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        broker.kill()
        async with telling(site, broker):
            broker.start()
            with reading(broker) as reader:
                await until(shows(reader, 0, "door", "OFF"))
            broker.kill()
            await site.opens(0)
            broker.start()
            with reading(broker) as reader:
                await until(shows(reader, 0, "door", "ON"))
                await until(lambda: reader.stands.get(AVAILABLE) == b"online")


async def test_a_broker_that_is_back_at_once_is_told_everything_anew(
    mosquitto: MosquittoFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has forgotten what stood there, and nothing happens at the doors that would wake us."""
    monkeypatch.setattr(home_assistant, "LOOK_S", 3_600.0)
    broker = mosquitto()
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        async with telling(site, broker):
            for _ in range(2):
                with reading(broker) as reader:
                    await until(shows(reader, 0, "door", "OFF"))
                    await until(lambda: reader.stands.get(AVAILABLE) == b"online")
                broker.kill()
                broker.start()


class Line:
    """The way to a broker, which may carry nothing any more though it stands, and may be cut."""

    def __init__(self) -> None:
        self.host, self.port = "127.0.0.1", 0
        self.carries = asyncio.Event()
        self.carries.set()
        self._open: list[asyncio.StreamWriter] = []

    async def to(self, broker: Broker) -> asyncio.Server:
        async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, here = await asyncio.open_connection(broker.host, broker.port)
            self._open += [writer, here]
            with contextlib.suppress(asyncio.CancelledError):  # the test is over
                await asyncio.gather(self._carry(reader, here), self._carry(there, writer))

        server = await asyncio.start_server(came, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65_536):
                await self.carries.wait()
                writer.write(some)
        writer.close()

    def cut(self) -> None:
        """All that was on its way is gone."""
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        self.carries.set()


async def test_what_was_on_its_way_to_a_connection_that_is_gone_is_not_what_stands(
    mosquitto: MosquittoFactory, tmp_path: Path
) -> None:
    """More is on its way than the client sends at once; the door shuts while the line is cut, as
    the broker has it already. What the client sends again is old."""
    broker, line = mosquitto(), Line()
    async with console(new_store(tmp_path, 8)) as site, await line.to(broker):
        for number in (0, 1):
            await site.seal(number)
        with reading(broker) as reader:
            async with telling(site, line):
                await until(shows(reader, 0, "door", "OFF"))
                await until(shows(reader, 1, "available", "online"))
                line.carries.clear()
                for number in range(2, 8):  # each is described in several messages
                    await site.seal(number)
                await site.opens(0)
                for _ in range(200):  # the feed has its turns
                    await asyncio.sleep(0)
                line.cut()
                await site.shuts(0, 2)
                await until(shows(reader, 0, "door", "OFF"))
                await site.opens(1)
                await until(shows(reader, 1, "door", "ON"))
                assert reader.says(0, "door") == "OFF"


async def test_a_broker_that_lets_us_read_nothing_is_told_in_a_sentence(
    mosquitto: MosquittoFactory, tmp_path: Path, caplog: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("gateway.feeds.home_assistant.READ_S", 0.2)
    acl = tmp_path / "acl"
    acl.write_text("topic write homeassistant/#\n")
    acl.chmod(0o700)
    conf = f"listener {{port}} 127.0.0.1\nallow_anonymous true\nacl_file {acl}\n"
    broker = mosquitto(conf)
    async with console(new_store(tmp_path)) as site, telling(site, broker):
        await until(lambda: "must be allowed to read and write menshen/#" in caplog.text)
