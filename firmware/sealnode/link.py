"""A seal's session with the broker: open, subscribe, say, hear. Never waits, never forgets to end.

Call `poll` as often as you like; it does what can be done at once. Each phase has a deadline, each
buffer a limit. A link that fails is DOWN and says `why`; when to try again is the node's business.
"""

from . import packets
from .offline import CONNECTING, DOWN, GREETING, ROOMLESS_MAX, SUBSCRIBING, UP
from .packets import PacketError, Reader
from .stream import Stream, addresses, trust

# The life of a session: what brings it on, from where to where. All else that comes ends it.
OPENED, CONNECTED, GREETED, SUBSCRIBED = range(4)
STEPS = ((DOWN, CONNECTING), (CONNECTING, GREETING), (GREETING, SUBSCRIBING), (SUBSCRIBING, UP))

OPEN_MS_MAX = 20_000  # address, TCP, TLS (2 to 4 s on an ESP32), CONNACK and SUBACK together
WRITE_MS_MAX = 10_000  # until the broker takes a packet
PING_MS_MAX = 10_000  # until it answers a ping
KEEPALIVE_S = 60
PING_MS = KEEPALIVE_S * 500  # silence from the broker after which it is asked
OUTBOX_MAX = 8  # packets
INBOX_MAX = 8  # messages
PACKET_MAX = 256
_SUBSCRIBE_ID = 1
_READS_MAX = 8  # a poll never feeds on one link for ever


