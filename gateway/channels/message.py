"""An entry of the outbox in words: about one case, about many at once, or about the way itself."""

import secrets
from datetime import tzinfo
from hashlib import blake2b
from typing import Any, Self

from gateway.core.cases.number import case_number
from gateway.core.reasons import MATTERS, TESTS, Reason, Severity, severity
from gateway.language.pages import (
    Waiting,
    group_text,
    page_text,
    short_group_text,
    short_text,
    text_of_way,
)
from gateway.language.times import day_and_time
from gateway.settings import Settings
from gateway.store.outbox import Entry, code_of, decode_group

OF_PEOPLE = TESTS | {Reason.GROUPED, Reason.UNREACHABLE}  # of no single case


class Wording:
    """Puts entries into words, with times as the site's clocks show them.

    Args:
        zone: where the site's clocks stand.
        public_url: where phones reach the console, without a / at its end; empty for nowhere.
    """

    def __init__(self, zone: tzinfo, public_url: str = "") -> None:
        self._zone, self._public_url = zone, public_url
        self._drawn = secrets.token_bytes(16)  # what names a person inside, names nobody outside

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the site's settings want it."""
        return cls(settings.zone, settings.console.public_url)

    def text(self, entry: Entry) -> tuple[str, str]:
        """(title, body) of an entry as it may leave the house: nothing in it identifies anybody.

        It says when the thing happened, for it may arrive hours later. Where phones reach the
        console, a line of its own is the link to it, which signs nobody in and changes nothing.
        """
        title, body = self._words(entry)
        link = self.link(entry)
        return title, f"{body}\n{link}" if link else body

    def short(self, entry: Entry) -> str:
        """An entry for a text message, which is paid for by the part (`text_parts`): when, how much
        it matters, what, its number and the link."""
        language, reason = entry.language, Reason(entry.reason)
        when = day_and_time(entry.since_ms, language, self._zone)
        if reason is Reason.GROUPED:
            waiting, code = _waiting(entry), code_of(entry.sent_id)
            text = short_group_text(self.severity(entry), language, waiting, when, code)
        else:
            number = _number(entry)
            text = short_text(reason, language, when, number)
        link = self.link(entry)
        return f"{text}\n{link}" if link else text

    def link(self, entry: Entry) -> str:
        """The address that leads from a page to what it is about; empty where there is none."""
        if not self._public_url or entry.reason == Reason.TEST:
            return ""
        if entry.reason in MATTERS:
            return f"{self._public_url}/requests"
        if entry.case_id and entry.reason != Reason.GROUPED:  # as short as a text message wants it
            return f"{self._public_url}/c/{case_number(entry.case_id).replace('-', '')}"
        return f"{self._public_url}/pages/{entry.sent_id}"

    def severity(self, entry: Entry) -> Severity:
        """How much an entry matters: of a grouped page, the worst of its cases."""
        if entry.reason != Reason.GROUPED:
            return severity(Reason(entry.reason))
        return Severity.CRITICAL if decode_group(entry.about).breaches else Severity.ERROR

    def _words(self, entry: Entry) -> tuple[str, str]:
        language, reason = entry.language, Reason(entry.reason)
        when = day_and_time(entry.since_ms, language, self._zone)
        if reason is Reason.GROUPED:
            code = code_of(entry.sent_id)
            return group_text(self.severity(entry), language, _waiting(entry), when, code)
        number = _number(entry)
        return text_of_way(reason, language, when) or page_text(reason, language, when, number)

    def group(self, entry: Entry) -> dict[str, Any]:
        """Of a grouped page, what a program can do with it: whether it rings, and which page of the
        same conversation it stands for; nothing of any other."""
        if entry.reason != Reason.GROUPED:
            return {}
        group = decode_group(entry.about)
        drawn = blake2b(group.conversation.encode(), digest_size=8, key=self._drawn).hexdigest()
        conversation = drawn if group.conversation else ""
        return {"rings": group.rings, "conversation": conversation, **_waiting(entry)._asdict()}


def _waiting(entry: Entry) -> Waiting:
    """What a grouped page stands for."""
    group = decode_group(entry.about)
    return Waiting(group.cases - group.matters, group.breaches, group.matters)


def _number(entry: Entry) -> str:
    """Of the case that an entry is about; empty where it is about none, or a household's matter."""
    is_of_case = bool(entry.case_id) and entry.reason not in MATTERS
    return case_number(entry.case_id) if is_of_case else ""
