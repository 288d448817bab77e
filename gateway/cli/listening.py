"""The console's socket, or a sentence why there is none."""

import errno
import socket
import time
from typing import Final

from gateway.cli.exit_codes import CommandError
from gateway.settings import Settings

FREE_WITHIN_S: Final = 2.0  # an earlier life's console dies with its gateway, but not at once
LOOK_S: Final = 0.05
_WORDS: Final = {
    errno.EADDRINUSE: "another program listens there, perhaps this gateway itself",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "only root may listen below port 1024",
}


def listening(settings: Settings) -> socket.socket:
    """A socket bound to where the console is to be. CommandError if it cannot be."""
    ends_s = time.monotonic() + FREE_WITHIN_S
    while True:
        try:
            return _bound(settings.console.host, settings.console.port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < ends_s:
                time.sleep(LOOK_S)
                continue
            raise CommandError(_sentence(settings, error)) from error


def _bound(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except BaseException:
        listener.close()
        raise
    return listener


def _sentence(settings: Settings, error: OSError) -> str:
    why = _WORDS.get(error.errno or 0, error.strerror or str(error))
    return (
        f"the console cannot listen on {settings.console.host}:{settings.console.port}: {why}; "
        "change console.host or console.port in the settings"
    )
