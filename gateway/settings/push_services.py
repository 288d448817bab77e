"""Which push services a phone may be reached by, and who stands behind our requests to them.

A browser chooses its push service itself, and names it to us: without a list, whoever has a phone
here could let the gateway post to any host. A service is named by its host, or by `*.` before the
end of it; they are asked over HTTPS. One on this machine (an ntfy of the site's own, say) is named
by its whole origin, such as `http://127.0.0.1:8181`.
"""

import re
from collections.abc import Iterable
from typing import Final

from gateway.settings.values import host_name, is_loopback
from gateway.settings.web_address import WebAddress, web_address

# Who a push service can write to: a name that all the world knows, for Apple refuses others.
_MAIL = re.compile(r"mailto:[^@\s,]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_UNKNOWN: Final = (".local", ".localhost", ".invalid", ".test", ".lan", ".home.arpa")


def contact(text: str) -> str:
    """Whom a push service can ask about us, or nothing. ValueError for what Apple refuses."""
    if not text:
        return text
    is_page = text.startswith("https://") and "." in web_address(text).host
    host = web_address(text).host if is_page else text.lower()
    if not (is_page or _MAIL.fullmatch(text)) or host.endswith(_UNKNOWN):
        raise ValueError
    return text


def service(text: str) -> str:
    """A host, `*.` and the end of one, or an origin on this machine."""
    if "://" not in text:
        return host_name(text.removeprefix("*.").lower()) and text.lower()
    try:
        here = web_address(text)
    except ValueError:
        raise ValueError from None
    if not is_loopback(here.host) or here.path != "/" or here.login is not None:
        raise ValueError
    return text.rstrip("/")


def is_allowed(endpoint: WebAddress, services: Iterable[str]) -> bool:
    """Whether one of the services has this endpoint: its host alone decides, never its path."""
    for known in services:
        if "://" in known:
            if web_address(known)[:3] == endpoint[:3]:
                return True
        elif endpoint.scheme == "https" and endpoint.port == 443 and _has(known, endpoint.host):
            return True
    return False


def _has(known: str, host: str) -> bool:
    return host.endswith(known[1:]) if known.startswith("*.") else host == known
