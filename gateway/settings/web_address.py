"""A web address, taken apart by the one function that settings, enrolment and sending share.

What is accepted where it is written can therefore be sent to; what cannot is refused there, with a
sentence that repeats nothing secret: of an address only its host is ever said.
"""

import base64
import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

ADDRESS_CHARACTERS_MAX: Final = 2_000
_PORTS: Final = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBERS = re.compile(r"[0-9.]+|0x[0-9a-f.x]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\s]")
_PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~?[]|"


class WebAddress(NamedTuple):
    """The parts of an address, as a request wants them. `login` is a value of `Authorization`."""

    scheme: str  # http or https
    host: str  # a name in ASCII, or an IP address without brackets
    port: int
    path: str  # with the query, percent-encoded, beginning with /
    login: str | None = None

    @property
    def host_and_port(self) -> str:
        """For the header `Host`, and for logs: nothing secret stands in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def web_address(text: str) -> WebAddress:
    """Take an address apart.

    Args:
        text: what somebody wrote, such as `https://example.org:8443/hook?key=…`.

    Returns:
        Its parts; a host in other scripts as its ASCII name.

    Raises:
        ValueError: nothing can be sent there. The text is a clause such as "its port is none".
    """
    if len(text) > ADDRESS_CHARACTERS_MAX:
        raise ValueError(f"it is longer than {ADDRESS_CHARACTERS_MAX} characters")
    if _UNSAFE.search(text):
        raise ValueError("a space, a backslash or a control character stands in it")
    try:
        parts = urlsplit(text)
        name = parts.hostname or ""
    except ValueError:
        raise ValueError(
            "its host cannot be read (a full-width sign, or a bracket without its twin?)"
        ) from None
    if parts.scheme not in _PORTS:
        raise ValueError("it must begin with http:// or https://")
    return WebAddress(
        parts.scheme, _host(name), _port(parts), _path(parts.path, parts.query), _login(parts)
    )


def without_path(text: str) -> str:
    """An address as it may be shown: what may hold a secret (login, path, query) is left out."""
    scheme, colon, rest = text.partition("://")
    if not colon:
        return text
    place = re.split(r"[/?#]", rest, maxsplit=1)
    host = place[0].rpartition("@")[2]
    hidden = "…@" if "@" in place[0] else ""
    return f"{scheme}://{hidden}{host}" + ("/…" if len(place) > 1 and place[1] else "")


def _host(name: str) -> str:
    if not name:
        raise ValueError("it has no host")
    if "%" in name:
        raise ValueError("a zone or an escape stands in its host")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if ":" in name:
        raise ValueError("its host is no IPv6 address")
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.lower().removesuffix(".").split(".")
    if _NUMBERS.fullmatch(ascii_name.lower()) or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("its host is neither a name nor an IP address")
    if len(ascii_name) > 253:
        raise ValueError("its host is too long")
    return ascii_name.lower()


def _port(parts) -> int:  # type: ignore[no-untyped-def]
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError("its port is not one of 1 to 65535")
    return port or _PORTS[parts.scheme]


def _path(path: str, query: str) -> str:
    whole = quote(path or "/", safe=_PATH_SAFE)
    return f"{whole}?{quote(query, safe=_PATH_SAFE)}" if query else whole


def _login(parts) -> str | None:  # type: ignore[no-untyped-def]
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
