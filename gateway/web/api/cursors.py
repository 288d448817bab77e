"""Where a list goes on: `next` of an answer, which a program gives back as `cursor`.

A cursor is the keys of the last rows, one of each list that the answer has (null of one that is at
its end), and says nothing that is not in the answer. It is good for as long as one likes, for it
says a place and not a page: what comes or goes meanwhile moves nothing.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Query

from gateway.core.no_json import NO_JSON
from gateway.language.catalogue import N_
from gateway.store.records import Key, Part, R
from gateway.web.answers import HttpProblem

LIMIT: Final = 100  # of each list in an answer, where nothing is asked for
LIMIT_MAX: Final = 1_000
CURSOR_MAX: Final = 1_024  # characters

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="how many, of each list")]
Cursor = Annotated[
    str | None, Query(max_length=CURSOR_MAX, description="`next` of the answer before")
]
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
K = TypeVar("K", bound=tuple[Any, ...])

NO_CURSOR = N_("This cursor is none of this list; begin without one.")


class Cursors(Generic[K]):
    """The cursors of one address. `kind`: a tuple with a key's type, or None, for each list."""

    def __init__(self, kind: type[K]) -> None:
        self._decoder: msgspec.json.Decoder[K] = msgspec.json.Decoder(kind)

    def read(self, cursor: str | None) -> K | None:
        """The keys that a program gave back; None at the beginning. HttpProblem if it is none."""
        if cursor is None:
            return None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            return self._decoder.decode(base64.b64decode(padded, b"-_", validate=True))
        except (*NO_JSON, ValueError, binascii.Error):
            raise HttpProblem(422, NO_CURSOR) from None


def written(keys: Sequence[Key | None]) -> str | None:
    """The cursor behind these keys; None where every list is at its end."""
    if all(key is None for key in keys):
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def goes_on(
    keys: Sequence[Key | None] | None, number: int, read: Callable[..., Part[R]]
) -> Part[R]:
    """What follows in one list of several; nothing where it was at its end already."""
    if keys is None:
        return read(after=None)
    after = keys[number]
    return Part() if after is None else read(after=after)
