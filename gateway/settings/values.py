"""What single values may be: each check returns the value, or raises ValueError for pydantic.

The text of such an error is never shown where the field has a description: that says what is
allowed, in words for a person.
"""

import ipaddress
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from gateway.language.peoples_text import TextError, line
from gateway.settings.web_address import web_address, without_path

NAME_CHARACTERS_MAX = 60
SHOWN_CHARACTERS_MAX = 60
LINK_CHARACTERS_MAX = 200  # every page carries it, and some ways charge for each 67
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*")


def host_name(text: str) -> str:
    """A host name or an IP address."""
    if _HOST_NAME.fullmatch(text) is None and not _is_address(text):
        raise ValueError
    return text


def url(text: str) -> str:
    """An http or https address, or nothing. Names and passwords in it would land in logs."""
    try:
        login = web_address(text).login if text else None
    except ValueError:
        raise ValueError from None  # its text would stand for the whole sentence
    if login is not None:
        raise ValueError
    return text


def public_url(text: str) -> str:
    """The https address at which others reach the console, under a path of a proxy's at most, or
    nothing; without the / at its end."""
    if not text:
        return ""
    url(text)
    parts = urlsplit(text)
    if parts.scheme != "https" or "?" in text or "#" in text or len(text) > LINK_CHARACTERS_MAX:
        raise ValueError
    address = web_address(text)
    if is_loopback(address.host):
        raise ValueError
    return f"https://{address.host_and_port}{address.path}".rstrip("/")


def path(text: object) -> Path:
    """The path of a file; a folder's or none at all is caught where it is opened."""
    if isinstance(text, Path):
        return text
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise ValueError
    return Path(text)


def network(text: str) -> str:
    """An IP address, or a network of them."""
    ipaddress.ip_network(text, strict=False)
    return text


def one_line(text: str) -> str:
    """A name for people, on one line, not blank."""
    try:
        return line(text, NAME_CHARACTERS_MAX)
    except TextError:
        raise ValueError from None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reached(host: str) -> str:
    """The address by which this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def shown(value: object) -> str:
    """A value as TOML writes it, cut to a length that fits into a sentence. Of an address, wherever
    it stands, without what may hold a secret."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a section"
    if isinstance(value, str):
        value = without_path(value)
    plain = isinstance(value, str | bool | int | float)
    text = json.dumps(value if plain else str(value), ensure_ascii=False)
    return cut(visible(text))


def cut(text: str) -> str:
    """A value or a name, no longer than fits into a sentence."""
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 1] + "…"


def visible(text: str) -> str:
    """What nobody would see in a text, or what would turn its line about, as an escape."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
