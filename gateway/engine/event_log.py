"""What happened, one line each in the log: openings, cases, pages. Ids only.

`journalctl -u menshen | grep w17` then answers whether a warden was paged at 20:06, by which
channel, and what came of it. The lines of a batch are written at once, when it is true and
everybody has been told: to log each by itself took a seventh of the gateway's time. Beside its
words each has its ids by name, for who reads the log by a program (`[log] format = "json"`).
"""

import logging

from gateway.core.effects import CaseMoved, Effect, OpeningBegan, OpeningEnded
from gateway.store.outbox import HOUSEHOLD, Entry

log = logging.getLogger("menshen.events")


class EventLog:
    """The lines of one batch."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._happened: list[dict[str, object]] = []

    def effect(self, effect: Effect) -> None:
        """An opening began or ended, or a case went on; of anything else there is no line."""
        match effect:
            case OpeningBegan(opening_id=opening_id, reason=reason):
                words = f"opening {opening_id} began: {reason}"
                self._add(words, event="opening_began", opening=opening_id, reason=reason)
            case OpeningEnded(opening_id=opening_id):
                words = f"opening {opening_id} ended"
                self._add(words, event="opening_ended", opening=opening_id)
            case CaseMoved(case=case, by=by):
                who = "a rule" if by is None else by.actor_id
                words = f"case {case.case_id} is {case.state}: {case.reason}, by {who}"
                self._add(
                    words,
                    event="case",
                    case=case.case_id,
                    state=case.state,
                    reason=case.reason,
                    by=None if by is None else by.actor_id,
                )

    def page(self, entry: Entry) -> None:
        """A page that is due, or that was delivered by being stored."""
        is_due = entry.done_ms is None
        self._page(entry, "due" if is_due else "there to be read", "due" if is_due else "stored")

    def attempt(self, entry: Entry) -> None:
        """What came of a try. Only the first failure of a page has a line, and its end."""
        if entry.done_ms is not None:
            self._page(entry, f"taken at try {entry.tries}", "taken")
        elif entry.ended is not None:
            self._page(entry, f"not needed any more: {entry.ended}", "ended")
        elif entry.gave_up:
            self._page(entry, f"given up after try {entry.tries}: {entry.error}", "given_up")
        elif entry.tries == 1:
            self._page(entry, f"try 1 failed: {entry.error}", "failed")

    def write(self) -> None:
        """The lines to the log, as one message."""
        if self._lines:
            log.info("%s", "\n".join(self._lines), extra={"happened": self._happened})

    def _page(self, entry: Entry, how: str, state: str) -> None:
        others = "a household" if entry.channel == HOUSEHOLD else "the site's webhook"
        to, case_id = entry.warden_id or others, entry.case_id or "none"
        self._add(
            f"page {entry.page_id} of case {case_id} to {to} by {entry.channel}, "
            f"{entry.reason}: {how}",
            event="page",
            state=state,
            page=entry.page_id,
            case=entry.case_id or None,
            to=entry.warden_id,
            channel=entry.channel,
            reason=entry.reason,
            tries=entry.tries,
            error=entry.error,
        )

    def _add(self, words: str, **facts: object) -> None:
        self._lines.append(words)
        self._happened.append({**facts, "message": words})
