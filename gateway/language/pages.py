"""What leaves the house, in words: about one case, about many at once, or about the way itself.

Nothing in it identifies anybody, nor lets anybody count what one home does: it says how much it
matters, what happened and when, what to do first, and a number that leads to the case for those who
may see it: the case's own, which tells of no door, or a code that was drawn for this page alone.
"""

from typing import Final, NamedTuple, TypeVar

from gateway.core.reasons import Reason, Severity, severity
from gateway.language.catalogue import N_, say
from gateway.language.reasons import first_action, reason_word, severity_word, why_line

T = TypeVar("T")
_TITLE = N_("Menshen: {what}")
_BODY = N_("{severity}, {when}: {why} {first}")
_NUMBERED = N_("{text} Case {number}.")
_GROUP_TITLE = N_("Menshen: {cases} cases at once")
_GROUP_BODY = N_(
    "{severity}: {cases} cases wait for you, the first since {when}; {breaches} of them may be "
    "breaches. Which they are stands in your inbox. Page {code}."
)
_MATTERS_TITLE = N_("Menshen: household matters: {matters}")
_MATTERS_BODY = N_(
    "{severity}: matters of households wait for you: {matters}, the first since {when}. What they "
    "are stands in your inbox. Page {code}."
)
_BOTH_TITLE = N_("Menshen: cases: {cases}, household matters: {matters}")
_BOTH_BODY = N_(
    "{severity}: for you wait cases: {cases}, and matters of households: {matters}, the first "
    "since {when}; {breaches} of them may be breaches. Which they are stands in your inbox. Page "
    "{code}."
)
_SHORT: Final = N_("{severity}, {when}: {what}. Case {number}")
_SHORT_GROUP: Final = N_("{severity}, {when}: {cases} cases. Page {code}")
_SHORT_MATTERS: Final = N_("{severity}, {when}: household matters: {matters}. Page {code}")
_SHORT_BOTH: Final = N_(
    "{severity}, {when}: cases: {cases}, household matters: {matters}. Page {code}"
)
_SHORT_WAY: Final = N_("{when}: {what}")
_OF_THE_WAY: Final[dict[Reason, tuple[str, str]]] = {
    Reason.TEST: (
        N_("Menshen: daily test"),
        N_("{when}: this message reached you. There is nothing to do."),
    ),
    Reason.TEST_PAGE: (
        N_("Menshen: test page"),
        N_("{when}: this is a test; nothing has happened. Open it, and press “Got it”."),
    ),
    Reason.UNREACHABLE: (
        N_("Menshen: somebody cannot be reached"),
        N_(
            "{when}: the daily test did not reach one of your people; others are told instead. "
            "See the list of wardens, and let the telephone be mended."
        ),
    ),
}


def page_text(
    reason: Reason, language: str, when: str, number: str = "", **facts: str
) -> tuple[str, str]:
    """(title, body) of a page about a case, or about what is none.

    Args:
        reason: what it is about.
        language: whose words.
        when: the time at which it happened, as the site's clocks show it.
        number: of its case, as people say it; empty where it is about none.
        facts: what the sentence of the reason asks for.
    """
    title = say(_TITLE, language).format(what=reason_word(reason, language))
    body = say(_BODY, language).format(
        severity=severity_word(severity(reason), language),
        when=when,
        why=why_line(reason, language, **facts),
        first=first_action(reason, language),
    )
    if number:
        body = say(_NUMBERED, language).format(text=body, number=number)
    return title, body


class Waiting(NamedTuple):
    """What a page stands for: so many cases, so many of them breaches, and so many matters of
    households, which are no cases: requests, disputes, questions of health."""

    cases: int
    breaches: int = 0
    matters: int = 0


def group_text(
    worst: Severity, language: str, waiting: Waiting, when: str, code: str
) -> tuple[str, str]:
    """(title, body) of a page about many at once, the first of which began at `when`. The worst of
    them says how much it matters."""
    title, body = _of_group(
        waiting,
        (_GROUP_TITLE, _GROUP_BODY),
        (_MATTERS_TITLE, _MATTERS_BODY),
        (_BOTH_TITLE, _BOTH_BODY),
    )
    counts, word = waiting._asdict(), severity_word(worst, language)
    body = say(body, language).format(severity=word, when=when, code=code, **counts)
    return say(title, language).format(**counts), body


def short_text(reason: Reason, language: str, when: str, number: str = "") -> str:
    """A page in a text message: how much it matters, when it happened, what, and its number."""
    what = reason_word(reason, language)
    if not number:
        return say(_SHORT_WAY, language).format(when=when, what=what)
    word = severity_word(severity(reason), language)
    return say(_SHORT, language).format(severity=word, when=when, what=what, number=number)


def short_group_text(worst: Severity, language: str, waiting: Waiting, when: str, code: str) -> str:
    """The same, in a text message."""
    word, counts = severity_word(worst, language), waiting._asdict()
    text = _of_group(waiting, _SHORT_GROUP, _SHORT_MATTERS, _SHORT_BOTH)
    return say(text, language).format(severity=word, when=when, code=code, **counts)


def _of_group(waiting: Waiting, of_cases: T, of_matters: T, of_both: T) -> T:
    """The words for what waits: cases, matters of households, or both."""
    if not waiting.matters:
        return of_cases
    return of_both if waiting.cases else of_matters


def text_of_way(reason: Reason, language: str, when: str) -> tuple[str, str] | None:
    """(title, body) of a page about the way to a person; None for a reason that is about a case."""
    if reason not in _OF_THE_WAY:
        return None
    title, body = _OF_THE_WAY[reason]
    return say(title, language), say(body, language).format(when=when)
