"""The way that a press leads by, as tests compare it: the word of what was done, without its mark,
which differs from run to run and from second to second."""

import re

import httpx

from gateway.web.happened import DONE, word_of


def way_to(answer: httpx.Response) -> str:
    """Where an answer leads, its word unmarked."""
    return re.sub(rf"({DONE}=[^~&#]*)~[^&#]*", r"\1", answer.headers["location"])


def saying(where: str, path: str) -> str:
    """An address with the word of what was pressed at this pattern."""
    page, hash_sign, part = where.partition("#")
    sign = "&" if "?" in page else "?"
    return f"{page}{sign}{DONE}={word_of(path)}{hash_sign}{part}"
