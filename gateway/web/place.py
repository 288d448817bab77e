"""Where the console was opened, as a browser sees it: what passkeys and providers hold to."""

import ipaddress
from typing import Final

from starlette.requests import HTTPConnection

from gateway.accounts.passkey_sign_in import Place
from gateway.language.catalogue import N_
from gateway.web.context import WebContext
from gateway.web.said_address import host_of

HOST_MAX: Final = 253
NO_NAME: Final = N_(
    "Passkeys need a name: open the console by its name, not by the digits of an address."
)
IN_CLEAR: Final = N_("Passkeys need HTTPS.")
ELSEWHERE: Final = N_("Passkeys are good where phones open the console: {address}")


class NoPlaceError(Exception):
    """No passkey can be used where the console is open; the text is a sentence to translate, whose
    places the facts fill."""

    def __init__(self, sentence: str, **facts: str) -> None:
        super().__init__(sentence)
        self.sentence, self.facts = sentence, facts


def place(context: WebContext, connection: HTTPConnection) -> Place:
    """Where passkeys are good. NoPlaceError where none is."""
    origin = context.visitors.origin(connection)
    host, public = host_of(origin), context.settings.console.public_url
    if public and host != host_of(public):
        raise NoPlaceError(ELSEWHERE, address=public)
    if not host or len(host) > HOST_MAX or _is_address(host):
        raise NoPlaceError(NO_NAME)
    if not origin.startswith("https://") and host != "localhost":
        raise NoPlaceError(IN_CLEAR)
    return Place(host, origin)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdecimal()
    return True
