"""Templates into HTML, in each language.

Every template has the presenters (presenters.py) and what `WebContext.setting` says of a request;
the rest is what its page gives it. A name that nobody gave is an error, never an empty place.
"""

from datetime import tzinfo
from pathlib import Path
from types import CodeType
from typing import Any, Final

import jinja2

from gateway.language.catalogue import LANGUAGE_NAMES, LOCALES, translations
from gateway.web import photo_limits
from gateway.web.presenters import presenters

TEMPLATES: Final = Path(__file__).parent / "templates"
_OF_ROOMS: Final = {
    room: Path(__file__).parent / room / "templates" for room in ("handheld", "resident")
}


class CompiledOnce(jinja2.BytecodeCache):
    """What was compiled, kept by the process: languages differ in their words and not in code."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Give what was compiled of the same text."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep it."""
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = CompiledOnce()


class Drawing:
    """The templates, compiled once, with the words of each language."""

    def __init__(self, zone: tzinfo) -> None:
        self._environments = {language: _environment(language, zone) for language in LOCALES}

    def draw(self, language: str, template: str, values: dict[str, Any]) -> str:
        """HTML. For a thread: a wall of 500 doors takes a while."""
        return self._environments[language].get_template(template).render(values)


def _of_rooms() -> jinja2.PrefixLoader:
    """Templates that a room keeps for itself, under its name."""
    return jinja2.PrefixLoader(
        {room: jinja2.FileSystemLoader(folder) for room, folder in _OF_ROOMS.items()}
    )


def _environment(language: str, zone: tzinfo) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(TEMPLATES), _of_rooms()]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined] # the extension's
        translations(language), newstyle=True
    )
    environment.globals |= presenters(language, zone)
    environment.globals["languages"] = LANGUAGE_NAMES
    environment.globals["photos_most"] = photo_limits.OF_REPORT_MAX
    for template in environment.list_templates(extensions=["html"]):
        environment.get_template(template)  # compiled now, not while somebody waits for a page
    return environment
