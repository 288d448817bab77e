"""What a service answered to a library that tells us only yes or no.

Apprise's plugins speak through `requests` and throw the answer away. While a thread listens here,
each of its requests leaves its answer, or why there was none; other threads are not touched.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from gateway.channels.http_answer import BODY_BYTES_MAX, Answer
from gateway.channels.http_client import UnreachableError

_here = threading.local()
_once = threading.Lock()


@contextlib.contextmanager
def overheard() -> Iterator[list[Answer | UnreachableError]]:
    """A list that fills with what this thread's requests are answered, in their order."""
    _listen()
    heard: list[Answer | UnreachableError] = []
    _here.heard = heard
    try:
        yield heard
    finally:
        _here.heard = None


def _listen() -> None:
    """Stand between `requests` and its callers, once in a process."""
    import requests  # with Apprise, which needs it

    with _once:
        if getattr(requests.Session.send, "is_overheard", False):
            return
        send = requests.Session.send

        def overheard_send(self: Any, request: Any, **how: Any) -> Any:
            heard = getattr(_here, "heard", None)
            if heard is None:
                return send(self, request, **how)
            try:
                answer = send(self, request, **how)
            except requests.RequestException as error:
                heard.append(UnreachableError(type(error).__name__))
                raise
            headers = {name.lower(): value for name, value in answer.headers.items()}
            body = b"" if how.get("stream") else answer.content[:BODY_BYTES_MAX]
            heard.append(Answer(answer.status_code, headers, body))
            return answer

        overheard_send.is_overheard = True  # type: ignore[attr-defined]
        requests.Session.send = overheard_send  # type: ignore[method-assign]
