"""`menshen console-certificate`: what the console needs to speak HTTPS under the site's authority.

Of the settings it reads only where the authority lies, for the whole of them is refused while the
console is open to the network without TLS.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.provisioning import certificates
from gateway.provisioning.certificates import ALWAYS_NAMED, CA_KEY, CONSOLE_CRT, CONSOLE_KEY
from gateway.settings import broker_folder

CONSOLE_FOLDER = "console"  # beside the settings


def console_certificate(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Host names and addresses that people open the pages by."),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(help="The folder of ca.crt and ca.key; else [broker] folder of the settings."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to; else the folder console beside the settings.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Make or renew the console's certificate under the site's own authority, for 397 days.

    Without names, for those that it had. A console that runs takes it within seconds.
    """
    target = out or config.parent / CONSOLE_FOLDER
    issuer = (authority or broker_folder(config)).absolute()
    names = names or _names_before(target / CONSOLE_CRT)
    try:
        end = certificates.make_console_certificate(issuer, target, names, datetime.now(UTC))
        _hand_over(target)
        chain = certificates.chain_in(target / CONSOLE_CRT)
    except ValueError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or target}: {error.strerror}") from error
    say(f"The console's certificate is for {', '.join(certificates.names_in(chain[0]))}")
    say(f"and good until {end.date().isoformat()}. In the settings, under [console]:")
    say("")
    for key, file in (("certificate", CONSOLE_CRT), ("key", CONSOLE_KEY)):
        say(f'    {key} = "{_as_set(target / file, config.parent)}"')
    say("")
    say("Phones come to trust it once, by the page /trust, whose authority has the fingerprint")
    say(certificates.fingerprint(chain[-1]))
    say(f"Take {issuer / CA_KEY} off this machine again: who has it can pose as")
    say("any site to those phones.")


def _names_before(crt: Path) -> list[str]:
    if not crt.exists():
        raise CommandError(
            "name the hosts and addresses by which people open the pages, as in "
            "`menshen console-certificate pi.local 192.168.1.20`",
            MISUSED,
        )
    named = certificates.names_in(certificates.chain_in(crt)[0])
    return [name for name in named if name not in ALWAYS_NAMED]


def _hand_over(target: Path) -> None:
    """Made by root, the files are theirs to whom the folder's surroundings belong: the console's
    own user must read the key."""
    if os.geteuid() != 0:
        return
    owner = target.absolute().parent.stat()
    for path in (target, target / CONSOLE_CRT, target / CONSOLE_KEY):
        os.chown(path, owner.st_uid, owner.st_gid)


def _as_set(path: Path, folder: Path) -> Path:
    """A path as the settings may name it: from their own folder on, or whole."""
    path, folder = path.absolute(), folder.absolute()
    return path.relative_to(folder) if path.is_relative_to(folder) else path