class Link:
    """One broker, one subscription. `ca_der` is None for plain TCP; `inbox` holds (topic, payload)
    of what came, for the owner to take away: while it is full, nothing more is read."""

    def __init__(
        self,
        host: str,
        port: int,
        ca_der: "bytes | None",
        server_name: str,
        user: str,
        password: str,
        topic: str,
    ) -> None:
        self.state = DOWN
        self.why = ""  # never opened
        self.inbox: "list[tuple[str, bytes]]" = []
        self._host = host
        self._port = port
        self._server_name = server_name
        self.speak_as(user, password, topic)
        self._context = None if ca_der is None else trust(ca_der)
        self._stream: "Stream | None" = None
        self._reader = Reader(PACKET_MAX)
        self._outbox: "list[bytes]" = []
        self._attempts = self._roomless = 0
        self._deadline_ms = 0  # of the phase, until UP
        self._written_ms = 0  # when the outbox last moved or began to fill
        self._heard_ms = 0
        self._pinged_ms = -1  # when the open ping went out, -1 if there is none
        self._packet_id = _SUBSCRIBE_ID

    def speak_as(self, user: str, password: str, topic: str) -> None:
        """By this name from the next opening on; it is the client's id too."""
        self.topic = topic
        self._hello = packets.connect(user, user, password, KEEPALIVE_S)

    def open(self, now_ms: int) -> None:
        """Begin. The next polls do the rest, within 20 seconds."""
        self.close()
        self.inbox = []
        self._deadline_ms = now_ms + OPEN_MS_MAX
        self._heard_ms = self._written_ms = now_ms
        self._pinged_ms = -1
        try:
            known = addresses(self._host, self._port)
            address = known[self._attempts % len(known)]  # each attempt asks the next address
            self._attempts += 1
            self._stream = Stream(address, self._context, self._server_name)
        except OSError as error:
            self.fail("cannot reach %s: %s" % (self._host, error))
            return
        self._reader = Reader(PACKET_MAX)
        self._outbox = [self._hello]
        self._step(OPENED)
        self.why = ""

    def publish(self, topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        """Queue a message and send what goes. False if the link is not up or its outbox full."""
        if self.state != UP or len(self._outbox) >= OUTBOX_MAX:
            return False
        if qos:
            self._packet_id = self._packet_id % 0xFFFF + 1
        self._queue(packets.publish(topic, payload, qos, self._packet_id), now_ms)
        self._guarded(self._flush, now_ms)
        return True

    def poll(self, now_ms: int) -> None:
        """Do what can be done now. Check `state` and `inbox` afterwards."""
        if self.state != DOWN:
            self._guarded(self._work, now_ms)
        if self.state != DOWN:
            late = self._late(now_ms)
            if late:
                self.fail(late)

    def due_ms(self, now_ms: int) -> int:
        """The next deadline; `now_ms` + 30 s if there is none sooner."""
        due = now_ms + PING_MS
        if self.state == DOWN:
            return due
        if self.state != UP:
            return min(due, self._deadline_ms)
        if self._outbox:
            due = min(due, self._written_ms + WRITE_MS_MAX)
        if self._pinged_ms >= 0:
            return min(due, self._pinged_ms + PING_MS_MAX)
        return min(due, self._heard_ms + PING_MS)

    def wait(self, ms: int) -> bool:
        """Sleep until there is something to do for `poll`, or `ms` are over. False if DOWN."""
        if self._stream is None:
            return False
        self._stream.wait(ms, bool(self._outbox))
        return True

    def close(self) -> None:
        """End the session politely, as far as that can be done at once."""
        if self._stream is not None and self.state == UP and not self._outbox:
            try:
                self._stream.write(packets.DISCONNECT)
            except OSError:  # a goodbye that nobody hears
                pass
        self.fail("closed by the seal")

    def fail(self, why: str) -> None:
        """Let go of the connection and remember why."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._outbox = []
        self.state = DOWN
        self.why = why

    def _guarded(self, work, now_ms: int) -> None:  # type: ignore[no-untyped-def]
        """Whatever the network or the broker does ends the link, never the seal."""
        try:
            work(now_ms)
        except PacketError as error:
            self.fail("not a word of MQTT: %s" % error)
        except OSError as error:
            self.fail("%s: %s" % (self._host, error))
        except MemoryError:
            self._roomless += 1
            if self._roomless > ROOMLESS_MAX:
                raise
            self.fail("no room in the heap")

    def _work(self, now_ms: int) -> None:
        stream = self._stream
        if stream is None:
            return
        if self.state == CONNECTING:
            if not stream.connected():
                return
            self._step(CONNECTED)
        self._flush(now_ms)
        for _ in range(_READS_MAX):
            if len(self.inbox) >= INBOX_MAX:
                return
            data = stream.read(self._reader.room())
            if data is None:
                break
            if not data:
                raise OSError("the broker has closed the connection")
            self._heard_ms = now_ms
            self._reader.feed(data)
            self._take_all(now_ms)
        self._flush(now_ms)

    def _take_all(self, now_ms: int) -> None:
        while True:
            packet = self._reader.take()
            if packet is None:
                return
            self._take(packet[0], packet[1], now_ms)

    def _take(self, head: int, body: bytes, now_ms: int) -> None:
        kind = head >> 4
        if self.state == GREETING:
            self._greeted(kind, body, now_ms)
        elif kind == packets.PUBLISH:
            self._hear(head, body, now_ms)
        elif kind == packets.SUBACK:
            packet_id, granted = packets.read_suback(body)
            if packet_id != _SUBSCRIBE_ID or granted == packets.REFUSED:
                raise PacketError("the broker refuses %s" % self.topic)
            self._step(SUBSCRIBED)
            self._roomless = 0
        elif kind == packets.PINGRESP:
            self._pinged_ms = -1
        elif kind != packets.PUBACK:  # which only says that the broker has it: our receipt counts
            raise PacketError("packet type %d, which no client is sent" % kind)

    def _greeted(self, kind: int, body: bytes, now_ms: int) -> None:
        if kind != packets.CONNACK:
            raise PacketError("packet type %d before the CONNACK" % kind)
        code = packets.read_connack(body)
        if code:
            raise OSError("the broker refuses this seal, code %d" % code)
        self._queue(packets.subscribe(_SUBSCRIBE_ID, self.topic), now_ms)
        self._step(GREETED)

    def _step(self, event: int) -> None:
        before, after = STEPS[event]
        if self.state != before:
            raise PacketError("the broker answers what was not asked")
        self.state = after

    def _hear(self, head: int, body: bytes, now_ms: int) -> None:
        topic, payload, qos, packet_id = packets.read_publish(head, body)
        if qos:
            self._queue(packets.puback(packet_id), now_ms)
        self.inbox.append((topic, payload))

    def _queue(self, packet: bytes, now_ms: int) -> None:
        if not self._outbox:
            self._written_ms = now_ms
        self._outbox.append(packet)

    def _flush(self, now_ms: int) -> None:
        """Offer packet by packet: what TLS has refused once must come again as it was."""
        while self._outbox and self._stream is not None:
            packet = self._outbox[0]
            wrote = self._stream.write(packet)
            if not wrote:
                return
            self._written_ms = now_ms
            if wrote < len(packet):
                self._outbox[0] = packet[wrote:]
                return
            self._outbox.pop(0)

    def _late(self, now_ms: int) -> str:
        """Which deadline is over, or "". Asks the broker for a sign of life when it is time."""
        if self.state != UP:
            return "no session in time" if now_ms >= self._deadline_ms else ""
        if self._outbox and now_ms >= self._written_ms + WRITE_MS_MAX:
            return "the broker takes nothing more"
        if self._pinged_ms >= 0:
            return "no answer to a ping" if now_ms >= self._pinged_ms + PING_MS_MAX else ""
        if now_ms >= self._heard_ms + PING_MS:
            self._pinged_ms = now_ms
            self._queue(packets.PING, now_ms)
            self._guarded(self._flush, now_ms)
        return ""
