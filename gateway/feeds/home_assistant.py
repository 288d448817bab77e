"""The doors, told to a Home Assistant by its broker: a view, as the history is, never the truth.

1. Connect, and read what stands at the broker of this site, up to our own mark behind it.
2. Make it what it should be: what changed is said, what is no more is taken away.
3. Go on so after every commit, and look at all doors every few seconds, for nobody commits a
   silence.

The broker is not the seals': whoever may read there sees when every door opens. Nothing here is
waited for, and nothing that comes from there is believed: it can end no page and open no door.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.core.doors.silence import Liveness, liveness
from gateway.core.model import Door
from gateway.core.rules import Rulebook
from gateway.engine.broadcast import Broadcast, Subscription, merged
from gateway.feeds import discovery
from gateway.feeds.discovery import Known, Topics
from gateway.settings.home_assistant import HomeAssistant

log = logging.getLogger("menshen.home-assistant")

KEEPALIVE_S: Final = 30
CONNECT_S: Final = 5.0
BACK_OFF_S: Final = (1, 60)  # the first wait and the longest; paho doubles in between
LOOK_S: Final = 5.0  # how often all doors are looked at
LABELS_S: Final = 60.0  # how often their labels are read anew, where they are told
READ_S: Final = 10.0  # for all that stands at the broker to have come
AT_ONCE: Final = 100  # doors looked at before others get their turn
FLYING_MAX: Final = 200  # messages that the broker has not confirmed
FOUND_MAX: Final = 1_000_000  # topics that may stand there

Labels = Callable[[], Mapping[str, str]]  # door_id to label; called in a thread


class HomeAssistantFeed:
    """Tells until cancelled.

    Args:
        settings: which broker.
        topics: of the site.
        site_secret: so that no number of a door tells which door it is.
        doors: as of the last commit, by door_id.
        rulebook: says when a seal counts as not heard.
        broadcast: of the commits.
        now_ms: the gateway's time.
        labels: of the doors, where the site wants them told.
    """

    def __init__(
        self,
        settings: HomeAssistant,
        topics: Topics,
        site_secret: bytes,
        doors: Callable[[], Mapping[str, Door]],
        rulebook: Callable[[], Rulebook],
        broadcast: Broadcast,
        now_ms: Callable[[], int],
        labels: Labels = dict,
    ) -> None:
        self._settings, self._topics, self._secret = settings, topics, site_secret
        self._doors, self._rulebook, self._now_ms = doors, rulebook, now_ms
        self._broadcast, self._read_labels = broadcast, labels
        self._labels: Mapping[str, str] = {}
        self._ids: dict[str, str] = {}
        self._told: dict[str, Known] = {}  # by door_id
        self._stands: dict[str, bytes] = {}  # at the broker, by topic
        self._mark, self._found = "", dict[str, bytes]()
        self._is_up, self._is_read = False, asyncio.Event()
        self._watch: Subscription | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._flying, self._has_room = 0, asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._client = self._made()

    async def run(self) -> None:
        """Tell until cancelled."""
        watch = self._watch = self._broadcast.subscribe()
        self._begin()
        try:
            while True:
                await self._is_read.wait()
                mark = self._mark
                await self._tell_all()
                await self._go_on(watch, mark)
        finally:
            self._broadcast.unsubscribe(watch)
            await self._leave()

    async def _go_on(self, watch: Subscription, mark: str) -> None:
        """Until the connection is gone whose mark this is, though another may stand already."""
        read_s = self._loop.time() + LABELS_S
        while self._is_read.is_set() and self._mark == mark:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await watch.wake.wait()
            if self._settings.labels and self._loop.time() >= read_s:
                self._labels = await asyncio.to_thread(self._read_labels)
                read_s = self._loop.time() + LABELS_S
            news = watch.take()
            changed = merged(news) if news else None
            names = self._doors() if changed is None or changed.all else changed.doors
            await self._tell(names)

    async def _tell_all(self) -> None:
        """What stands at the broker becomes what should; nothing of another door is left there."""
        if self._settings.labels:
            self._labels = await asyncio.to_thread(self._read_labels)
        self._told.clear()
        self._publish(self._topics.gateway, discovery.ONLINE)
        await self._tell(self._doors())
        mine = {self._id(door_id) for door_id in self._told}
        theirs = self._stands.keys() - {self._topics.gateway}
        for topic in [one for one in theirs if not mine.intersection(_ids_in(one))]:
            await self._room()
            self._publish(topic, b"")

    async def _tell(self, names: Iterable[str]) -> None:
        doors, now_ms, rulebook = self._doors(), self._now_ms(), self._rulebook()
        for count, door_id in enumerate(list(names), 1):
            door = doors.get(door_id)
            if door is None or door.seal_id is None:
                await self._forget(door_id)
            else:
                alive = liveness(door, now_ms, rulebook.of(door.door_class))
                await self._tell_one(door, is_heard=alive is not Liveness.LOST)
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _tell_one(self, door: Door, is_heard: bool) -> None:
        name = self._labels.get(door.door_id, "")
        known = discovery.known(door, self._id(door.door_id), name, is_heard)
        if self._told.get(door.door_id) == known:
            return
        self._told[door.door_id] = known
        for topic, payload in discovery.messages(self._topics, known).items():
            if self._stands.get(topic) != payload:
                await self._room()
                self._publish(topic, payload)

    async def _forget(self, door_id: str) -> None:
        """A door without a seal is no device: all that stands of it goes."""
        known = self._told.pop(door_id, None)
        for topic in () if known is None else discovery.messages(self._topics, known):
            await self._room()
            self._publish(topic, b"")

    async def _room(self) -> None:
        """Until the broker has confirmed enough of what is on its way."""
        if self._flying >= FLYING_MAX:
            self._has_room.clear()
            await self._has_room.wait()

    def _publish(self, topic: str, payload: bytes) -> None:
        if not self._is_read.is_set():
            return  # all is told anew
        if payload:
            self._stands[topic] = payload
        else:
            self._stands.pop(topic, None)
        self._flying += 1
        self._client.publish(topic, payload, qos=1, retain=True)

    def _id(self, door_id: str) -> str:
        known = self._ids.get(door_id)
        if known is None:
            known = self._ids[door_id] = discovery.object_id(self._secret, door_id)
        return known

    def _begin(self) -> None:
        self._client.connect_async(self._settings.host, self._settings.port, KEEPALIVE_S)
        self._client.loop_start()

    async def _begin_anew(self, old: mqtt.Client) -> None:
        """With another client: the old one would send again, when all is read already, what was on
        its way to the connection that is gone, though it is true no more."""
        old.disconnect()
        await asyncio.to_thread(old.loop_stop)
        await asyncio.sleep(BACK_OFF_S[0])
        self._begin()

    async def _leave(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        with contextlib.suppress(ValueError, RuntimeError):
            said = self._client.publish(self._topics.gateway, discovery.OFFLINE, 1, retain=True)
            if self._is_up:
                await asyncio.to_thread(said.wait_for_publish, CONNECT_S)
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    # What paho's thread says, on our loop.

    def _made(self) -> mqtt.Client:
        settings = self._settings
        name = f"menshen-{self._topics.site_id}"
        client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv311)
        client.connect_timeout = CONNECT_S
        client.reconnect_delay_set(*BACK_OFF_S)
        client.will_set(self._topics.gateway, discovery.OFFLINE, 1, retain=True)
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
        client.on_connect = self._on(self._connected)
        client.on_connect_fail = self._on(self._not_connected)
        client.on_disconnect = self._on(self._disconnected)
        client.on_message = self._on(self._came)
        client.on_publish = self._on(self._confirmed)
        return client

    def _on(self, handle: Callable[..., None]) -> Callable[..., None]:
        def hand_over(client: mqtt.Client, _userdata: Any, *said: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know
                self._loop.call_soon_threadsafe(self._hand, client, handle, *said)

        return hand_over

    def _hand(self, client: mqtt.Client, handle: Callable[..., None], *said: Any) -> None:
        if client is self._client:  # what one says that was left concerns nobody
            handle(*said)

    def _connected(self, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            log.warning("Home Assistant's broker refuses us (%s); look at user and password", code)
            return
        log.info("connected to Home Assistant's broker at %s", self._settings.host)
        self._is_up, self._flying = True, 0
        self._found.clear()
        self._mark = self._topics.of(secrets.token_hex(8), "mark")
        # Without acknowledgement: of what waits for one a broker keeps only so much.
        everything = self._topics.every_config, self._topics.every_state
        self._client.subscribe([(topic, 0) for topic in everything])
        self._client.publish(self._mark, b"?")
        self._loop.call_later(READ_S, self._is_late, self._mark)

    def _is_late(self, mark: str) -> None:
        if self._is_up and self._mark == mark and not self._is_read.is_set():
            log.warning(
                "Home Assistant's broker lets us in, but we do not hear ourselves there; our user "
                "must be allowed to read and write menshen/# and %s/#",
                self._topics.prefix,
            )

    def _not_connected(self) -> None:
        log.debug("Home Assistant's broker at %s does not answer", self._settings.host)

    def _disconnected(self, *_: Any) -> None:
        if self._is_up:
            log.warning("lost Home Assistant's broker at %s; it is told later", self._settings.host)
            old, self._client = self._client, self._made()
            self._renewing = self._loop.create_task(self._begin_anew(old))
        self._is_up = False
        self._is_read.clear()
        self._has_room.set()  # nothing goes out any more

    def _came(self, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # none of ours
        if topic == self._mark:
            self._stands = dict(self._found)
            self._is_read.set()
            if self._watch is not None:
                self._watch.wake.set()  # what was told was told to the connection before
        elif message.retain and len(self._found) < FOUND_MAX:
            self._found[topic] = bytes(message.payload)

    def _confirmed(self, *_: Any) -> None:
        self._flying = max(0, self._flying - 1)
        if self._flying < FLYING_MAX:
            self._has_room.set()


def _ids_in(topic: str) -> set[str]:
    """What may be the number of a door in one of our topics."""
    return {part.partition("_")[0] for part in topic.split("/")}
