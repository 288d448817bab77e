"""What a household announces, in our words: stored in the language of its site, and said to whoever
reads it in their own."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from gateway.core.households.model import Way
from gateway.language.catalogue import LOCALES, N_, say

WHO: Final = {
    Way.PAGE: N_("the household, on its page"),
    Way.TELEPHONE: N_("the household, by telephone"),
    Way.TEXT: N_("the household, by text message"),
}
WHATS: Final = {
    "meal": N_("Food or parcel"),
    "rubbish": N_("Rubbish"),
    "test": N_("Test at the door"),
    "medicine": N_("Medicine"),
    "doctor": N_("Doctor or ambulance"),
    "other": N_("Something else"),
}


def told(text: str, language: str, kinds: tuple[str, ...]) -> str:
    """What stands at an announcement: a word of ours, of these tables or of `kinds` of requests, in
    the reader's language; whatever somebody wrote stands as they wrote it."""
    known = _ours(kinds).get(text)
    return text if known is None else say(known, language)


@cache
def _ours(kinds: tuple[str, ...]) -> Mapping[str, str]:
    messages = (*WHO.values(), *WHATS.values(), *kinds)
    return {say(message, language): message for message in messages for language in LOCALES}
