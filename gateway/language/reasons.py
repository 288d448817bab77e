"""Every sentence that a person reads about a reason, in one place and both languages.

What leaves the house (pages.py) names no door and no person: it says what happened, what to do
first, and the number under which the console tells the rest.
"""

from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason, Severity
from gateway.language.catalogue import N_, say

_WORDS: dict[Reason, str] = {
    Reason.MALFORMED: N_("Unreadable message"),
    Reason.TRUNCATED: N_("Message too short"),
    Reason.OVERSIZED: N_("Message too long"),
    Reason.UNKNOWN_VERSION: N_("Unknown version"),
    Reason.UNKNOWN_SEAL: N_("Unknown seal"),
    Reason.WRONG_KEY: N_("Wrong key"),
    Reason.REPLAYED: N_("Replayed message"),
    Reason.BELOW_MARK: N_("Outdated message"),
    Reason.UNPROVED: N_("Message not proved yet"),
    Reason.DUPLICATE: N_("Repeated report"),
    Reason.HELD_BACK: N_("Report held back"),
    Reason.NO_DOOR: N_("Seal without a door"),
    Reason.NO_PERMIT: N_("Opened without a permit"),
    Reason.OPENED_IN_DOUBT: N_("Opened, clock in doubt"),
    Reason.PERMIT: N_("Announced opening"),
    Reason.NO_ORDER: N_("No order"),
    Reason.ORDER_NOT_BEGUN: N_("Order not begun"),
    Reason.ORDER_OVER: N_("Order over"),
    Reason.OPENED_BLIND: N_("Opened unheard"),
    Reason.ALLOWANCE: N_("Allowed opening"),
    Reason.VISIT: N_("Work at the seal"),
    Reason.PERMIT_OVERSTAYED: N_("Open too long"),
    Reason.OPEN_TOO_LONG: N_("Open longer than allowed"),
    Reason.VISIT_OVERSTAYED: N_("Open after the visit"),
    Reason.OPEN_AFTER_RESTART: N_("Found open"),
    Reason.FOUND_OPEN: N_("Stands open"),
    Reason.COVER_TAMPER: N_("Seal's cover opened"),
    Reason.MAGNET_TAMPER: N_("Seal's magnet disturbed"),
    Reason.REFUSALS: N_("Many refused messages"),
    Reason.CHATTER: N_("Contact flutters"),
    Reason.SILENT: N_("Seal not heard"),
    Reason.SILENT_OPEN: N_("Not heard since the door opened"),
    Reason.SILENT_AFTER_OPENING: N_("Is the door shut?"),
    Reason.SILENT_TAMPERED: N_("Not heard since it was touched"),
    Reason.PATH_SILENT: N_("One of two ways is silent"),
    Reason.OUTAGE: N_("Outage"),
    Reason.CANARY: N_("Proof of the way"),
    Reason.CANARY_MISSED: N_("Pages may not arrive"),
    Reason.UNREACHABLE: N_("Person not reached"),
    Reason.REVIEW_WAITS: N_("Waits for review"),
    Reason.WATCH_LOST: N_("The watch is lost"),
    Reason.STORE_FAILING: N_("Nothing could be stored"),
    Reason.DISK_LOW: N_("Disk nearly full"),
    Reason.CLOCK_DOUBTED: N_("Clock in doubt"),
    Reason.CERTIFICATE_ENDS: N_("Certificate ends"),
    Reason.CHANNEL_FAILING: N_("Pages do not arrive"),
    Reason.FORGERY: N_("Forged messages"),
    Reason.FLOOD: N_("A seal sends too much"),
    Reason.MEMORY_ENDS: N_("An older copy was put back"),
    Reason.TWIN: N_("A second gateway runs"),
    Reason.POISONED: N_("Stored data damaged"),
    Reason.BULK_READING: N_("Somebody reads in bulk"),
    Reason.UNREACHED: N_("Somebody cannot be reached"),
    Reason.RECEIVER_LOST: N_("Bluetooth receiver away"),
    Reason.NETWORK_AWAY: N_("Wi-Fi of one place away"),
    Reason.UNCERTIFIED: N_("Doors not sealed yet"),
    Reason.REQUEST_ASKED: N_("A household asks for something"),
    Reason.DOCTOR_ASKED: N_("A household asks for a doctor"),
    Reason.DISPUTE_RAISED: N_("A record is disputed"),
    Reason.DISPUTE_LATE: N_("A dispute waits too long"),
    Reason.HEALTH_UNSAID: N_("No health report today"),
    Reason.UNWELL: N_("Somebody is not well"),
    Reason.ORDER_ENDED: N_("An order has ended"),
    Reason.ANNOUNCED_LATE: N_("Announced afterwards"),
    Reason.HEARD_AGAIN: N_("Heard again"),
    Reason.SETTLED: N_("Contact settled"),
    Reason.RECEIVED_AGAIN: N_("Pages arrive again"),
    Reason.DOOR_ENDED: N_("Door out of use"),
    Reason.OPENED_BESIDE: N_("Part of another opening"),
    Reason.PROVED_LAWFUL: N_("Lawful after all"),
    Reason.TROUBLE_OVER: N_("Over by itself"),
    Reason.PERMITS_FULL: N_("Too many permits"),
    Reason.GROUPED: N_("Several things at once"),
    Reason.TEST: N_("Daily test"),
    Reason.TEST_PAGE: N_("Test page"),
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
    Reason.UNPROVED: N_(
        "An older copy of the database was put back, and this seal has not proved itself since."
    ),
    Reason.DUPLICATE: N_("The seal repeated a report that was stored already."),
    Reason.HELD_BACK: N_(
        "Its copies show that it was held back on its way, by a broker or by somebody between."
    ),
    Reason.NO_DOOR: N_("The seal hangs on no door yet."),
    Reason.REQUEST_ASKED: N_("A household asks for something to be brought, fetched or arranged."),
    Reason.DOCTOR_ASKED: N_("A household asks for a doctor."),
    Reason.DISPUTE_RAISED: N_("A household says that a record of it is wrong."),
    Reason.DISPUTE_LATE: N_(
        "A dispute has not been answered within the time that the site states."
    ),
    Reason.HEALTH_UNSAID: N_("A household has not said today how they are; that is no fault."),
    Reason.UNWELL: N_("A household says that somebody there is not well."),
    Reason.ORDER_ENDED: N_(
        "One order or more in your grid have ended: nobody is told any more of what those doors do."
    ),
    Reason.NO_PERMIT: N_("The door opened, and nobody had announced it."),
    Reason.OPENED_IN_DOUBT: N_(
        "The door opened, and the gateway's clock is in doubt: perhaps it was allowed, perhaps not."
    ),
    Reason.PERMIT: N_("The opening was announced; nobody was disturbed."),
    Reason.NO_ORDER: N_("There is no order on this door: recorded only."),
    Reason.ORDER_NOT_BEGUN: N_("The order has not begun yet: recorded only."),
    Reason.ORDER_OVER: N_("The order is over: recorded only."),
    Reason.OPENED_BLIND: N_("The door opened while the seal could not be heard."),
    Reason.PERMIT_OVERSTAYED: N_("The announced time is over, and the door still stands open."),
    Reason.ALLOWANCE: N_("One of the day's openings that the order allows; nobody was disturbed."),
    Reason.VISIT: N_(
        "Somebody worked at the seal or tested it, as announced; nobody was disturbed."
    ),
    Reason.OPEN_TOO_LONG: N_("The door has stood open for longer than its order allows."),
    Reason.VISIT_OVERSTAYED: N_(
        "The work at the seal is over, and the door that was opened for it still stands open."
    ),
    Reason.OPEN_AFTER_RESTART: N_(
        "The seal is heard again and sees the door open, which was shut when it was last heard."
    ),
    Reason.FOUND_OPEN: N_("The door stands open, and nobody saw it open; nobody announced it."),
    Reason.COVER_TAMPER: N_("The cover of the seal was opened."),
    Reason.MAGNET_TAMPER: N_("A strange magnet is near the seal, or its own is gone."),
    Reason.REFUSALS: N_("Many messages under this seal's name were refused."),
    Reason.CHATTER: N_("The contact opens and shuts faster than any door; it is not believed."),
    Reason.SILENT: N_(
        "The seal has not been heard for a while; battery, signal and power are the usual causes."
    ),
    Reason.SILENT_OPEN: N_(
        "The seal was last heard while its door was open, so nobody knows yet that it is shut."
    ),
    Reason.SILENT_AFTER_OPENING: N_(
        "The seal has not been heard since a lawful opening, so nobody knows yet that the door is "
        "shut. The household may answer; else a warden asks, by day."
    ),
    Reason.PATH_SILENT: N_(
        "The seal is heard, and its door watched, but on one of its two ways only (network, "
        "Bluetooth)."
    ),
    Reason.SILENT_TAMPERED: N_(
        "The seal has not been heard since its cover or its magnet was out of place."
    ),
    Reason.OUTAGE: N_(
        "Many seals fell silent together: something that they share has failed, power or network."
    ),
    Reason.CANARY: N_("The canary's door opened, to prove that pages arrive; it does so all day."),
    Reason.CANARY_MISSED: N_(
        "No phone has signed for the canary's pages, so other pages may not arrive either."
    ),
    Reason.UNREACHABLE: N_(
        "The daily test did not reach a person on the on-call schedule, so pages would not either."
    ),
    Reason.REVIEW_WAITS: N_(
        "A case was reported long ago, and nobody has assessed it or signed it off since."
    ),
    Reason.WATCH_LOST: N_(
        "Most of the site is not heard, or its broker is away: nobody sees these doors."
    ),
    Reason.STORE_FAILING: N_(
        "The gateway could store nothing for a while; reports waited in the seals meanwhile."
    ),
    Reason.DISK_LOW: N_("The gateway's disk is nearly full; when it is full, nothing is watched."),
    Reason.CLOCK_DOUBTED: N_("The gateway's clock cannot be right, or nobody knows whether it is."),
    Reason.CERTIFICATE_ENDS: N_(
        "A certificate of the broker or the console ends soon, or has ended; then no seal is heard,"
        " or no page opens."
    ),
    Reason.CHANNEL_FAILING: N_(
        "Nobody can be told by one of the ways: pages by it do not go out, or do not arrive."
    ),
    Reason.FORGERY: N_("Many messages of many seals were refused: somebody forges them."),
    Reason.FLOOD: N_("One seal sends far more than any door can: a fault, or somebody else."),
    Reason.MEMORY_ENDS: N_(
        "The gateway runs with an older copy of its database: what came after it is not known."
    ),
    Reason.TWIN: N_("A second gateway with the same data runs and takes the seals' reports away."),
    Reason.POISONED: N_(
        "Something that is stored cannot be read; what belongs to it stands still."
    ),
    Reason.BULK_READING: N_(
        "One account opened more than a hundred doors, cases or people within a minute; it was "
        "stopped."
    ),
    Reason.RECEIVER_LOST: N_(
        "The gateway's Bluetooth receiver hears nothing; openings come over the network alone."
    ),
    Reason.NETWORK_AWAY: N_(
        "The seals of one place are heard by Bluetooth alone: their Wi-Fi is away. They are "
        "watched."
    ),
    Reason.UNREACHED: N_(
        "No way has reached one of your people for long; pages go to others instead."
    ),
    Reason.UNCERTIFIED: N_(
        "An order runs at doors that do not count as sealed: they have no seal, or none that "
        "passed its walk test there."
    ),
    Reason.ANNOUNCED_LATE: N_("The opening was announced afterwards, in time; the case is closed."),
    Reason.HEARD_AGAIN: N_("What was silent is heard again."),
    Reason.SETTLED: N_("The contact has come to rest and is believed again."),
    Reason.RECEIVED_AGAIN: N_("A phone has signed for the canary's page again."),
    Reason.DOOR_ENDED: N_("The door was taken out of use."),
    Reason.OPENED_BESIDE: N_(
        "It was part of an announced opening at the household's other door, heard of later."
    ),
    Reason.PROVED_LAWFUL: N_(
        "What was heard later shows that the opening was lawful; the case is closed."
    ),
    Reason.TROUBLE_OVER: N_("What was wrong is over, before anybody took the case."),
    Reason.PERMITS_FULL: N_("The door has as many permits as it may have, so none was added."),
    Reason.GROUPED: N_("Several things came at once, so they are told in one page."),
    Reason.TEST: N_("This is the daily test of the way to you."),
    Reason.TEST_PAGE: N_("This is a test; nothing has happened."),
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
    Reason.ANNOUNCED_LATE: (
        ("who", "why", "told"),
        N_("Announced afterwards by {who}: {why}. Told before that: {told}."),
    ),
    Reason.GROUPED: (
        ("count", "breaches"),
        N_("Came at once: {count}; doors opened or seals touched among them: {breaches}."),
    ),
}

