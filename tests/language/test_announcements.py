"""What a household announces is stored in its site's language and read in anybody's."""

import pytest

from gateway.language.announcements import WHATS, WHO, told
from gateway.language.catalogue import LOCALES, say
from gateway.web.matter_words import KIND_WORDS

KINDS = tuple(KIND_WORDS.values())


@pytest.mark.parametrize("stored", LOCALES)
@pytest.mark.parametrize("reader", LOCALES)
def test_our_words_are_the_readers(stored: str, reader: str) -> None:
    for message in (*WHO.values(), *WHATS.values(), *KINDS):
        assert told(say(message, stored), reader, KINDS) == say(message, reader)


def test_what_somebody_wrote_stands_as_they_wrote_it() -> None:
    for text in ("王阿姨", "her sister, with soup", ""):
        assert told(text, "zh", KINDS) == told(text, "en", KINDS) == text
