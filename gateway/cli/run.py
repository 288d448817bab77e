"""`menshen run`: the gateway, until it is told to stop."""

import asyncio
import errno
import logging
import os
import socket

from gateway.cli.exit_codes import CommandError
from gateway.cli.options import CONFIG, Config
from gateway.settings import Settings, load, secret

log = logging.getLogger("menshen")


def run(config: Config = CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    settings = load(config)
    _need_free_port(settings)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for path in secret.files(os.environ):
        if secret.is_open(path):
            log.warning("others may read %s, which holds a secret: chmod 600 it", path)
    from gateway.service import serve  # takes a second; a busy port is told before it

    asyncio.run(serve(settings))


def _need_free_port(settings: Settings) -> None:
    """Say it before anything starts if the console cannot listen."""
    host, port = settings.console.host, settings.console.port
    words = {
        errno.EADDRINUSE: "another program listens there, perhaps this gateway itself",
        errno.EADDRNOTAVAIL: "this machine has no such address",
        errno.EACCES: "only root may listen below port 1024",
    }
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        why = words.get(error.errno or 0, error.strerror or str(error))
        raise CommandError(
            f"the console cannot listen on {host}:{port}: {why}; change console.host or "
            "console.port in the settings"
        ) from error
