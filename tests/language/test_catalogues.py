"""The catalogues hold every message of the code and the templates, translated, and no other."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import gateway
from gateway.language.catalogue import FOLDER, LOCALES

GATEWAY = Path(gateway.__file__).parent
METHODS = [
    ("web/**.py", "python"),
    ("language/**.py", "python"),
    ("accounts/**.py", "python"),
    ("ending/**.py", "python"),
    ("channels/**.py", "python"),
    ("keys/**.py", "python"),
    ("photos/**.py", "python"),
    ("registry/**.py", "python"),
    ("updates/**.py", "python"),
    ("provisioning/**.py", "python"),
    ("web/templates/**.html", "jinja2"),
    ("web/handheld/templates/**.html", "jinja2"),
    ("web/resident/templates/**.html", "jinja2"),
]
PLACE = re.compile(r"%\(\w+\)s|%\(\w+\)d|%s|\{\w+\}")


def extracted() -> set[str | tuple[str, ...]]:
    """What gettext finds in the code."""
    return {message for _, _, message, _, _ in extract_from_dir(GATEWAY, METHODS)}


def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{LOCALES[language]}.po").open("rb") as po:
        return read_po(po, LOCALES[language])


@pytest.mark.parametrize("language", LOCALES)
def test_a_catalogue_holds_every_message_and_no_other(language: str) -> None:
    held = {message.id for message in catalogue(language) if message.id}
    assert held == extracted()


@pytest.mark.parametrize("language", LOCALES)
def test_every_message_is_translated(language: str) -> None:
    for message in catalogue(language):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy or not message.id, message.id


def test_a_translation_keeps_the_places_that_are_filled_in() -> None:
    for message in catalogue("zh"):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not message.id:
            continue
        wanted = {place for one in ids for place in PLACE.findall(one)}
        for string in strings:
            assert set(PLACE.findall(string)) == wanted, message.id