_FIRST_ACTION: dict[Reason, str] = {
    Reason.NO_PERMIT: N_("Ring the household first. If nobody answers, go and see."),
    Reason.OPENED_IN_DOUBT: N_("Compare with what was announced, then ask; accuse nobody."),
    Reason.OPENED_BLIND: N_("Ask the household by telephone, then let the signal be checked."),
    Reason.PERMIT_OVERSTAYED: N_("Ask the household by telephone to shut the door."),
    Reason.OPEN_TOO_LONG: N_("Ask the household by telephone to shut the door."),
    Reason.VISIT_OVERSTAYED: N_("Ring whoever worked there, then the household: is the door shut?"),
    Reason.OPEN_AFTER_RESTART: N_("Ring the household first. If nobody answers, go and see."),
    Reason.FOUND_OPEN: N_("Ring the household first. If nobody answers, go and see."),
    Reason.COVER_TAMPER: N_("Go and check the seal."),
    Reason.MAGNET_TAMPER: N_("Go and check the seal."),
    Reason.CHATTER: N_("Send the installer: magnet, gap or wire. The door is not seen meanwhile."),
    Reason.REFUSALS: N_("See whether the seal is in its place, then call the engineer."),
    Reason.SILENT: N_("Send the installer: battery, signal, power."),
    Reason.SILENT_OPEN: N_(
        "Ask the household by telephone whether the door is shut, then send the installer."
    ),
    Reason.SILENT_AFTER_OPENING: N_(
        "Ask the household by telephone whether the door is shut; the installer knows of the seal."
    ),
    Reason.SILENT_TAMPERED: N_("Go and check the seal."),
    Reason.PATH_SILENT: N_("Send the installer: signal at the door, and what changed there."),
    Reason.OUTAGE: N_("Send the installer to what they share: power, network, access point."),
    Reason.CANARY_MISSED: N_(
        "Ring the warden on duty, then call the engineer: network, gateway, message service."
    ),
    Reason.UNREACHABLE: N_("Ring that person, and let the phone's messages be checked."),
    Reason.REVIEW_WAITS: N_("Open the cases in review and begin with the oldest."),
    Reason.WATCH_LOST: N_(
        "Let the doors be watched by people, and look at power, network, broker and gateway."
    ),
    Reason.STORE_FAILING: N_("Look at the gateway's disk or card, and make a copy at once."),
    Reason.DISK_LOW: N_("Make room on the gateway's disk today."),
    Reason.CLOCK_DOUBTED: N_("Compare the gateway's clock with a right one and correct it."),
    Reason.CERTIFICATE_ENDS: N_(
        "Let the engineer renew it (menshen broker-config, menshen console-certificate)."
    ),
    Reason.CHANNEL_FAILING: N_("Ring those who depend on it, and let the engineer see to it."),
    Reason.FORGERY: N_("Call the engineer, and look at the seals and the network in their place."),
    Reason.FLOOD: N_("Look at the seal in its place, then call the engineer."),
    Reason.MEMORY_ENDS: N_("Ask what happened since that copy, then look at each door once."),
    Reason.TWIN: N_("Stop one of the two gateways."),
    Reason.POISONED: N_("Call the engineer: menshen check names what cannot be read."),
    Reason.BULK_READING: N_(
        "Let the auditor see who it was (menshen audit), ask them, and end their session if need "
        "be."
    ),
    Reason.RECEIVER_LOST: N_("Let the engineer look at its plug and at menshen check."),
    Reason.NETWORK_AWAY: N_(
        "Let the engineer look at the access point there: its power, its cable, its Wi-Fi's name."
    ),
    Reason.UNREACHED: N_(
        "Ring that person: who it is stands among the wardens. Let the phone be mended, then send "
        "a test page."
    ),
    Reason.UNCERTIFIED: N_(
        "Hang and test their seals today: which doors they are stands on the page of walk tests."
    ),
    Reason.REQUEST_ASKED: N_("Take the request, so that the household sees that somebody comes."),
    Reason.DOCTOR_ASKED: N_("Ring the household at once; if a life is in danger, ring 120."),
    Reason.DISPUTE_RAISED: N_("Name somebody who was no part of the record to look at it."),
    Reason.DISPUTE_LATE: N_("Let it be answered today, or name another to answer it."),
    Reason.HEALTH_UNSAID: N_("Ring the household and ask how they are."),
    Reason.UNWELL: N_("Ring the household and ask what they need."),
    Reason.ORDER_ENDED: N_("There is nothing to do. Which they are stands in your inbox."),
    Reason.TEST_PAGE: N_("Press “Got it”, so that others see that pages reach you."),
    Reason.GROUPED: N_("Open the list and begin at the top."),
}
_NOTHING = N_("There is nothing to do.")

