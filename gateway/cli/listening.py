"""The console's socket, or a sentence why there is none.

What others on the network could open needs somebody who asks who they are: accounts, or a password.
Whether there are accounts does not stand in the settings, so it is asked here, before anything is
bound; `menshen account add` works before that.
"""

import errno
import socket
import time
from contextlib import closing, suppress
from typing import Final

from gateway.cli.exit_codes import CommandError
from gateway.settings import Settings
from gateway.settings.values import shown

FREE_WITHIN_S: Final = 2.0  # an earlier life's console dies with its gateway, but not at once
LOOK_S: Final = 0.05
_WORDS: Final = {
    errno.EADDRINUSE: "another program listens there, perhaps this gateway itself",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "only root may listen below port 1024",
}


def listening(settings: Settings) -> socket.socket:
    """A socket bound to where the console is to be. CommandError if it cannot be, or must not."""
    if open_to_all := unguarded(settings):
        raise CommandError(open_to_all)
    ends_s = time.monotonic() + FREE_WITHIN_S
    while True:
        try:
            return _bound(settings.console.host, settings.console.port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < ends_s:
                time.sleep(LOOK_S)
                continue
            raise CommandError(_sentence(settings, error)) from error


def unguarded(settings: Settings) -> str:
    """Why nobody would be asked who opens the console; nothing if somebody is, or nobody else can.
    Accounts that cannot be read let nobody in, so they guard too."""
    console = settings.console
    if console.is_local or console.password:
        return ""
    # These take a second, and only a console on a network waits for them.
    from gateway.accounts.file import AccountsFile
    from gateway.store.database import StoreError

    with closing(AccountsFile(*settings.store.place)) as file, suppress(StoreError):
        if not file.is_used():
            return (
                f"console.host is {shown(console.host)}, so others on the network can open the "
                "console, and nobody would be asked who they are: make the first account, with "
                "`menshen account add NAME --role administrator`; or set MENSHEN_CONSOLE_PASSWORD "
                '(or MENSHEN_CONSOLE_PASSWORD_FILE); or set host = "127.0.0.1"'
            )
    return ""


def _bound(host: str, port: int) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What it accepts inherits that. asyncio sets it on a socket that names its protocol alone;
        # else the second half of an answer waits 40 ms or more until the first is acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
