"""The broker of other makers' contacts: connect, subscribe to just their topics, hand over.

It may be another broker than the seals', and is none of ours: we only read, nothing is published,
and a login that may read is enough. The session is a fresh one each time, for what a broker kept
while we were away says nothing of when it was; whatever comes first is a first reading
(contacts.py). MQTT 3.1.1, like the seals' own (mqtt.py), so that any broker does.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.engine.clock import steady_ms
from gateway.engine.engine import Engine
from gateway.engine.ports import ContactSaid
from gateway.ingest.adapters.said import PAYLOAD_BYTES_MAX
from gateway.ingest.contacts import Contacts, air_reader
from gateway.ingest.twin import TwinWatch
from gateway.settings.contacts import Contacts as Place

log = logging.getLogger("menshen.contacts")

KEEPALIVE_S: Final = 30
CONNECT_S: Final = 5.0
BACK_OFF_S: Final = (1, 60)  # the first wait and the longest; paho doubles in between
WAITING_MAX: Final = 2_000  # messages on their way from paho's thread to our loop
TOPICS_AT_ONCE: Final = 100  # of one SUBSCRIBE, for some brokers take no more


class ContactBroker:
    """Reads until cancelled.

    Args:
        settings: which broker.
        contacts: whose messages they are.
        site_id: for our name there.
    """

    def __init__(self, settings: Place, contacts: Contacts, site_id: str) -> None:
        self._settings, self._contacts = settings, contacts
        self._loop = asyncio.get_running_loop()
        self._subscribed: frozenset[str] = frozenset()
        self._asked: dict[int, int] = {}  # SUBSCRIBEs that are not answered, and for how many
        self._waiting = self._lost = 0
        self.is_connected = False
        self._client = self._made(f"menshen-contacts-{site_id}")

    async def run(self) -> None:
        """Read until cancelled."""
        self._client.connect_async(self._settings.host, self._settings.port, KEEPALIVE_S)
        self._client.loop_start()
        try:
            await asyncio.Event().wait()
        finally:
            self.is_connected = False  # we leave, and nobody lost anything
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    @property
    def is_subscribed(self) -> bool:
        """Whether the broker has answered all that we asked of it."""
        return self.is_connected and not self._asked

    def subscribe(self) -> None:
        """Ask for just the topics that the contacts have now; to be called when that changed."""
        if not self.is_connected:
            return
        wanted = self._contacts.topics
        for topics in _parts(self._subscribed - wanted):
            self._client.unsubscribe(topics)
        for topics in _parts(wanted - self._subscribed):
            _, number = self._client.subscribe([(topic, 1) for topic in topics])
            if number is not None:
                self._asked[number] = len(topics)
        self._subscribed = wanted

    # What paho's thread says, on our loop.

    def _made(self, name: str) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv311)
        client.connect_timeout = CONNECT_S
        client.reconnect_delay_set(*BACK_OFF_S)
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
        client.on_connect = self._on(self._connected)
        client.on_disconnect = self._on(self._disconnected)
        client.on_subscribe = self._on(self._answered)
        client.on_message = self._came
        return client

    def _on(self, handle: Callable[..., None]) -> Callable[..., None]:
        def hand_over(_client: Any, _userdata: Any, *said: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know
                self._loop.call_soon_threadsafe(handle, *said)

        return hand_over

    def _came(self, _client: Any, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        """On paho's thread: what finds no room is lost, and makes first readings of the next."""
        if self._waiting >= WAITING_MAX:
            self._lost += 1
            return
        self._waiting += 1
        if len(message.payload) > PAYLOAD_BYTES_MAX:  # enough to be refused: many may wait here
            message.payload = message.payload[: PAYLOAD_BYTES_MAX + 1]
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard, message, steady_ms())

    def _heard(self, message: mqtt.MQTTMessage, came_ms: int) -> None:
        self._waiting -= 1
        if self._lost:
            log.warning("%d messages of contacts found no room", self._lost)
            self._lost = 0
            self._contacts.lost()
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # of no contact
        payload, waited_ms = bytes(message.payload), steady_ms() - came_ms
        if not payload and message.retain:
            return  # what the broker kept was taken away
        try:
            self._contacts.heard(topic, payload, message.retain, waited_ms)
        except Exception:
            log.exception("a message of a contact is lost by a fault of ours; the others go on")
            self._contacts.lost()

    def _connected(self, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            log.warning("the contacts' broker refuses us (%s); look at user and password", code)
            return
        log.info("connected to the contacts' broker at %s", self._settings.host)
        self.is_connected, self._subscribed = True, frozenset()
        self._asked.clear()
        self._contacts.lost()
        self.subscribe()

    def _answered(self, number: int, codes: list[Any], _properties: Any) -> None:
        asked = self._asked.pop(number, 0)
        refused = sum(code.is_failure for code in codes)
        if refused:
            log.warning(
                "the contacts' broker gives us %d of %d topics; our user must be allowed to read "
                "them",
                asked - refused,
                asked,
            )

    def _disconnected(self, *_: Any) -> None:
        if self.is_connected:
            log.warning(
                "lost the contacts' broker at %s; until it is back they are not heard",
                self._settings.host,
            )
        self.is_connected = False
        self._contacts.lost()


def contacts_of(engine: Engine, settings: Place, other: TwinWatch) -> Contacts:
    """The contacts of an engine's site, those that are enrolled now and later.

    Args:
        engine: takes what they say.
        settings: of their broker.
        other: where another gateway has our id, they are the other's, as the seals are.
    """

    def receive(said: ContactSaid) -> bool:
        return not other.gives_way and engine.heard_contact(said)

    contacts = Contacts(receive, settings.zigbee2mqtt, air_reader())
    contacts.know(engine.state.registry.contacts)
    engine.on_known.append(lambda news: contacts.know(news.contacts))
    return contacts


async def hear(engine: Engine, settings: Place, contacts: Contacts, site_id: str) -> None:
    """Those that speak at a broker, until cancelled."""
    broker = ContactBroker(settings, contacts, site_id)
    engine.on_known.append(lambda _: broker.subscribe())
    await broker.run()


def _parts(topics: frozenset[str]) -> Iterator[list[str]]:
    ordered = sorted(topics)
    for at in range(0, len(ordered), TOPICS_AT_ONCE):
        yield ordered[at : at + TOPICS_AT_ONCE]
