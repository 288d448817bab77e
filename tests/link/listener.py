"""Systemd's end of the line to the gateway, on a real socket."""

import socket


class Listener:
    """Hears what is sent to an address; one that begins with @ is an abstract one."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)
        self.heard: list[str] = []

    def count(self, state: str) -> int:
        while True:
            try:
                self.heard.append(self.socket.recv(100).decode())
            except BlockingIOError:
                return self.heard.count(state)
