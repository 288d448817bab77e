"""The notice for a household: what is recorded, by what, why, who sees it, until when, its rights.

It is made of the site's own settings, so that what a household reads is what the gateway does. The
text goes through whatever translates: our two catalogues, or another one that a site has had made
(`catalogue.from_file`), which is all that a further language needs.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gateway.language.catalogue import LOCALES, N_, say

Translate = Callable[[str], str]

TITLE: Final = N_("The seal on your door")
_LEAD = N_(
    "This home is under a quarantine order, and a small seal hangs on its door. You have done "
    "nothing wrong. This sheet says what the seal notes, and what you can do."
)
_GROUNDS: Final = {
    "emergency": N_(
        "The order of the public body that is named here, under the law on public-health "
        "emergencies. It may be used for that and for nothing else."
    ),
    "consent": N_(
        "Your consent. You may take it back at any time, on your page or by telephone, and nothing "
        "is held against you for that. What was noted until then stays lawful."
    ),
}


class NoticeFacts(msgspec.Struct, frozen=True):
    """What a site says of itself.

    Args:
        controller: Who is responsible.
        complaints: Where to complain; empty where the site does not say.
        ground: "emergency" or "consent".
        destroy_days: So many days after the order's end all is destroyed.
        dispute_days: So many days until a dispute is answered.
        audit_months: So long it is kept who looked at what, without your name.
    """

    controller: str
    complaints: str
    ground: str
    destroy_days: int
    dispute_days: int
    audit_months: int


class NoticePart(msgspec.Struct, frozen=True):
    """A heading and what stands below it."""

    heading: str
    lines: tuple[str, ...]


def parts(facts: NoticeFacts, translate: Translate) -> list[NoticePart]:
    """The notice in a language."""
    facts_as = msgspec.structs.asdict(facts)
    return [
        NoticePart(
            translate(heading),
            tuple(translate(line).format(**facts_as) for line in lines),
        )
        for heading, lines in _parts(facts)
    ]


def _parts(facts: NoticeFacts) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield TITLE, (_LEAD,)
    yield (
        N_("What is noted"),
        (
            N_(
                "When the door opens and shuts; whether that was announced; whether the seal is "
                "heard, its battery, and whether somebody touched it."
            ),
            N_(
                "There is no camera, no microphone and no position in it. It cannot hold the door "
                "shut: in an emergency just go."
            ),
        ),
    )
    yield N_("Why it may be"), (_GROUNDS[facts.ground],)
    yield (
        N_("Who is responsible, who sees it"),
        (
            N_("Responsible: {controller}."),
            N_(
                "The grid workers of your building, their deputies, the grid centre and the "
                "installer, each as far as their work needs it. Every look is noted, and you can "
                "read on your page who it was by their duty, when, and why."
            ),
        ),
    )
    yield (
        N_("Until when"),
        (
            N_(
                "When the order ends, the seal's openings are no longer noted. Within a day the "
                "link between the seal, the door and you is destroyed; within {destroy_days} days "
                "everything else, copies too. Your page then shows nothing any more."
            ),
            N_(
                "Where the seal has a lamp, it flashes three times when the door opens after the "
                "order has ended; before that it stays dark."
            ),
            N_(
                "That somebody looked is kept for {audit_months} months, without your name. What "
                "a provider of messages keeps of a ring cannot be reached from here; therefore no "
                "message that leaves this house names you, your door or the order."
            ),
        ),
    )
    yield (
        N_("What you can do"),
        (
            N_(
                "Announce when you open the door, so that nobody comes: on your page, by "
                "telephone, or by text message. Ten minutes afterwards still counts."
            ),
            N_(
                "Ask for food, medicine, a doctor, or that rubbish is fetched. Read what is noted "
                "of you, and take it as a file."
            ),
            N_(
                "Contest a record that is wrong: somebody who had no part in it answers within "
                "{dispute_days} days. If the seal is silent, that is nobody's fault, and never "
                "held against you."
            ),
        ),
    )
    yield N_("Where to complain"), (_complaints(facts),)


def _complaints(facts: NoticeFacts) -> str:
    if facts.complaints:
        return N_("{complaints}. You may also go to a court or to the authority for privacy.")
    return N_("With whoever is responsible, with a court, or with the authority for privacy.")


def text_of(facts: NoticeFacts) -> dict[str, list[NoticePart]]:
    """The whole notice in the languages that are shipped, to be kept."""
    return {
        language: parts(facts, lambda text, language=language: say(text, language))  # type: ignore[misc]
        for language in LOCALES
    }


def version(facts: NoticeFacts) -> str:
    """A name for this text: another word anywhere, another version."""
    text = msgspec.json.encode(text_of(facts))
    return hashlib.blake2b(text, digest_size=4).hexdigest()
