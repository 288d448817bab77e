"""paho's client with few system calls: one read brings many packets, one write takes many.

By itself paho reads a packet in four pieces and writes each the moment it is made, so that under
load half of a report's cost was in calls to the kernel. What paho says and does stays as it is: two
of its methods, between the packets and the socket, are ours.
"""

import ssl
from typing import Any, Final

import paho.mqtt.client as mqtt

READ_BYTES: Final = 65_536
GATHERED_BYTES_MAX: Final = 65_536  # beyond it packets wait in paho's own queue


class GatheredClient(mqtt.Client):
    """Its packets go out by `write_out` alone, and come in by `loop_read` as ever."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._read, self._read_to = b"", 0  # what came off the socket, and how far it was taken
        self._is_drained = False  # the latest read took all that there was
        self._gathered = bytearray()
        super().__init__(*args, **options)

    @property
    def holds_unread(self) -> bool:
        """Whether more can be read though the socket may be silent: it was read already."""
        sock = self.socket()
        is_pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        return is_pending or self._read_to < len(self._read)

    def woken(self) -> None:
        """The socket says that there is something: ask it again."""
        self._is_drained = False

    def write_out(self) -> bool:
        """Send what waits; False if the socket does not take all of it now."""
        while self.socket() is not None and (self.want_write() or self._gathered):
            self.loop_write()
            if not self._send():
                return False
        return True

    def _send(self) -> bool:
        try:
            while self._gathered:
                del self._gathered[: super()._sock_send(self._gathered)]
        except BlockingIOError:
            return False
        except OSError:  # the connection is gone, which whoever reads it learns
            self._gathered.clear()
        return True

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if len(self._gathered) >= GATHERED_BYTES_MAX:
            raise BlockingIOError
        self._gathered += buf
        return len(buf)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._read_to == len(self._read):
            self._fill()
        piece = self._read[self._read_to : self._read_to + bufsize]
        self._read_to += len(piece)
        return piece

    def _fill(self) -> None:
        """Read what there is. BlockingIOError if that is nothing."""
        if self._is_drained:  # to ask once more would cost a call, and tell the same
            raise BlockingIOError
        self._read, self._read_to = super()._sock_recv(READ_BYTES), 0
        is_tls = isinstance(self.socket(), ssl.SSLSocket)  # a read of it is one record at most
        self._is_drained = not is_tls and 0 < len(self._read) < READ_BYTES

    def _sock_close(self) -> None:
        if self.socket() is not None:
            self._send()
        self._gathered.clear()
        self._read, self._read_to, self._is_drained = b"", 0, False
        super()._sock_close()
