"""`menshen run`: the gateway, until it is told to stop."""

import asyncio
import logging
import os
from pathlib import Path

import typer

from gateway.cli import log_lines
from gateway.cli.exit_codes import FAILED, causes_of, exit_code, sentence_of
from gateway.cli.listening import listening
from gateway.cli.options import CONFIG, Config
from gateway.settings import Settings, load, secret

log = logging.getLogger("menshen")


def run(config: Config = CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    settings = load(config)
    log_lines.begin(settings.log.level, settings.log.format)
    try:
        _run(settings, config)
    except Exception as error:
        if settings.log.format != "json":
            raise
        _tell_program(error)
        raise typer.Exit(FAILED) from error


def _run(settings: Settings, config: Path) -> None:
    listening(settings).close()  # say it before anything starts if the console cannot listen
    for path in secret.files(os.environ):
        if secret.is_open(path):
            log.warning("others may read %s, which holds a secret: chmod 600 it", path)
    if settings.console.pair is not None:
        _look_at_certificate(*settings.console.pair)
    from gateway.service import serve  # takes a second; a busy port is told before it

    asyncio.run(serve(settings, config))


def _tell_program(error: Exception) -> None:
    """What ends the gateway, to whoever reads the log by a program: each line is an object."""
    for cause in causes_of(error):
        is_ours = exit_code(cause) is None
        log.critical("%s", sentence_of(cause), exc_info=cause if is_ours else None)


def _look_at_certificate(certificate: Path, key: Path) -> None:
    """Say what keeps the console from speaking HTTPS. Doors are watched all the same, for nobody
    may come to harm by a page that does not open; the console is tried again until it can."""
    from gateway.web.tls import CertificateError, context_of

    try:
        context_of(certificate, key)
    except CertificateError as error:
        log.error("doors are watched, but nobody sees a page until this is mended: %s", error)
