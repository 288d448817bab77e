"""What happened, one line each in the log: openings, cases, pages. Ids only.

`journalctl -u menshen | grep w17` then answers whether a warden was paged at 20:06, by which
channel, and what came of it. The lines of a batch are written at once, when it is true and
everybody has been told: to log each by itself took a seventh of the gateway's time.
"""

import logging

from gateway.core.effects import CaseMoved, Effect, OpeningBegan, OpeningEnded
from gateway.store.outbox import Entry

log = logging.getLogger("menshen.events")


class EventLog:
    """The lines of one batch."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def effect(self, effect: Effect) -> None:
        """An opening began or ended, or a case went on; of anything else there is no line."""
        match effect:
            case OpeningBegan(opening_id=opening_id, reason=reason):
                self._add("opening %s began: %s", opening_id, reason)
            case OpeningEnded(opening_id=opening_id):
                self._add("opening %s ended", opening_id)
            case CaseMoved(case=case, by=by):
                who = "a rule" if by is None else by.actor_id
                self._add("case %s is %s: %s, by %s", case.case_id, case.state, case.reason, who)

    def page(self, entry: Entry) -> None:
        """A page that is due, or that was delivered by being stored."""
        how = "due" if entry.done_ms is None else "there to be read"
        self._add(_PAGE + "%s", *_of(entry), how)

    def attempt(self, entry: Entry) -> None:
        """What came of a try. Only the first failure of a page has a line, and its end."""
        if entry.done_ms is not None:
            self._add(_PAGE + "taken at try %d", *_of(entry), entry.tries)
        elif entry.ended is not None:
            self._add(_PAGE + "not needed any more: %s", *_of(entry), entry.ended)
        elif entry.gave_up:
            self._add(_PAGE + "given up after try %d: %s", *_of(entry), entry.tries, entry.error)
        elif entry.tries == 1:
            self._add(_PAGE + "try 1 failed: %s", *_of(entry), entry.error)

    def write(self) -> None:
        """The lines to the log, as one message."""
        if self._lines:
            log.info("%s", "\n".join(self._lines))

    def _add(self, words: str, *values: object) -> None:
        self._lines.append(words % values)


_PAGE = "page %s of case %s to %s by %s, %s: "


def _of(entry: Entry) -> tuple[object, ...]:
    to = entry.warden_id or "the site's webhook"
    return entry.page_id, entry.case_id or "none", to, entry.channel, entry.reason
