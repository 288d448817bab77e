"""Brokers that do not behave: each is a function of one accepted connection."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Manners = Callable[[socket.socket], None]
CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x03\x00\x01\x00"
_PATIENCE_S = 30.0


@contextmanager
def broker(manners: Manners) -> Iterator[int]:
    """A port on loopback where each connection is treated with `manners`."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while not over.is_set():
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.settimeout(_PATIENCE_S)
                    manners(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError), socket.create_connection(server.getsockname(), 1):
            pass
        thread.join(_PATIENCE_S)
        server.close()


def until_gone(connection: socket.socket) -> None:
    """Read on, and say nothing more, until the other side has gone."""
    while connection.recv(1024):
        pass


def never_answers(connection: socket.socket) -> None:
    """Accepts, and that is all."""
    until_gone(connection)


def stalls_after_one_byte(connection: socket.socket) -> None:
    """The first byte of a CONNACK, and never the second."""
    connection.recv(1024)
    connection.sendall(CONNACK[:1])
    until_gone(connection)


def stalls_before_suback(connection: socket.socket) -> None:
    """Lets the seal in, and never answers the subscription."""
    connection.recv(1024)
    connection.sendall(CONNACK)
    until_gone(connection)


def welcomes_and_falls_silent(connection: socket.socket) -> None:
    """A session, and then no word: a dead line behind a living one."""
    connection.recv(1024)
    connection.sendall(CONNACK + SUBACK)
    until_gone(connection)


def says(answer: bytes) -> Manners:
    """Answers the CONNECT with `answer`."""

    def manners(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(answer)
        until_gone(connection)

    return manners


def byte_by_byte(connection: socket.socket) -> None:
    """A session and a receipt, one byte at a time."""
    connection.recv(1024)
    for byte in CONNACK + SUBACK + b"\x30\x04\x00\x01ab":
        connection.sendall(bytes([byte]))
        time.sleep(0.005)
    until_gone(connection)


def hangs_up(connection: socket.socket) -> None:
    """Closes at once."""
    connection.recv(1024)
