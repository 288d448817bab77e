"""Why a connection could not be opened, whichever library tells it: a few words, no address."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Final

WRAPPED_MAX: Final = 8  # errors of libraries around the one that says why


def cause(error: BaseException) -> str:
    """The first thing in an error, or in those that it was made of, that tells a person why; else
    its kind."""
    for inner in _unwrapped(error):
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate is not believed: {inner.verify_message}"
        if isinstance(inner, ssl.SSLError):
            return f"it does not speak TLS as we do: {(inner.reason or 'no reason').lower()}"
        if isinstance(inner, socket.gaierror):
            return "no name server knows the host"
        number = inner.errno if isinstance(inner, OSError) else None
        if number is not None and number in errno.errorcode:
            return os.strerror(number)
    return type(error).__name__


def _unwrapped(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was made of: libraries hand it on as a cause or an argument."""
    found: BaseException | None = error
    for _ in range(WRAPPED_MAX):
        if found is None:
            return
        yield found
        inner = (one for one in found.args if isinstance(one, BaseException))
        found = found.__cause__ or next(inner, None) or found.__context__
