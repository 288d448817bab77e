"""`menshen run`: the gateway, until it is told to stop."""

import asyncio
import logging
import os
from pathlib import Path

from gateway.cli import log_lines
from gateway.cli.listening import listening
from gateway.cli.options import CONFIG, Config
from gateway.settings import load, secret

log = logging.getLogger("menshen")


def run(config: Config = CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    settings = load(config)
    listening(settings).close()  # say it before anything starts if the console cannot listen
    log_lines.begin(settings.log.level, settings.log.format)
    for path in secret.files(os.environ):
        if secret.is_open(path):
            log.warning("others may read %s, which holds a secret: chmod 600 it", path)
    if settings.console.pair is not None:
        _look_at_certificate(*settings.console.pair)
    from gateway.service import serve  # takes a second; a busy port is told before it

    asyncio.run(serve(settings, config))


def _look_at_certificate(certificate: Path, key: Path) -> None:
    """Say what keeps the console from speaking HTTPS. Doors are watched all the same, for nobody
    may come to harm by a page that does not open; the console is tried again until it can."""
    from gateway.web.tls import CertificateError, context_of

    try:
        context_of(certificate, key)
    except CertificateError as error:
        log.error("doors are watched, but nobody sees a page until this is mended: %s", error)
