"""The sockets of the console and of the demo: an answer in two pieces does not wait in between."""

import socket

import pytest

from gateway.cli.listening import listening
from gateway.demo.ports import free_ports, listen
from gateway.settings import Settings


@pytest.mark.parametrize("whose", ["console", "demo"])
def test_what_is_accepted_sends_at_once(whose: str) -> None:
    if whose == "demo":
        listener = listen(0)
    else:
        listener = listening(Settings.model_validate({"console": {"port": free_ports(1)[0]}}))
    with listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
