"""`menshen console`: the pages, in a process of their own. `menshen run` starts it by itself."""

import asyncio

from gateway.cli import log_lines
from gateway.cli.exit_codes import CommandError
from gateway.cli.listening import listening
from gateway.cli.options import CONFIG, Config
from gateway.settings import load
from gateway.web.limits import humble


def console(config: Config = CONFIG) -> None:
    """Serve the pages of the gateway with these settings. `menshen run` does so by itself."""
    settings = load(config)
    listener = listening(settings)
    humble()
    level = settings.log.level
    log_lines.begin(level if level != "info" else "warning", settings.log.format)
    from gateway.web.server import serve_console  # takes a second; a busy port is told before it
    from gateway.web.tls import CertificateError

    try:
        asyncio.run(serve_console(settings, listener))
    except CertificateError as error:
        raise CommandError(str(error)) from error
