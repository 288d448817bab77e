"""The two languages: gettext catalogues, read from their .po files once, at first use.

The text in the code is the English one; `locale/en.po` may polish it without touching code.
"""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES: Final = {"zh": "zh_CN", "en": "en"}  # our word for a language -> its catalogue and locale
LANGUAGE_NAMES: Final = {"zh": "中文", "en": "English"}  # each by its own name
FOLDER = Path(__file__).parent / "locale"


@cache
def translations(language: str, folder: Path = FOLDER) -> gettext.GNUTranslations:
    """A folder's catalogue of a language. KeyError for one that we do not speak."""
    return from_file(folder / f"{LOCALES[language]}.po", LOCALES[language])


def from_file(path: Path, locale: str) -> gettext.GNUTranslations:
    """A catalogue of any language, for what is printed in more than we speak. OSError where it
    cannot be read, ValueError for what is no catalogue."""
    with path.open("rb") as po:
        catalog = read_po(po, locale)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def say(message: str, language: str) -> str:
    """The message in the language."""
    return translations(language).gettext(message)


def N_(message: str) -> str:
    """Mark a message for the catalogues (gettext's own name); it is translated where it is used."""
    return message
