"""The demo's small parts: how a reed bounces, which language its sentences have."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import gateway.demo
from gateway.demo.house import half
from gateway.language.catalogue import LOCALES
from gateway.virtual_seal.reed import BOUNCE_MS_MAX, BOUNCE_MS_MIN, bounce

HERE = Path(gateway.demo.__file__).parent


@pytest.mark.parametrize("level", [0, 1])
def test_a_reed_bounces_for_one_to_five_ms_and_rests_as_was_meant(level: int) -> None:
    chance = Random(7)  # noqa: S311 - bounces
    for _ in range(500):
        changes = bounce(level, chance)
        moments = [at_ms for at_ms, _ in changes]
        assert changes[0] == (0.0, level)
        assert changes[-1][1] == level
        assert moments == sorted(moments)
        assert BOUNCE_MS_MIN <= moments[-1] <= BOUNCE_MS_MAX
        assert len(changes) in (3, 5, 7)
        assert all(a != b for (_, a), (_, b) in pairwise(changes))


def test_what_is_stored_in_two_languages_is_read_in_one() -> None:
    assert half("王师傅 / Warden Wang", "zh") == "王师傅"
    assert half("王师傅 / Warden Wang", "en") == "Warden Wang"
    assert half("1-101", "en") == "1-101"


@pytest.mark.parametrize("language", LOCALES)
def test_every_sentence_of_the_demo_is_in_the_catalogue_and_no_other(language: str) -> None:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = {message for _, _, message, _, _ in extract_from_dir(HERE, methods)}
    with (HERE / "locale" / f"{LOCALES[language]}.po").open("rb") as po:
        held = {message.id: message.string for message in read_po(po) if message.id}
    assert set(held) == found
    assert all(held.values())
