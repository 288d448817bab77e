"""What comes back when there is no page: JSON for programs, and what went wrong.

To a program that is a problem as RFC 9457 has it (`application/problem+json`); its type is always
about:blank, for the status and, with a refused action, the code in `reason` say which it is. To a
person it is a sentence.
"""

from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.language import peoples_text
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import TextError

TAG_BYTES: Final = 16
PROBLEM: Final = "application/problem+json"
METRICS: Final = "/metrics"  # what a monitor asks
API: Final = "/api/v1"  # what programs ask; whatever else is under /api/ is a problem, not a page
RETRY_AFTER_S: Final = {429: 60, 503: 10}  # where nobody knows better
NOT_FOUND = N_("There is nothing under this address.")
SIGN_IN_FIRST = N_("Sign in first; your session here is over, or none was begun.")


class HttpProblem(Exception):
    """What comes instead of the page: an HTTP status and a sentence to translate, whose places the
    facts fill."""

    def __init__(self, status: int, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.facts = status, sentence, facts

    @property
    def more(self) -> dict[str, object]:
        """What a program is told beside the sentence."""
        return {}

    def detail(self, language: str) -> str:
        """The sentence in a language."""
        sentence = say(self.sentence, language)
        return sentence.format(**self.facts) if self.facts else sentence


def peoples_line(text: str, most: int) -> str:
    """A text of people's as it is kept. HttpProblem, with the place, if it cannot be."""
    try:
        return peoples_text.line(text, most)
    except TextError as error:
        raise HttpProblem(422, error.sentence, **error.facts) from None


def optional_line(text: str, most: int) -> str:
    """The same of what may be left out: empty where nothing is seen of it."""
    return peoples_line(text, most) if peoples_text.tidied(text) else ""


def is_api(connection: HTTPConnection) -> bool:
    """Whether a program asks, so that the answer must be JSON, whatever it is."""
    root = str(connection.scope.get("root_path", ""))
    path = connection.url.path.removeprefix(root)
    return path.startswith("/api/") or path == METRICS


def wants_problem(connection: HTTPConnection) -> bool:
    """Whether what went wrong must be JSON: a program asks, or a page's own script."""
    return is_api(connection) or connection.headers.get("accept") == "application/json"


def json_answer(value: Any) -> Response:
    """Done: a value as JSON."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def list_answer(
    request: HTTPConnection, value: Any, grids: frozenset[str] | None = None
) -> Response:
    """A list as JSON under a tag of what stands in it, and for the sight of which grids (None: all)
    it was cut; 304 without it for whoever has it already and says so with `If-None-Match`."""
    body = msgspec.json.encode(value)
    sight = b"" if grids is None else msgspec.json.encode(sorted(grids))
    tag = f'"{blake2b(body, digest_size=TAG_BYTES, key=_short(sight)).hexdigest()}"'
    known = ",".join(request.headers.getlist("if-none-match"))
    if tag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


def retry_after(status: int) -> dict[str, str]:
    """The header that says when to try again, of a status after which that is worth while."""
    seconds = RETRY_AFTER_S.get(status)
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _short(sight: bytes) -> bytes:
    """What tells sights apart, as a key; none for who sees all."""
    return blake2b(sight, digest_size=TAG_BYTES).digest() if sight else b""


def problem_answer(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: object
) -> Response:
    """Not done: a problem, with its sentence in `detail` and what else a program may use."""
    headers, title = retry_after(status) | (headers or {}), HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
    return Response(msgspec.json.encode(problem), status, headers, media_type=PROBLEM)
