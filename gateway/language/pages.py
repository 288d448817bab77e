"""What leaves the house, in words: about one case, about many at once, or about the way itself.

Nothing in it identifies anybody: it says what happened, what to do first, and the case's number.
"""

from collections.abc import Sequence
from typing import Final

from gateway.core.reasons import Reason
from gateway.language.catalogue import N_, say
from gateway.language.reasons import case_number, first_action, reason_word, why_line

CASES_NAMED_MAX: Final = 10  # a phone's screen

_TITLE = N_("Menshen: {what}")
_BODY = N_("{why} {first} Case {number}.")
_BODY_ALONE = N_("{why} {first}")
_GROUP_TITLE = N_("Menshen: {cases} cases at once")
_GROUP_BODY = N_("{cases} cases waited for you, {breaches} of them may be breaches: {numbers}.")
_AND_MORE = N_("{numbers} and {more} more")
_OF_THE_WAY: Final[dict[Reason, tuple[str, str]]] = {
    Reason.TEST: (
        N_("Menshen: daily test"),
        N_("This message reached you. There is nothing to do."),
    ),
    Reason.UNREACHABLE: (
        N_("Menshen: somebody cannot be reached"),
        N_(
            "The daily test did not reach one of your people; others are told instead. "
            "See the list of wardens, and let the telephone be mended."
        ),
    ),
}


def page_text(reason: Reason, language: str, case_id: str, **facts: str) -> tuple[str, str]:
    """(title, body) of a page about a case.

    A page that is about no single case has an empty `case_id`, and no number in its text.
    """
    title = say(_TITLE, language).format(what=reason_word(reason, language))
    body = say(_BODY if case_id else _BODY_ALONE, language).format(
        why=why_line(reason, language, **facts),
        first=first_action(reason, language),
        number=case_number(case_id),
    )
    return title, body


def group_text(
    language: str, cases: int, breaches: int, case_ids: Sequence[str]
) -> tuple[str, str]:
    """(title, body) of a page about so many cases at once, with the numbers of the first few."""
    named = [case_number(case_id) for case_id in case_ids[:CASES_NAMED_MAX]]
    numbers = ", ".join(named)
    more = cases - len(named)
    if more > 0:
        numbers = say(_AND_MORE, language).format(numbers=numbers, more=more)
    title = say(_GROUP_TITLE, language).format(cases=cases)
    body = say(_GROUP_BODY, language)
    return title, body.format(cases=cases, breaches=breaches, numbers=numbers)


def text_of_way(reason: Reason, language: str) -> tuple[str, str] | None:
    """(title, body) of a page about the way to a person; None for a reason that is about a case."""
    if reason not in _OF_THE_WAY:
        return None
    title, body = _OF_THE_WAY[reason]
    return say(title, language), say(body, language)
