"""An address that whoever asks has written: in a header (`Host`, `Origin`, `Referer`) or a form.

`urlsplit` raises at a bracket without its twin, which anybody may send; here it is an empty one.
"""

from typing import Final
from urllib.parse import SplitResult, urlsplit

_NONE: Final = urlsplit("")


def parts_of(address: str) -> SplitResult:
    """The parts of an address; all empty of what is none."""
    try:
        parts = urlsplit(address)
        _ = parts.hostname
    except ValueError:
        return _NONE
    return parts


def host_of(address: str) -> str:
    """The host that it names, in small letters and without its port; empty of what names none."""
    return parts_of(address).hostname or ""
