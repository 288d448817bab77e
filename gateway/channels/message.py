"""An entry of the outbox in words: about one case, about many at once, or about the way itself."""

import secrets
from datetime import tzinfo
from hashlib import blake2b
from typing import Any

from gateway.core.reasons import Reason
from gateway.language.pages import group_text, page_text, text_of_way
from gateway.language.times import day_and_time
from gateway.store.outbox import Entry, code_of, decode_group

OF_PEOPLE = frozenset({Reason.GROUPED, Reason.TEST, Reason.UNREACHABLE})  # of no single case


class Wording:
    """Puts entries into words, with times as the site's clocks show them.

    Args:
        zone: where the site's clocks stand.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._drawn = secrets.token_bytes(16)  # what names a person inside, names nobody outside

    def text(self, entry: Entry) -> tuple[str, str]:
        """(title, body) of an entry as it may leave the house: nothing in it identifies anybody.

        It says when the thing happened, for it may arrive hours later.
        """
        language, reason = entry.language, Reason(entry.reason)
        when = day_and_time(entry.since_ms, language, self._zone)
        code = code_of(entry.sent_id)
        if reason is Reason.GROUPED:
            group = decode_group(entry.about)
            return group_text(language, group.cases, group.breaches, when, code)
        return text_of_way(reason, language, when) or page_text(reason, language, when, code)

    def group(self, entry: Entry) -> dict[str, Any]:
        """Of a grouped page, what a program can do with it: whether it rings, and which page of the
        same conversation it stands for; nothing of any other."""
        if entry.reason != Reason.GROUPED:
            return {}
        group = decode_group(entry.about)
        drawn = blake2b(group.conversation.encode(), digest_size=8, key=self._drawn).hexdigest()
        conversation = drawn if group.conversation else ""
        counts = {"cases": group.cases, "breaches": group.breaches}
        return {"rings": group.rings, "conversation": conversation, **counts}
