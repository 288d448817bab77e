"""The only file that knows MQTT: connect, subscribe, hand over, acknowledge when told.

MQTT 3.1.1 and nothing that only one broker has. The session is persistent and acknowledgement is
ours: the broker keeps a report until the loop has committed it. Every broker repeats and some
re-order, which the marks and numbers of the wire take care of. Some accept and no longer deliver,
so the gateway talks to itself every few seconds, and reconnects when it no longer hears itself.
How long a report may have waited for us, on the socket or before it, is `attention.py`'s.
"""

import asyncio
import contextlib
import logging
import random
import socket
import ssl
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.engine.clock import steady_ms, steady_s
from gateway.engine.health import Metrics
from gateway.ingest import connection_cause
from gateway.ingest.attention import LOOK_EVERY_S, Attention
from gateway.ingest.broker_limits import BrokerLimits
from gateway.ingest.twin import Name, TwinWatch
from gateway.settings.sections import Broker as BrokerSettings
from sealwire import topics

log = logging.getLogger("menshen.broker")

KEEPALIVE_S = 30
CONNECT_TIMEOUT_S = 5.0
# After a failure we wait longer for the answer: on a machine that is starved the broker's waiting
# messages, which come before it, may take that long, and to begin anew would never end.
PATIENCE = (1, 2, 4)  # times so much, by failures in a row; then the last
BACK_OFF_S = (0.2, 0.5, 1, 2, 5)  # then every 5 s; each with jitter
BRIEF_MOST = 1  # the longest of these for one that is thrown out again and again
STEADY_S = 10.0  # a connection that lasted so long was one
TWIN_LOOK_S = 0.1
ECHOES_MAX = 128  # on their way: behind what a broker holds back they take as long as that
ECHO_PATIENCE = 3  # echoes that may be missing before the connection counts as dead
PACKETS_AT_ONCE = 256  # read in one go before others get their turn
# What is kept of a message: our broker refuses more, another one may let 256 MB through, and twenty
# thousand may wait for the store. What is cut off was no report: it is refused by its length.
PAYLOAD_BYTES_MAX = 1_024
TOPIC_CHARS_MAX = 256

Received = Callable[[str, bytes, int, bool, int], bool]  # topic, payload, token, live, waited_ms
_CLOSED = (
    "it let us in, and closed the connection when we subscribed; check the access list for our user"
)
NEEDED = 2  # subscriptions, the first ones; without the others seals take no updates


