"""A TCP or TLS byte stream that never waits, the same on MicroPython and on CPython.

`read` and `write` do what can be done at once. Everything that can go wrong raises OSError, also
a certificate that is not accepted, which MicroPython calls a ValueError. Nothing here compares the
numbers of errors but EAGAIN and EINPROGRESS, for the ports differ in the others.

A seal has no clock: after power-on it is the year 2000 on an ESP32, whose TLS checks a
certificate's dates all the same. So the certificates of a site are valid from before 2000 on.
"""

import select
import socket
from errno import EAGAIN, EINPROGRESS

try:
    import tls  # type: ignore[import-not-found]  # MicroPython; its own `ssl` is but a wrapper

    BENCH = False
except ImportError:
    import ssl as tls

    BENCH = True

READ = select.POLLIN
WRITE = select.POLLOUT
_TROUBLE = select.POLLERR | select.POLLHUP


def trust(ca_der: bytes):  # type: ignore[no-untyped-def]
    """A TLS context that believes the authority `ca_der`, in DER, and nobody else."""
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    if BENCH:
        context.load_verify_locations(cadata=ca_der)
    else:
        context.load_verify_locations(ca_der)
    return context


def addresses(host: str, port: int):  # type: ignore[no-untyped-def]
    """Where `host` is. The one call that waits: on an ESP32 a name costs a lookup, up to seconds;
    an address in figures costs nothing. Raises OSError."""
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)


class Stream:
    """One connection to `address`, an item of `addresses`; TLS if there is a context."""

    def __init__(self, address, context, server_name: str) -> None:  # type: ignore[no-untyped-def]
        self._context = context
        self._server_name = server_name
        self._open = False
        self.file = _socket(address)  # type: ignore[no-untyped-call]
        try:
            self.file.setblocking(False)
            self.file.connect(address[-1])
        except OSError as error:
            if error.errno not in (EINPROGRESS, EAGAIN):
                self.file.close()
                raise

    def connected(self) -> bool:
        """Whether the connection stands; from the first True on, read and write may be called."""
        if self._open:
            return True
        happened = _happened(self.file, WRITE)
        if happened & _TROUBLE:
            raise OSError("nobody answers at that address")
        if not happened & WRITE:
            return False
        if self._context is not None:  # the handshake is done by the first writes and reads
            try:
                self.file = self._context.wrap_socket(
                    self.file, do_handshake_on_connect=False, server_hostname=self._server_name
                )
            except ValueError as error:
                raise OSError(str(error)) from None
        self._open = True
        return True

    def read(self, most: int) -> "bytes | None":
        """Up to `most` bytes, None if there are none yet, b"" if the other side has closed."""
        if not BENCH:
            return _translated(self.file.read, most)  # type: ignore[no-any-return, no-untyped-call]
        try:
            return self.file.recv(most)  # type: ignore[no-any-return]
        except (BlockingIOError, tls.SSLWantReadError, tls.SSLWantWriteError):
            return None

    def write(self, data: bytes) -> int:
        """How many bytes went out, maybe 0. What was refused must be offered again unchanged:
        TLS has taken it in already, and only has not got rid of it."""
        if not BENCH:
            return _translated(self.file.write, data) or 0  # type: ignore[no-untyped-call]
        try:
            return self.file.send(data)  # type: ignore[no-any-return]
        except (BlockingIOError, tls.SSLWantReadError, tls.SSLWantWriteError):
            return 0

    def wait(self, ms: int, to_write: bool) -> None:
        """Give the processor away until there is something to read (or write), or `ms` are over."""
        poller = select.poll()
        poller.register(self.file, READ | WRITE if to_write else READ)
        poller.poll(ms)

    def close(self) -> None:
        """Let go, without waiting for anybody's consent."""
        try:
            self.file.close()
        except OSError:  # it was gone already
            pass


def _socket(address):  # type: ignore[no-untyped-def]
    return socket.socket(address[0], address[1], address[2])


def _happened(file, wanted: int) -> int:  # type: ignore[no-untyped-def]
    poller = select.poll()
    poller.register(file, wanted)
    for _, event in poller.poll(0):
        return event
    return 0


def _translated(act, argument):  # type: ignore[no-untyped-def]
    try:
        return act(argument)
    except ValueError as error:  # MicroPython's word for a certificate that it refuses
        raise OSError(str(error)) from None
