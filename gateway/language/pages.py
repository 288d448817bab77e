"""What leaves the house, in words: about one case, about many at once, or about the way itself.

Nothing in it identifies anybody, nor lets anybody count what one home does: it says how much it
matters, what happened and when, what to do first, and a number that leads to the case for those who
may see it: the case's own, which tells of no door, or a code that was drawn for this page alone.
"""

from typing import Final

from gateway.core.reasons import Reason, Severity, severity
from gateway.language.catalogue import N_, say
from gateway.language.reasons import first_action, reason_word, severity_word, why_line

_TITLE = N_("Menshen: {what}")
_BODY = N_("{severity}, {when}: {why} {first}")
_NUMBERED = N_("{text} Case {number}.")
_GROUP_TITLE = N_("Menshen: {cases} cases at once")
_GROUP_BODY = N_(
    "{severity}: {cases} cases wait for you, the first since {when}; {breaches} of them may be "
    "breaches. Which they are stands in your inbox. Page {code}."
)
_SHORT: Final = N_("{severity}, {when}: {what}. Case {number}")
_SHORT_GROUP: Final = N_("{severity}, {when}: {cases} cases. Page {code}")
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


def group_text(
    worst: Severity, language: str, cases: int, breaches: int, when: str, code: str
) -> tuple[str, str]:
    """(title, body) of a page about so many cases at once, the first of which began at `when`. The
    worst of them says how much it matters."""
    title = say(_GROUP_TITLE, language).format(cases=cases)
    word = severity_word(worst, language)
    body = say(_GROUP_BODY, language).format(
        severity=word, cases=cases, breaches=breaches, when=when, code=code
    )
    return title, body


def short_text(reason: Reason, language: str, when: str, number: str = "") -> str:
    """A page in a text message: how much it matters, when it happened, what, and its number."""
    what = reason_word(reason, language)
    if not number:
        return say(_SHORT_WAY, language).format(when=when, what=what)
    word = severity_word(severity(reason), language)
    return say(_SHORT, language).format(severity=word, when=when, what=what, number=number)


def short_group_text(worst: Severity, language: str, cases: int, when: str, code: str) -> str:
    """The same, about many cases at once."""
    word = severity_word(worst, language)
    return say(_SHORT_GROUP, language).format(severity=word, when=when, cases=cases, code=code)


def text_of_way(reason: Reason, language: str, when: str) -> tuple[str, str] | None:
    """(title, body) of a page about the way to a person; None for a reason that is about a case."""
    if reason not in _OF_THE_WAY:
        return None
    title, body = _OF_THE_WAY[reason]
    return say(title, language), say(body, language).format(when=when)
