"""What a photo may cost: the one address to which more than a form is sent, from whom, how long it
may be and take, and how many.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import HTTPConnection

from gateway.accounts.roles import Right, Whose
from gateway.web.answers import API
from gateway.web.visitors import signs_in, visitor

OF_REPORT_MAX: Final = 3
OF_CASE_MAX: Final = 12
SITE_BYTES_MAX: Final = 1_000_000_000
BODY_MAX: Final = 327_680  # 300 kB, and so much more that it can be said
BODY_S: Final = 75.0  # from a stairwell: 300 kB by 40 kbit/s
COMING_MAX: Final = 8  # at once
OF_ONE_MAX: Final = 2  # of them, of one person: a phone that sends slowly keeps no other waiting
WAIT_S: Final = 5  # for a place
MADE_AT_ONCE: Final = 1  # the others wait
READ_AT_ONCE: Final = 2

_PATH = re.compile(re.escape(API) + "/cases/[^/]+/photos")


def is_photo(scope: Mapping[str, Any]) -> bool:
    """Whether this is a photo that comes."""
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return scope["method"] == "POST" and _PATH.fullmatch(path) is not None


def is_strangers(connection: HTTPConnection) -> bool:
    """Whether nobody is signed in who sends it, where people sign in."""
    return signs_in(connection.scope) and visitor(connection) is None


def is_allowed(connection: HTTPConnection) -> bool:
    """Whether who sends it may report on any case at all; which, is looked at later."""
    who = visitor(connection)
    return who is None or who.reach(Right.ANSWER) is not Whose.NOBODYS
