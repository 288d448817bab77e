"""The notice of this site: made of its settings, and every version that was shown is kept."""

from pathlib import Path
from typing import Final

import msgspec
from babel import Locale, UnknownLocaleError
from sqlalchemy import Connection, select

from gateway.language import notice
from gateway.language.catalogue import LANGUAGE_NAMES, LOCALES, from_file, say
from gateway.language.error_words import why_not
from gateway.language.notice import NoticeFacts, NoticePart, Translate
from gateway.settings import Settings
from gateway.store.resident_tables import notices

FURTHER: Final = "languages"  # the folder beside the settings with catalogues of further languages
FURTHER_MAX: Final = 32


class NoSuchLanguageError(Exception):
    """There is no catalogue of this language, or none that can be read. The text says why."""


def facts_of(settings: Settings) -> NoticeFacts:
    """What the site says of itself."""
    own = settings.household
    return NoticeFacts(
        controller=own.controller or settings.site.name,
        complaints=own.complaints,
        ground=own.ground,
        destroy_days=own.destroy_days,
        dispute_days=own.dispute_days,
        audit_months=settings.retention.audit_months,
    )


def keep(connection: Connection, facts: NoticeFacts, now_ms: int) -> str:
    """The version of the notice, kept with its text from now on. The caller's transaction."""
    version = notice.version(facts)
    c = notices.c
    if connection.execute(select(c.version).where(c.version == version)).first() is None:
        text = msgspec.json.encode(notice.text_of(facts))
        row = {"version": version, "text": text, "made_ms": now_ms}
        connection.execute(notices.insert(), row)
    return version


def kept(connection: Connection, version: str, language: str) -> list[NoticePart] | None:
    """A version as it was shown, in a language that is shipped; None for one that never was."""
    row = connection.execute(select(notices.c.text).where(notices.c.version == version)).first()
    if row is None:
        return None
    text = msgspec.json.decode(row.text, type=dict[str, list[NoticePart]])
    return text.get(language)


def further(settings: Settings) -> dict[str, str]:
    """Languages beyond our two of which the site has a catalogue, by tag, each with its own name.
    What is no language's tag is left out."""
    folder = _folder(settings)
    found: dict[str, str] = {}
    if folder is None:
        return found
    for path in sorted(folder.glob("*.po"))[:FURTHER_MAX]:
        name = _name(path.stem)
        if name is not None and path.stem not in LOCALES:
            found[path.stem] = name
    return found


def languages(settings: Settings) -> dict[str, str]:
    """All in which the notice can be read, by tag, each with its own name."""
    return LANGUAGE_NAMES | further(settings)


def translate_to(settings: Settings, language: str) -> Translate:
    """What says the notice in a language; what its catalogue has no words for stays English.
    NoSuchLanguageError if there is none."""
    if language in LOCALES:
        return lambda text: say(text, language)
    folder = _folder(settings)
    if folder is None or language not in further(settings):
        raise NoSuchLanguageError(f"there is no catalogue of {language!r} in {FURTHER}/")
    try:
        return from_file(folder / f"{language}.po", language).gettext
    except (OSError, ValueError) as error:
        raise NoSuchLanguageError(
            f"{FURTHER}/{language}.po cannot be read: {why_not(error)}"
        ) from error


def _folder(settings: Settings) -> Path | None:
    beside = settings.store.place[1]
    return None if beside is None else beside / FURTHER


def _name(tag: str) -> str | None:
    try:
        return Locale.parse(tag).get_display_name()
    except (UnknownLocaleError, ValueError):
        return None
