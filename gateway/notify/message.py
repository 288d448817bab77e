"""What an entry of the outbox says: about one case, about many at once, or about the way itself."""

import msgspec

from gateway.core.reasons import Reason
from gateway.language.catalogue import N_, say
from gateway.language.reasons import case_number, page_text
from gateway.store.outbox import Entry, Group

OF_PEOPLE = frozenset({Reason.GROUPED, Reason.TEST, Reason.UNREACHABLE})  # of no single case
CASES_NAMED_MAX = 10  # a phone's screen
_decode_group = msgspec.json.Decoder(Group).decode

_GROUP_TITLE = N_("Menshen: {cases} cases at once")
_GROUP_BODY = N_("{cases} cases waited for you, {breaches} of them may be breaches: {numbers}.")
_AND_MORE = N_("{numbers} and {more} more")
_TEST_TITLE = N_("Menshen: daily test")
_TEST_BODY = N_("This message reached you. There is nothing to do.")
_UNREACHABLE_TITLE = N_("Menshen: somebody cannot be reached")
_UNREACHABLE_BODY = N_(
    "The daily test did not reach one of your people; others are told instead. "
    "See the list of wardens, and let the telephone be mended."
)


def message_text(entry: Entry) -> tuple[str, str]:
    """(title, body) of an entry as it may leave the house: nothing in it identifies anybody."""
    language, reason = entry.language, Reason(entry.reason)
    if reason is Reason.GROUPED:
        return _group_text(_decode_group(entry.about), language)
    if reason is Reason.TEST:
        return say(_TEST_TITLE, language), say(_TEST_BODY, language)
    if reason is Reason.UNREACHABLE:
        return say(_UNREACHABLE_TITLE, language), say(_UNREACHABLE_BODY, language)
    return page_text(reason, language, entry.case_id)


def _group_text(group: Group, language: str) -> tuple[str, str]:
    named = [case_number(case_id) for case_id in group.case_ids[:CASES_NAMED_MAX]]
    numbers = ", ".join(named)
    more = group.cases - len(named)
    if more > 0:
        numbers = say(_AND_MORE, language).format(numbers=numbers, more=more)
    title = say(_GROUP_TITLE, language).format(cases=group.cases)
    body = say(_GROUP_BODY, language)
    return title, body.format(cases=group.cases, breaches=group.breaches, numbers=numbers)
