"""Every sentence that a person reads about a reason, in one place and both languages.

What leaves the house (`page_text`) names no door and no person: it says what happened, what to do
first, and the number under which the console tells the rest.
"""

from enum import StrEnum

from gateway.core.reason import Reason
from gateway.notify.catalogue import N_, say

_WORDS: dict[Reason, str] = {
    Reason.MALFORMED: N_("Unreadable message"),
    Reason.TRUNCATED: N_("Message too short"),
    Reason.OVERSIZED: N_("Message too long"),
    Reason.UNKNOWN_VERSION: N_("Unknown version"),
    Reason.UNKNOWN_SEAL: N_("Unknown seal"),
    Reason.WRONG_KEY: N_("Wrong key"),
    Reason.REPLAYED: N_("Replayed message"),
    Reason.BELOW_MARK: N_("Outdated message"),
    Reason.DUPLICATE: N_("Repeated report"),
    Reason.NO_DOOR: N_("Seal without a door"),
    Reason.NO_PERMIT: N_("Opened without a permit"),
    Reason.PERMIT: N_("Announced opening"),
    Reason.NO_ORDER: N_("No order"),
    Reason.ORDER_NOT_BEGUN: N_("Order not begun"),
    Reason.ORDER_OVER: N_("Order over"),
    Reason.OPENED_BLIND: N_("Opened unheard"),
    Reason.PERMIT_OVERSTAYED: N_("Open too long"),
    Reason.COVER_TAMPER: N_("Seal's cover opened"),
    Reason.MAGNET_TAMPER: N_("Seal's magnet disturbed"),
    Reason.REFUSALS: N_("Many refused messages"),
    Reason.CHATTER: N_("Contact flutters"),
    Reason.ANNOUNCED_LATE: N_("Announced afterwards"),
}

_WHY: dict[Reason, str] = {
    Reason.MALFORMED: N_("The message could not be read, so it was refused."),
    Reason.TRUNCATED: N_("The message was cut short, so it was refused."),
    Reason.OVERSIZED: N_("The message was longer than any report, so it was refused."),
    Reason.UNKNOWN_VERSION: N_("The message is of a version that this gateway does not know."),
    Reason.UNKNOWN_SEAL: N_("No seal of this name is enrolled here."),
    Reason.WRONG_KEY: N_("The message was not sealed with this seal's key."),
    Reason.REPLAYED: N_("This very message was received before: a repeat, or a recording."),
    Reason.BELOW_MARK: N_("The message is older than one that was received already."),
    Reason.DUPLICATE: N_("The seal repeated a report that was stored already."),
    Reason.NO_DOOR: N_("The seal hangs on no door yet."),
    Reason.NO_PERMIT: N_("The door opened, and nobody had announced it."),
    Reason.PERMIT: N_("The opening was announced; nobody was disturbed."),
    Reason.NO_ORDER: N_("There is no order on this door: recorded only."),
    Reason.ORDER_NOT_BEGUN: N_("The order has not begun yet: recorded only."),
    Reason.ORDER_OVER: N_("The order is over: recorded only."),
    Reason.OPENED_BLIND: N_("The door opened while the seal could not be heard."),
    Reason.PERMIT_OVERSTAYED: N_("The announced time is over, and the door still stands open."),
    Reason.COVER_TAMPER: N_("The cover of the seal was opened."),
    Reason.MAGNET_TAMPER: N_("A strange magnet is near the seal, or its own is gone."),
    Reason.REFUSALS: N_("Many messages under this seal's name were refused."),
    Reason.CHATTER: N_("The contact opens and shuts faster than any door; it is not believed."),
    Reason.ANNOUNCED_LATE: N_("The opening was announced afterwards, in time; the case is closed."),
}

# Where the caller knows more: the facts that the sentence needs, and the sentence.
_WHY_WITH: dict[Reason, tuple[tuple[str, ...], str]] = {
    Reason.PERMIT: (("who", "why"), N_("Announced by {who}: {why}. Nobody was disturbed.")),
    Reason.OPENED_BLIND: (
        ("earliest", "latest"),
        N_("The door opened between {earliest} and {latest}, when the seal was not heard."),
    ),
    Reason.PERMIT_OVERSTAYED: (
        ("who", "why"),
        N_("Announced by {who}: {why}. That time is over, and the door still stands open."),
    ),
}

_FIRST: dict[Reason, str] = {
    Reason.NO_PERMIT: N_("Ring the household first. If nobody answers, go and look."),
    Reason.OPENED_BLIND: N_("Ask the household by telephone, then let the signal be checked."),
    Reason.PERMIT_OVERSTAYED: N_("Ask the household by telephone to shut the door."),
    Reason.COVER_TAMPER: N_("Go and look at the seal."),
    Reason.MAGNET_TAMPER: N_("Go and look at the seal."),
    Reason.CHATTER: N_("Send the installer: magnet, gap or wire. The door is not seen meanwhile."),
    Reason.REFUSALS: N_("Look whether the seal is in its place, then call the engineer."),
}
_NOTHING = N_("There is nothing to do.")
_PAGE_TITLE = N_("Menshen: {what}")
_PAGE_BODY = N_("{why} {first} Case {number}.")


class Outcome(StrEnum):
    """How a case ended, as a code for the record; closing takes one tap."""

    IN_ORDER = "in_order"
    LAWFUL = "lawful"
    EXPLAINED = "explained"
    REPORTED = "reported"
    SEAL_FAULT = "seal_fault"


_OUTCOMES: dict[str, str] = {
    Outcome.IN_ORDER: N_("All in order: everybody at home, door shut"),
    Outcome.LAWFUL: N_("Lawful, only not announced"),
    Outcome.EXPLAINED: N_("Spoke with the household, rules explained"),
    Outcome.REPORTED: N_("Order broken: reported onward"),
    Outcome.SEAL_FAULT: N_("The seal is at fault: installer called"),
    # A rule ended it, and no person.
    Reason.ANNOUNCED_LATE: N_("By itself: the opening was announced afterwards"),
    Reason.ORDER_OVER: N_("By itself: the order is over"),
}


def reason_word(reason: Reason, language: str) -> str:
    """A name of one to four words, for headings and tables."""
    return say(_WORDS[reason], language)


def why_line(reason: Reason, language: str, **facts: str) -> str:
    """Why, in one sentence. With the facts that are known: who, why; earliest, latest."""
    needed, sentence = _WHY_WITH.get(reason, ((), ""))
    if sentence and all(facts.get(fact) for fact in needed):
        return say(sentence, language).format(**{fact: facts[fact] for fact in needed})
    return say(_WHY[reason], language)


def first_do(reason: Reason, language: str) -> str:
    """What the warden does first: the cheapest check that can end it."""
    return say(_FIRST.get(reason, _NOTHING), language)


def outcome_word(outcome: str, language: str) -> str:
    """What an outcome's code means; a code of another making is shown as it is."""
    return say(_OUTCOMES[outcome], language) if outcome in _OUTCOMES else outcome


def case_number(case_id: str) -> str:
    """A case's number as people say it: the end of the seal's id, and the report's number."""
    seal, dash, rest = case_id.partition("-")
    return f"{seal[-4:]}{dash}{rest}"


def page_text(reason: Reason, language: str, case_id: str) -> tuple[str, str]:
    """(title, body) of a page as it may leave the house: nothing in it identifies anybody."""
    title = say(_PAGE_TITLE, language).format(what=reason_word(reason, language))
    body = say(_PAGE_BODY, language).format(
        why=why_line(reason, language),
        first=first_do(reason, language),
        number=case_number(case_id),
    )
    return title, body