class Broker:
    """The gateway's connection. `run` keeps it up; the rest is called from the same loop."""

    def __init__(
        self,
        settings: BrokerSettings,
        gateway_id: str,
        receive: Received,
        metrics: Metrics,
        twin: TwinWatch | None = None,
    ) -> None:
        self.on_update: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.on_connecting: Callable[[], None] = lambda: None  # before anything comes by it
        self._twin = twin or TwinWatch(Name(0, gateway_id))
        self._settings, self._receive, self._metrics = settings, receive, metrics
        self._echo_topic = topics.echo(gateway_id)
        self._gateway_id = gateway_id
        self._client = self._made()
        self._gone = asyncio.Event()
        self._ready = asyncio.Event()
        self._generation = 0  # of the connection, so that no token outlives its own
        self._left = 0  # of this connection: for want of room, to come again with the next
        self._writing = False
        self._read_from: Any = None
        self._echo_sent: dict[bytes, float] = {}
        self._caught_up = False  # what came before our first echo may have waited for us
        self._refusal = ""
        self._attention = Attention(steady_ms)
        self._limits = BrokerLimits()

    def _made(self) -> mqtt.Client:
        """A client with nothing on its way."""
        client = _client(self._settings, client_id=self._settings.user or self._gateway_id)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_close = self._on_socket_close
        return client

    def acknowledge(self, token: int) -> None:
        """PUBACK the message that came with this token, unless its connection is gone."""
        if token and token >> 16 == self._generation:
            self._client.ack(token & 0xFFFF, 1)
            self._attention.acknowledged(token)
            self._flush()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at most once: a receipt that is lost is asked for again by its seal."""
        if self._ready.is_set():
            self._client.publish(topic, payload, qos=0)
            self._flush()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = brief = 0  # in a row; and connections that did not last
        while True:
            try:
                await self._connect(PATIENCE[min(failures, len(PATIENCE) - 1)])
                failures = 0
                began_s = steady_ms() / 1000
                if self._twin.gives_way:
                    await self._look_for_twin()
                else:
                    log.info("connected to the broker at %s", self._place())
                    await self._serve()
                    log.warning("lost the broker at %s; reports wait in the seals", self._place())
                    self._ended()
                if self._twin.gives_way:
                    self._leave_word()
                # One that is thrown out at once, again and again, does not come back at once.
                brief = 0 if steady_ms() / 1000 - began_s >= STEADY_S else brief + 1
            except (OSError, ValueError, ConnectionError) as error:
                if failures == 0:
                    cause = connection_cause.of_error(error, self._settings)
                    log.warning("cannot reach the broker at %s: %s", self._place(), cause)
                failures += 1
            finally:
                self._hang_up()
            step = max(failures, min(brief - 1, BRIEF_MOST))
            wait_s = BACK_OFF_S[min(step, len(BACK_OFF_S) - 1)]
            if self._twin.gives_way:
                wait_s = self._twin.wait_s(self._settings.echo_s)
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter

    def _ended(self) -> None:
        """A connection is over. Again and again before it heard itself: perhaps the echo is why."""
        if self._limits.ended(self._caught_up):
            self._hang_up()
            self._client = self._made()  # the old one would send again what throws us out
            self._tell_limits()

    def _tell_limits(self) -> None:
        """What is weaker at this broker, once for each time that it changes."""
        weaker = self._limits.weaker
        if weaker and weaker != self._metrics.broker_weaker:
            log.warning("the broker at %s: %s", self._place(), weaker)
        self._metrics.broker_weaker = weaker

    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _connect(self, patience: int) -> None:
        """Until the broker has confirmed our subscriptions. OSError with the reason if not."""
        self._gone.clear()
        self._twin.connecting()
        self._refusal = ""
        self._caught_up = False
        self._generation += 1
        self._left = 0
        self._attention.connected()
        self.on_connecting()
        place = self._settings.host, self._settings.port, KEEPALIVE_S
        await asyncio.to_thread(self._client.connect, *place)
        sock = self._client.socket()
        if sock is None:
            raise ConnectionError("it closed the connection at once")
        # Else a receipt waits, for up to 40 ms, until the broker acknowledges what went before it.
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asyncio.get_running_loop().add_reader(sock, self._readable)
        self._read_from = sock
        self._readable()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S * patience):
                waits = [asyncio.create_task(e.wait()) for e in (self._ready, self._gone)]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()
        except TimeoutError:
            words = "it took the connection and never answered"
            raise ConnectionError(await self._likely(words)) from None
        if not self._ready.is_set():
            words = "it closed the connection"
            raise ConnectionError(self._refusal or await self._likely(words))
        self._metrics.broker(connected=True)

    async def _likely(self, words: str) -> str:
        return await asyncio.to_thread(connection_cause.of_silence, self._settings, words)

    async def _serve(self) -> None:
        """Keep-alive and self-echo, until the connection is gone or without traffic."""
        self._echo_sent.clear()
        next_echo = heard = steady_ms() / 1000
        self._echo_heard = heard
        while not self._gone.is_set():
            now = steady_s()
            if now >= next_echo:
                self._send_echo(now)
                next_echo = now + self._settings.echo_s
            if now - self._echo_heard > self._settings.echo_s * ECHO_PATIENCE + CONNECT_TIMEOUT_S:
                log.warning("the broker accepts and no longer delivers; connecting anew")
                return
            self._client.loop_misc()
            self._attention.look()
            if self._attention.wants_echo and not self._echo_sent:
                self._send_echo(now)
            self._twin.look(now)
            if self._twin.gives_way:
                return
            if self._left and self._attention.is_waiting_for(self._left):
                log.info("the broker gives again what found no room; connecting anew")
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_EVERY_S, self._settings.echo_s)):
                    await self._gone.wait()

    def _send_echo(self, now: float) -> None:
        token = self._twin.echo(int(now * 1000))
        while len(self._echo_sent) >= ECHOES_MAX:  # the oldest is lost
            del self._echo_sent[next(iter(self._echo_sent))]
        self._echo_sent[token] = now
        way = self._limits.way
        self._client.publish(self._echo_topic, token, qos=way.qos, retain=way.is_retained)
        self._flush()

    async def _look_for_twin(self) -> None:
        """Whether the one we gave way to is still there: its echo changes. No report is taken."""
        ends_s = steady_ms() / 1000 + CONNECT_TIMEOUT_S
        while not self._gone.is_set() and steady_ms() / 1000 < ends_s:
            if self._twin.is_there:
                return
            if self._twin.is_gone:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TWIN_LOOK_S):
                    await self._gone.wait()
        if not self._gone.is_set():
            self._twin.takes_over()

    def _leave_word(self) -> None:
        """For the twin that stays: found twice, it tells it of us. At most once, and nothing waits
        for it: sent again later, it would stand over the other one's echo, which we look for."""
        if not self._gone.is_set() and self._limits.way.is_retained:
            word = self._twin.echo(int(steady_ms()))
            self._client.publish(self._echo_topic, word, qos=0, retain=True)

    def _hang_up(self) -> None:
        self._metrics.broker(connected=False)
        self._ready.clear()
        self._client.disconnect()
        with contextlib.suppress(OSError):
            self._client.loop_write()
        sock = self._client.socket()
        if sock is not None:  # the broker did not close its end: we do
            self._on_socket_close(self._client, None, sock)
            self._client._sock_close()

    def _readable(self) -> None:
        """Read packets until none is left, for the socket tells only that there is something."""
        for _ in range(PACKETS_AT_ONCE):
            self._client.loop_read()
            if not _holds_more(self._client.socket()):
                self._attention.read(is_empty=True)
                break
        else:
            self._attention.read(is_empty=False)
        self._flush()

    def _flush(self) -> None:
        """What the socket did not take at once goes out when it can."""
        sock = self._client.socket()
        if sock is not None and self._client.want_write() and not self._writing:
            self._writing = True
            asyncio.get_running_loop().add_writer(sock, self._writable)

    def _writable(self) -> None:
        self._client.loop_write()
        sock = self._client.socket()
        if sock is not None and not self._client.want_write():
            self._writing = False
            asyncio.get_running_loop().remove_writer(sock)

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, code: Any, ___: Any) -> None:
        if code.is_failure:
            self._refusal = f"it refused us ({code}); check broker.user and its password"
            self._gone.set()
            return
        self._refusal = _CLOSED  # if it does so now: some refuse a topic by that
        wanted = [(topics.EVERY_REPORT, 1), (self._echo_topic, 1), (topics.EVERY_UPDATE, 0)]
        client.subscribe(wanted)

    def _on_subscribe(self, _: Any, __: Any, ___: Any, codes: list[Any], ____: Any) -> None:
        if any(code.is_failure for code in codes[:NEEDED]):
            self._refusal = "it let us in but not subscribe; check the access list for our user"
            self._gone.set()
        else:
            self._refusal = ""
            self._limits.granted(codes[0].value)
            self._tell_limits()
            self._ready.set()

    def _on_disconnect(self, *_: Any) -> None:
        self._gone.set()

    def _on_socket_close(self, _: Any, __: Any, sock: Any) -> None:
        if sock is not self._read_from:
            return  # one that a cancelled connect left behind: nobody ever listened to it
        self._read_from = None
        loop = asyncio.get_running_loop()
        loop.remove_reader(sock)
        if self._writing:
            self._writing = False
            loop.remove_writer(sock)
        self._gone.set()

    def _on_message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        token = self._generation << 16 | message.mid if message.qos else 0
        try:
            topic = message.topic[:TOPIC_CHARS_MAX]
        except UnicodeDecodeError:
            topic = ""  # the authentication refuses it as malformed
        payload = bytes(message.payload[:PAYLOAD_BYTES_MAX])
        if topic == self._echo_topic and message.retain:
            self._twin.found(payload, steady_ms() / 1000)
            self.acknowledge(token)
        elif self._twin.gives_way:
            pass  # it is for the other one, to whom the broker gives what nobody acknowledged
        elif topic == self._echo_topic:
            self._hear_echo(payload)
            self.acknowledge(token)
        elif not payload:
            self.acknowledge(token)  # what the broker kept was taken away: MQTT's word for it
        elif topic.endswith(topics.UPDATE_END):
            self.on_update(topic, payload)
            self.acknowledge(token)
        else:
            self._hand_over(topic, payload, token, self._caught_up and not message.dup)

    def _hand_over(self, topic: str, payload: bytes, token: int, live: bool) -> None:
        waited_ms = self._attention.waited_ms()
        if token:
            self._attention.taken(token)
        if not self._receive(topic, payload, token, live, waited_ms) and token:
            self._left += 1

    def _hear_echo(self, token: bytes) -> None:
        self._echo_heard = steady_s()
        sent = self._echo_sent.pop(token, None)
        if sent is not None:
            self._metrics.echo_ms = (self._echo_heard - sent) * 1000
            self._attention.heard_echo(int(sent * 1000))
            self._caught_up = True
            self._limits.heard()


def _holds_more(sock: Any) -> bool:
    """Whether something is left to read: decrypted already, or still in the kernel. Asked of the
    socket, for what the client tells of each packet costs a fifth of its time."""
    if sock is None:
        return False
    if isinstance(sock, ssl.SSLSocket) and sock.pending() > 0:
        return True
    try:
        return bool(socket.socket.recv(sock, 1, socket.MSG_PEEK))
    except OSError:  # nothing now, or nothing any more: the next read says which
        return False


def _client(settings: BrokerSettings, client_id: str) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=False,
        protocol=mqtt.MQTTv311,
        manual_ack=True,
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    if settings.user:
        client.username_pw_set(settings.user, settings.password)
    if settings.tls:
        client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)
    return client
