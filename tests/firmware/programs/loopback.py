"""A broker and a gateway behind it, in the seal's own process, in place of its socket.

    loopback.install(world)     before a Seal speaks; `world` is a World

Everything above the socket is real: link, packets, sealing. What the broker does is `world.mood`.
"""

from sealwire import ccm, envelope, receipt
from sealwire.receipt import Receipt

# What the broker is like: it answers; it takes a connection and says nothing; nobody is there; it
# talks rubbish; it lets the seal in and passes nothing on.
WELL, MUTE, GONE, RUDE, DEAF = range(5)


class World:
    """What lies behind the socket. `edges` and `told` are what the gateway has heard."""

    def __init__(self, seal_id, key):
        self.mood = WELL
        self.cipher = ccm.cipher(key)
        self.seal_id = bytes.fromhex(seal_id)
        self.receipt_topic = "seals/%s/receipt" % seal_id
        self.mark = (0, 0)
        self.edges = self.told = self.beats = self.opened = self.written = self.repeated = 0
        self.contact = 2
        self.seq = 0
        self.streams = 0  # connections that were not let go
        self.verdict = 0  # of each receipt

    def hear(self, frame):
        """The receipt for a sealed report; None for what is no news."""
        _, epoch, counter, plain = envelope.open_up(self.cipher, self.seal_id, frame)
        if (epoch, counter) <= self.mark:
            raise AssertionError("a number came twice")
        self.mark = (epoch, counter)
        kind = plain[0] >> 5 & 3
        seq = int.from_bytes(plain[1:4], "big") if kind in (1, 2) else 0
        if kind == 0:
            self.beats += 1
        if kind < 3:
            self.edges = plain[4] << 8 | plain[5]
            self.contact = plain[0] & 3
        if seq and seq <= self.seq:
            self.repeated += 1
        elif seq:
            if seq != self.seq + 1:
                raise AssertionError("report %d after %d" % (seq, self.seq))
            self.seq = seq
            self.told += 1
        answer = Receipt(seq)
        answer.verdict = self.verdict
        answer = receipt.pack(answer)
        return envelope.seal_up(self.cipher, self.seal_id, envelope.DOWN, epoch, counter, answer)


class LoopStream:
    """In place of `sealnode.stream.Stream`."""

    world = None

    def __init__(self, address, context, server_name):
        if self.world.mood == GONE:
            raise OSError(111)
        self.world.opened += 1
        self.world.streams += 1
        from sealnode import packets  # as late as the seal reads it in

        self._packets = packets
        self._reader = packets.Reader(256)
        self._out = b""

    def connected(self):
        return True

    def read(self, most):
        if self.world.mood == GONE:
            return b""
        if self.world.mood == RUDE and not self._out:
            self._out = b"\xf0\x00"
        data, self._out = self._out[:most], self._out[most:]
        return data or None

    def write(self, data):
        world = self.world
        if world.mood == GONE:
            raise OSError(104)
        if world.mood == MUTE:
            return len(data)
        world.written += 1
        self._reader.feed(data)
        packet = self._reader.take()
        while packet:
            self._answer(packet[0], packet[1])
            packet = self._reader.take()
        return len(data)

    def wait(self, ms, to_write):
        """Time is the test's."""

    def close(self):
        self.world.streams -= 1

    def _answer(self, head, body):
        kind = head >> 4
        if kind == 1:
            self._out += b"\x20\x02\x00\x00"
        elif kind == 8:
            self._out += b"\x90\x03" + body[:2] + b"\x00"
        elif kind == 12:
            self._out += b"\xd0\x00"
        elif kind == self._packets.PUBLISH and self.world.mood != DEAF:
            topic, payload, _, _ = self._packets.read_publish(head, body)
            if topic.endswith("/report"):
                answer = self.world.hear(payload)
                self._out += self._packets.publish(self.world.receipt_topic, answer)


def install(world):
    """Put the world in place of the network."""
    from sealnode import link

    LoopStream.world = world
    link.Stream = LoopStream
    link.addresses = lambda host, port: [(host, port)]
    link.trust = lambda ca_der: None
