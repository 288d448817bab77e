"""The MQTT 3.1.1 packets that a seal needs, as bytes and back. No socket, no state but the reader.

Numbers in brackets are sections of the OASIS standard, version 3.1.1.
"""

import struct

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
REFUSED = 0x80  # in a SUBACK [3.9.3]
_STRING_MAX = 0xFFFF
_PASS_MAX = 0x10000  # the longest packet that is let pass by


class PacketError(Exception):
    """The broker sent something that is no MQTT, or more than a seal takes."""


def connect(client_id: str, user: str, password: str, keepalive_s: int) -> bytes:
    """Open a clean session [3.1]. `keepalive_s` is a promise to say something that often."""
    flags = 0xC2  # user name, password, clean session; no will
    body = _string("MQTT") + bytes((4, flags)) + struct.pack(">H", keepalive_s)
    return _packet(0x10, body + _string(client_id) + _string(user) + _string(password))


def publish(topic: str, payload: bytes, qos: int = 0, packet_id: int = 0, dup: int = 0) -> bytes:
    """Say `payload` under `topic` [3.3]. With `qos` 1 the broker answers under `packet_id`."""
    number = struct.pack(">H", _checked(packet_id)) if qos else b""
    return _packet(0x30 | dup << 3 | qos << 1, _string(topic) + number + payload)


def puback(packet_id: int) -> bytes:
    """Confirm a QoS 1 publish [3.4]."""
    return struct.pack(">BBH", 0x40, 2, _checked(packet_id))


def subscribe(packet_id: int, topic: str, qos: int = 0) -> bytes:
    """Ask for what is said under `topic` [3.8]."""
    return _packet(0x82, struct.pack(">H", _checked(packet_id)) + _string(topic) + bytes((qos,)))


def read_connack(body: bytes) -> int:
    """The broker's answer to `connect`: 0 is yes, 1 to 5 are its refusals [3.2.2.3]."""
    if len(body) != 2:
        raise PacketError("a CONNACK has 2 bytes, not %d" % len(body))
    return body[1]


def read_suback(body: bytes) -> "tuple[int, int]":
    """(packet id, granted QoS or REFUSED)."""
    if len(body) != 3:
        raise PacketError("a SUBACK for one topic has 3 bytes, not %d" % len(body))
    return body[0] << 8 | body[1], body[2]


def read_publish(head: int, body: bytes) -> "tuple[str, bytes, int, int]":
    """(topic, payload, QoS, packet id). The packet id is 0 for QoS 0."""
    qos = head >> 1 & 3
    start = 2 + (body[0] << 8 | body[1]) if len(body) >= 2 else 2
    payload = start + 2 if qos else start
    if qos > 1 or len(body) < payload:
        raise PacketError("a PUBLISH that is cut short or of QoS %d" % qos)
    try:
        topic = str(body[2:start], "utf-8")
    except UnicodeError:  # MicroPython and CPython agree on this one
        raise PacketError("a topic that is no UTF-8") from None
    return topic, body[payload:], qos, body[start] << 8 | body[start + 1] if qos else 0


class Reader:
    """Bytes in, as they come; packets out, when they are whole. Never holds more than `limit`.

    A packet that is longer is let pass by, and `skipped` counts it: nobody may end a seal's
    session by saying something long.
    """

    def __init__(self, limit: int = 256) -> None:
        self.skipped = 0
        self._held = bytearray(limit)
        self._used = 0
        self._passing = 0  # bytes still to come of a packet that is too long

    def room(self) -> int:
        """How many bytes `feed` takes now. It is never 0 once `take` has returned None."""
        return len(self._held) - self._used

    def feed(self, data: bytes) -> None:
        """More bytes from the broker, at most `room()`."""
        if len(data) > self.room():
            raise PacketError("%d bytes where %d fit" % (len(data), self.room()))
        self._held[self._used : self._used + len(data)] = data
        self._used += len(data)

    def take(self) -> "tuple[int, bytes] | None":
        """(first byte, body) of the next whole packet, or None until more has come."""
        while True:
            self._pass_by()
            length, start = self._length()
            if start == 0:
                return None
            end = start + length
            if end <= len(self._held):
                break
            if end > _PASS_MAX:
                raise PacketError("a packet of %d bytes" % end)
            self.skipped += 1
            self._passing = end
        if self._used < end:
            return None
        head, body = self._held[0], bytes(self._held[start:end])
        self._drop(end)
        return head, body

    def _pass_by(self) -> None:
        count = min(self._passing, self._used)
        self._passing -= count
        self._drop(count)

    def _drop(self, count: int) -> None:
        self._used -= count
        self._held[: self._used] = self._held[count : count + self._used]

    def _length(self) -> "tuple[int, int]":
        """(remaining length, where the body starts), (0, 0) until it is known [2.2.3]."""
        length = 0
        for i in range(4):
            if self._used < i + 2:
                return 0, 0
            byte = self._held[i + 1]
            length |= (byte & 0x7F) << 7 * i
            if not byte & 0x80:
                return length, i + 2
        raise PacketError("a length of more than four bytes")


def _packet(head: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        byte, length = length & 0x7F, length >> 7
        size += bytes((byte | 0x80 if length else byte,))
        if not length:
            return bytes((head,)) + size + body


def _string(text: str) -> bytes:
    data = text.encode()
    if len(data) > _STRING_MAX:
        raise ValueError("a string of more than 65535 bytes")
    return struct.pack(">H", len(data)) + data


def _checked(packet_id: int) -> int:
    if not 1 <= packet_id <= 0xFFFF:
        raise ValueError("a packet id is 1 to 65535")
    return packet_id
