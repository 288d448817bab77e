"""An entry of the outbox in words: about one case, about many at once, or about the way itself."""

from typing import Any

from gateway.core.reasons import Reason
from gateway.language.pages import group_text, page_text, text_of_way
from gateway.store.outbox import Entry, decode_group

OF_PEOPLE = frozenset({Reason.GROUPED, Reason.TEST, Reason.UNREACHABLE})  # of no single case


def group_of(entry: Entry) -> dict[str, Any]:
    """Of a grouped page, what a program can do with it: whether it rings, and which page of the
    same conversation it stands for; nothing of any other."""
    if entry.reason != Reason.GROUPED:
        return {}
    group = decode_group(entry.about)
    known = {"cases": group.cases, "case_ids": group.case_ids}
    return {"rings": group.rings, "conversation": group.conversation, **known}


def message_text(entry: Entry) -> tuple[str, str]:
    """(title, body) of an entry as it may leave the house: nothing in it identifies anybody."""
    language, reason = entry.language, Reason(entry.reason)
    if reason is Reason.GROUPED:
        group = decode_group(entry.about)
        return group_text(language, group.cases, group.breaches, group.case_ids)
    return text_of_way(reason, language) or page_text(reason, language, entry.case_id)
