"""What an answer over HTTP proves: that a page was taken, or why it was not. By code, not by words.

A status of 2xx alone proves nothing: many services answer 200 and put the error into the body, and
so does whoever stands between us and them (a captive portal, a proxy that wants a login).
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.core.duration import HOUR_MS, SECOND_MS
from gateway.core.evidence import Evidence

HELPS_LATER: Final = frozenset({408, 409, 421, 423, 425, 429})  # of the 4xx, what time may mend
WAIT_MS_MAX: Final = HOUR_MS  # so long a service is believed that wants to be left alone
UNPROVEN_MS: Final = 30 * SECOND_MS  # after an answer that nobody understands
WORDS_MAX: Final = 80  # of what the other end says, for the log and the screens
_HTML = (b"<!doctype html", b"<html", b"<head", b"<script", b"<meta")
# Names as they are compared: in small letters, without what stands between their words. Services do
# not agree on any of them, nor on what stands there where all is well.
_CODES: Final = ("errcode", "errorcode", "errno", "statuscode")
_FLAGS: Final = ("ok", "success", "successful", "issuccess")
_STATES: Final = ("status", "state", "result", "outcome")
_ERRORS: Final = ("error", "errors", "err", "errortext")
_NONE: Final = frozenset({"", "0", "ok", "success", "succeeded", "none", "null"})
_WELL: Final = _NONE | {"1", "true"}
_ILL: Final = frozenset(
    [
        *("fail", "failed", "failure", "error", "errored", "rejected", "refused", "denied"),
        *("undelivered", "undeliverable", "invalid", "blocked", "expired", "false", "no"),
        *("canceled", "cancelled", "unauthorized", "forbidden"),
    ]
)
_WORDED: Final = re.compile(
    r"\W*(?:err(?:or)?|fail(?:ed|ure)?|denied|invalid|unauthori[sz]ed|forbidden)\b", re.IGNORECASE
)
# What an answer is put into, and how far we look into it: what a service makes of each recipient.
_INSIDE: Final = ("response", "data", "result", "results", "messages", "message", "sendstatusset")
_DEPTH_MAX: Final = 4
_ITEMS_MAX: Final = 16
_QUEUED: Final = frozenset({"queued", "pending", "scheduled", "accepted", "sending", "enqueued"})


def judged(answer: Answer, host: str) -> Evidence:
    """What an answer proves, by the rules that hold for any service.

    Args:
        answer: what came.
        host: who answered, as it may stand in a log.

    Returns:
        ACCEPTED, or QUEUED if the other end only says that it will see to it.

    Raises:
        DeliveryError: it was not taken, or it is not proved that it was.
    """
    need_status(answer, host)
    need_no_page(answer, host)
    said = fields_of(answer.body)
    error = _error_of(answer.body)
    if error is not None:
        raise DeliveryError(f"{host} answered {answer.status} with an error inside: {error}")
    is_queued = answer.status == 202 or str(said.get("status", "")).lower() in _QUEUED
    return Evidence.QUEUED if is_queued else Evidence.ACCEPTED


def need_status(answer: Answer, host: str) -> None:
    """DeliveryError for a status other than 2xx, with how long the other end wants to wait."""
    status = answer.status
    if 200 <= status < 300:
        return
    permanent = 300 <= status < 500 and status not in HELPS_LATER
    wait_ms = asked_wait_ms(answer.headers) if status in (429, 503) else None
    said = _error_of(answer.body)
    inside = f": {said}" if said else ""
    raise DeliveryError(f"{host} answered {status}{inside}", permanent, wait_ms)


def need_no_page(answer: Answer, host: str) -> None:
    """DeliveryError for a page that is meant for a browser: somebody stands in between."""
    if answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        raise DeliveryError(
            f"{host} answered with a web page, so something on the way (a sign-in page, a proxy) "
            "has taken its place",
            wait_ms=UNPROVEN_MS // 6,
        )


def asked_wait_ms(headers: Mapping[str, str]) -> int | None:
    """What `Retry-After` asks for, in ms and at most WAIT_MS_MAX; None where it asks nothing."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:9]) * SECOND_MS, WAIT_MS_MAX)
    try:
        at = parsedate_to_datetime(said)
        # From its own clock to its own clock, for ours may differ.
        now_text = headers.get("date", "")
        now = parsedate_to_datetime(now_text) if now_text else datetime.now(UTC)
        wait_ms = int((at - now).total_seconds() * SECOND_MS)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0, min(wait_ms, WAIT_MS_MAX))


def fields_of(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; empty if it is none."""
    said = _said(body)
    return said if isinstance(said, dict) else {}


def words(text: object) -> str:
    """What the other end says, short and on one line, for a log."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    line = " ".join(line.split())
    return line if len(line) <= WORDS_MAX else line[: WORDS_MAX - 1] + "…"


def _said(body: bytes) -> Any:
    """The body as JSON; as text where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:WORDS_MAX].decode(errors="replace")


def _error_of(body: bytes) -> str | None:
    """The error that an answer holds; None if it has none."""
    said = _said(body)
    if isinstance(said, str):
        return words(said) if _WORDED.match(said) else None
    return _error_in(said, 0)


def _error_in(said: Any, depth: int) -> str | None:
    """The error that JSON holds, by the names that services give it; None if it has none."""
    inner: Iterable[Any] = said[:_ITEMS_MAX] if isinstance(said, list) else ()
    if isinstance(said, dict):
        named = {re.sub("[^a-z]", "", name.lower()): name for name in reversed(said)}
        for name in named:
            if _is_error(name, said[named[name]], depth):
                return _named(named[name], said)
        inner = (said[named[name]] for name in _INSIDE if name in named)
    if depth >= _DEPTH_MAX:
        return None
    found = (_error_in(one, depth + 1) for one in inner)
    return next(filter(None, found), None)


def _is_error(name: str, value: Any, depth: int) -> bool:
    """Whether a field of this name says that something went wrong."""
    text = _text(value)
    if name in _CODES:
        return text not in _NONE and not (name == "statuscode" and _is_status_of_success(text))
    if name == "code":  # further in it may be anything that a service calls so
        return not (text in _WELL or _is_status_of_success(text)) if depth == 0 else text in _ILL
    if name in _FLAGS:
        return text in ("0", "false", "no")
    if name in _STATES:
        return text in _ILL or _is_status_of_failure(text)
    return name in _ERRORS and text not in _WELL and value not in (False, [], {})


def _text(value: Any) -> str:
    """A value as it is compared; a number as it is written, however long."""
    return json.dumps(value).lower() if isinstance(value, int | float) else str(value).lower()


def _is_status_of_success(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text[:1] == "2" or text == "1000")


def _is_status_of_failure(text: str) -> bool:
    is_number = re.fullmatch(r"-\d{1,9}|[45]\d\d", text, re.ASCII)
    return is_number is not None


def _named(name: str, said: Mapping[str, Any]) -> str:
    told = next(
        (said[key] for key in ("errmsg", "msg", "message", "error", "info") if said.get(key)), ""
    )
    return words(f"{name} {said[name]} {told}")
