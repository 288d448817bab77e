"""The ids that the forms of a page are given, so that the same pressed twice is done once.

Such an id is no meaning. What is done by a form is named by the form's id and by all that is said
with it, so that another wish by the same page, which a browser may have kept for days, is another
act. Where what the same wish made is over, whoever does it names it anew.
"""

import re
import secrets
from hashlib import blake2b
from typing import Annotated, Final

import msgspec
from fastapi import Form

Offered = Annotated[str, Form(max_length=16)]  # as a form sends it back
_OFFER: Final = re.compile(r"[0-9a-f]{16}")


def new_offer() -> str:
    """An id for the forms of a page."""
    return secrets.token_hex(8)


def is_offer(offered: str) -> bool:
    """Whether this is an id as `new_offer` gives them."""
    return _OFFER.fullmatch(offered) is not None


def id_of(offered: str, *words: object) -> str:
    """The id of what is said by a form: 16 hex digits.

    Args:
        offered: the form's own, as it came.
        words: all that is said with it, of whom and about what; JSON can hold it.

    Returns:
        The same for the same; a random one where the form had none.
    """
    return id_of_words(offered, *words) if is_offer(offered) else new_offer()


def id_of_words(*words: object) -> str:
    """The same of words alone, one of which is the id of what brought them."""
    return blake2b(msgspec.json.encode(words), digest_size=8).hexdigest()
