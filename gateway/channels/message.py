"""An entry of the outbox in words: about one case, about many at once, or about the way itself."""

from datetime import tzinfo

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
