"""What an answer over HTTP proves: that a page was taken, or why it was not. By code, not by words.

A status of 2xx alone proves nothing: many services answer 200 and put the error into the body, and
so does whoever stands between us and them (a captive portal, a proxy that wants a login).
"""

import json
from collections.abc import Mapping
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
# What a field `code` holds where all is well; services do not agree on it.
_CODES_OF_SUCCESS: Final = frozenset({"0", "1", "ok", "success", "succeeded", "none", "true"})
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
    error = _error_in(said)
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
    said = _error_in(fields_of(answer.body))
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
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def words(text: object) -> str:
    """What the other end says, short and on one line, for a log."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    line = " ".join(line.split())
    return line if len(line) <= WORDS_MAX else line[: WORDS_MAX - 1] + "…"


def _error_in(said: Mapping[str, Any]) -> str | None:
    """The error that a JSON body holds, by the names that services give it; None if it has none."""
    for name in ("errcode", "StatusCode", "errorcode", "error_code"):
        if name in said and str(said[name]) not in ("0", "None"):
            return _named(name, said)
    for name in ("ok", "success", "Success"):
        if said.get(name) is False or str(said.get(name)).lower() == "false":
            return _named(name, said)
    if "code" in said and not _is_success(said["code"]):
        return _named("code", said)
    for name in ("error", "errors"):
        if said.get(name) not in (None, "", 0, False, [], {}):
            return words(f"{name} {said[name]}")
    return None


def _is_success(code: object) -> bool:
    text = str(code).lower()
    return text in _CODES_OF_SUCCESS or (text.isdigit() and (text[:1] == "2" or text == "1000"))


def _named(name: str, said: Mapping[str, Any]) -> str:
    told = next(
        (said[key] for key in ("errmsg", "msg", "message", "error", "info") if said.get(key)), ""
    )
    return words(f"{name} {said[name]} {told}")