_SEVERITIES: dict[Severity, str] = {
    Severity.CRITICAL: N_("Critical"),
    Severity.ERROR: N_("Major"),
    Severity.WARNING: N_("Minor"),
}
_OUTCOMES: dict[str, str] = {
    Outcome.IN_ORDER: N_("All in order: everybody at home, door shut"),
    Outcome.LAWFUL: N_("Lawful, only not announced"),
    Outcome.EXPLAINED: N_("Spoke with the household, rules explained"),
    Outcome.RETURNED: N_("Left and came back: at home now, door shut"),
    Outcome.ABSENT: N_("Left, and not back"),
    Outcome.NO_ANSWER: N_("Knocked and rang, no answer"),
    Outcome.FALSE_CONTACT: N_("False alarm: the contact"),
    Outcome.FALSE_DRAUGHT: N_("False alarm: a draught"),
    Outcome.FALSE_CHILD: N_("False alarm: a child"),
    Outcome.FALSE_PET: N_("False alarm: a pet"),
    Outcome.TAMPERED: N_("Somebody touched the seal"),
    Outcome.HANDED_ON: N_("Handed on: the note says to whom"),
    Outcome.REPORTED: N_("Order broken: reported onward"),
    Outcome.SEAL_FAULT: N_("The seal is at fault: installer called"),
    Outcome.REPAIRED: N_("Repaired or replaced: works again"),
    Outcome.SUPPLY: N_("Power or network had failed"),
    # A rule ended it, and no person.
    Reason.ANNOUNCED_LATE: N_("By itself: the opening was announced afterwards"),
    Reason.ORDER_OVER: N_("By itself: the order is over"),
    Reason.HEARD_AGAIN: N_("By itself: heard again"),
    Reason.OUTAGE: N_("By itself: an outage explains the silence"),
    Reason.SETTLED: N_("By itself: the contact has settled"),
    Reason.RECEIVED_AGAIN: N_("By itself: pages arrive again"),
    Reason.DOOR_ENDED: N_("By itself: the door was taken out of use"),
    Reason.OPENED_BESIDE: N_(
        "By itself: part of an announced opening at the household's other door"
    ),
    Reason.PROVED_LAWFUL: N_("By itself: what was heard later shows that it was lawful"),
    Reason.TROUBLE_OVER: N_("By itself: it is over"),
}


def reason_word(reason: Reason, language: str) -> str:
    """A name of one to four words, for headings and tables."""
    return say(_WORDS[reason], language)


def why_line(reason: Reason, language: str, **facts: str) -> str:
    """Why, in one sentence. With the facts that are known: who, why; earliest, latest; and of
    several cases at once their count and how many are breaches."""
    needed, sentence = _WHY_WITH.get(reason, ((), ""))
    if sentence and all(facts.get(fact) for fact in needed):
        return say(sentence, language).format(**{fact: facts[fact] for fact in needed})
    return say(_WHY[reason], language)


def severity_word(severity: Severity, language: str) -> str:
    """How much it matters, as one word before all others."""
    return say(_SEVERITIES[severity], language)


def first_action(reason: Reason, language: str) -> str:
    """What the warden does first: the cheapest check that can end it."""
    return say(_FIRST_ACTION.get(reason, _NOTHING), language)


def outcome_word(outcome: str, language: str) -> str:
    """What an outcome's code means; a code of another making is shown as it is."""
    return say(_OUTCOMES[outcome], language) if outcome in _OUTCOMES else outcome
