"""A milestone as the event that leaves the house. Pure: the same bytes whenever it is made again.

The body is PagerDuty's (Events API v2), which most receivers of alarms take, with the three fields
that GoAlert reads beside it. Cases, grids and events have names there that a key makes of their own
ids: the same ones for ever, and nobody outside can go back from them.
"""

import hmac
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from gateway.core.cases.milestones import Happened
from gateway.core.duration import SECOND_MS
from gateway.core.reasons import Reason, severity
from gateway.feeds.milestone_log import MilestoneRow
from gateway.language.reasons import why_line

NAME_CHARACTERS: Final = 32  # 128 bits

# What a receiver of alarms is to do about it. What came before a resolve stays acknowledged.
ACTIONS: Final = {
    Happened.RAISED: "trigger",
    Happened.PAGED: "trigger",
    Happened.ESCALATED: "trigger",
    Happened.HANDED_OVER: "trigger",
    Happened.ACKNOWLEDGED: "acknowledge",
    Happened.ON_THE_WAY: "acknowledge",
    Happened.ON_SITE: "acknowledge",
    Happened.REPORTED: "acknowledge",
    Happened.TAKEN_BACK: "acknowledge",
    Happened.ASSESSED: "acknowledge",
    Happened.SIGNED_OFF: "acknowledge",
    Happened.CLOSED: "resolve",
}

_encode = msgspec.json.Encoder().encode


class UnreadableRowError(Exception):
    """A row that is no milestone as we know one. The text says what is wrong with it."""


class FeedEvent(NamedTuple):
    """What is posted: its id is the same on every try, and its case's events share a key."""

    event_id: str
    dedup_key: str
    body: bytes


class Namer:
    """Gives what has a name inside another one, outside.

    Args:
        key: of the feed; `MilestoneLog.begin` has it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def name(self, kind: str, own: str) -> str:
        """NAME_CHARACTERS hexadecimal digits."""
        named = hmac.digest(self._key, f"{kind}\n{own}".encode(), "sha256")
        return named.hex()[:NAME_CHARACTERS]


def event(
    row: MilestoneRow, namer: Namer, site_id: str, language: str, routing_key: str | None = None
) -> FeedEvent:
    """The event of a milestone.

    Args:
        row: the milestone.
        namer: makes the names that leave the house.
        site_id: the site's random id.
        language: of the one sentence in it, "zh" or "en".
        routing_key: where the receiver wants one in the body; None for none.

    Raises:
        UnreadableRowError: an earlier or later release wrote what this one cannot read.
    """
    try:
        happened, reason = Happened(row.happened), Reason(row.reason)
    except ValueError as error:
        raise UnreadableRowError(f"the milestone of event {row.journal_id}: {error}") from error
    dedup_key = namer.name("case", row.case_id)
    own = f"{row.journal_id}.{row.part} {row.at_ms} {row.happened} {row.case_id}"
    event_id, summary = namer.name("event", own), why_line(reason, language)
    details = {
        "state": row.state,
        "openings": row.openings,
        "since": _time(row.since_ms),
    }
    if row.proof is not None:
        details["proof"] = row.proof
    said: dict[str, Any] = {
        "event_id": event_id,
        "event": happened,
        "event_action": ACTIONS[happened],
        "dedup_key": dedup_key,
        "payload": {
            "summary": summary,
            "source": site_id,
            "severity": severity(reason),
            "timestamp": _time(row.at_ms),
            "class": reason,
            "group": namer.name("grid", row.grid_id) if row.grid_id else "",
            "custom_details": details,
        },
        "summary": summary,
        "dedup": dedup_key,
    }
    if happened is Happened.CLOSED:
        said["action"] = "close"
    if routing_key:
        said["routing_key"] = routing_key
    return FeedEvent(event_id, dedup_key, _encode(said))


def _time(at_ms: int) -> str:
    """A time of UTC as RFC 3339 writes it, with milliseconds."""
    try:
        at = datetime.fromtimestamp(at_ms // SECOND_MS, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableRowError(f"{at_ms} ms is no time") from error
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % SECOND_MS:03d}Z"
