"""The TOML file: read into settings, or into a sentence for each mistake; and an example of one."""

import json
import os
import tomllib
from difflib import get_close_matches
from inspect import getdoc
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.settings import secret
from gateway.settings.rules import CLASSES_MAX, ClassSection
from gateway.settings.sections import BROKER_FOLDER, SECTIONS, Settings, Store
from gateway.settings.values import cut, shown, visible

FILE_BYTES_MAX = 65_536
KEYS_NAMED_MAX = 12  # that a person reads in one sentence


class SettingsError(Exception):
    """The settings cannot be used. The text has one sentence a line, each naming one mistake."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = tuple(map(visible, sentences))  # a key or a name may hold anything
        super().__init__("\n".join(self.sentences))


def load(path: Path) -> Settings:
    """The settings in the TOML file `path`, with secrets. SettingsError says all that is wrong."""
    data = read(path)
    in_file = _misplaced_secrets(data)
    elsewhere = secret.unknown(os.environ)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        for detail in error.errors():
            (elsewhere if _is_secret(detail) else in_file).append(sentence(detail))
    if in_file or elsewhere:
        raise SettingsError(*(f"{path}: {sentence}" for sentence in in_file), *elsewhere)
    return _placed(settings, path.parent)


def broker_folder(path: Path) -> Path:
    """Where the settings in the file `path` say that the broker's files lie, though all else in
    them be wrong; its default if there is no file, or no folder in it."""
    return (path.parent / _named(path, "broker", "folder", BROKER_FOLDER).expanduser()).absolute()


def store_place(path: Path) -> tuple[Path, Path | None]:
    """`Store.place` by the settings in the file `path`, though all else in them be wrong."""
    return Store(path=_named(path, "store", "path", Store().path)).placed(path.parent).place


def _named(path: Path, section: str, key: str, default: Path) -> Path:
    try:
        named = read(path)[section][key] if path.exists() else default
    except (LookupError, TypeError):
        named = default
    usable = isinstance(named, str | Path) and str(named).strip()
    return Path(named if usable else default)


def example() -> str:
    """A whole settings file: every key with its default, and what is allowed."""
    lines = ["# Menshen's settings. Every key may be left out; these are the defaults.", ""]
    for section, model in SECTIONS.items():
        lines += [f"# {line}" for line in (getdoc(model) or "").splitlines()]
        lines.append(f"[{section}]")
        for key, field in model.model_fields.items():
            name = secret.SECRETS.get((section, key))
            if name:
                lines.append(f"# The {key} never stands here: set {name} or {name}_FILE.")
            else:
                lines.append(f"{key} = {_toml(field.default)}  # {_allowed(field)}")
        lines.append("")
    lines += [
        "# For doors whose `class` is so called in doors.csv, keys of [rules] may be otherwise:",
        "# [classes.heavy]",
        "# off_delay_ms = 5000",
    ]
    return "\n".join(lines)


def read(path: Path) -> dict[str, Any]:
    """The file as a dictionary. A byte order mark, as Windows writes it, does no harm."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise SettingsError(
                f"{path} is larger than {FILE_BYTES_MAX} bytes; is it another file?"
            )
        return tomllib.loads(content.decode("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is not there; name your settings with --config, or make them with "
            "`menshen settings --example > menshen.toml`"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise SettingsError(
            f"{path} is not TOML that can be read: lists in lists in lists"
        ) from None
    except ValueError as error:  # no TOML, or a number of thousands of digits
        raise SettingsError(
            f'{path} is not TOML: {error}; lines are like [site], name = "text" or port = 1883'
        ) from None


def _misplaced_secrets(data: dict[str, Any]) -> list[str]:
    """Take secrets out of `data`; a sentence for each."""
    sentences = []
    for (section, key), name in secret.SECRETS.items():
        keys = data.get(section)
        if isinstance(keys, dict) and key in keys:
            del keys[key]
            sentences.append(
                f"{section}.{key} must not stand in the file, where backups and copies carry it "
                f"on; set {name} in the environment, or {name}_FILE to the name of a file"
            )
    return sentences


def _is_secret(detail: ErrorDetails) -> bool:
    return detail["loc"][:2] in secret.SECRETS


def sentence(detail: ErrorDetails) -> str:
    """One mistake in words: the key, its value, and what is allowed."""
    if detail["type"] == "value_error" and str(detail["ctx"]["error"]):
        return str(detail["ctx"]["error"])  # a sentence of our own
    section, *rest = (cut(str(part)) for part in detail["loc"])
    if section == "classes":
        return _sentence_of_class(rest, detail)
    if section not in SECTIONS:
        return _unknown_section(section, detail["input"])
    if not rest:
        return f"{section} is {shown(detail['input'])}; write it as a section, [{section}]"
    field = SECTIONS[section].model_fields.get(rest[0])
    if field is None:
        return _unknown_key(section, rest[0])
    return f"{section}.{rest[0]} is {shown(detail['input'])}; allowed is {_allowed(field)}"


def _sentence_of_class(rest: list[str], detail: ErrorDetails) -> str:
    """One mistake in what is set for a door class."""
    if len(rest) < 2:
        return (
            f"classes is {shown(detail['input'])}; write up to {CLASSES_MAX} classes of doors, "
            "each as a section, [classes.NAME]"
        )
    name, key = rest[:2]
    field = ClassSection.model_fields.get(key)
    if field is not None:
        allowed = _allowed(SECTIONS["rules"].model_fields[key])
        return f"classes.{name}.{key} is {shown(detail['input'])}; allowed is {allowed}"
    near = get_close_matches(key, ClassSection.model_fields, n=1)
    if near:
        return f"classes.{name}.{key} is not a setting; did you mean {near[0]}?"
    return f"classes.{name}.{key} cannot be set for a class of doors; a class has keys of [rules]"


def _unknown_section(name: str, value: object) -> str:
    if isinstance(value, dict):
        near = get_close_matches(name, SECTIONS, n=1)
        sections = ", ".join(f"[{section}]" for section in SECTIONS)
        hint = f"did you mean [{near[0]}]?" if near else f"there are {sections}"
        return f"[{name}] is not a section; {hint}"
    homes = [section for section, model in SECTIONS.items() if name in model.model_fields]
    if not homes:
        return f"{name} is not a setting; `menshen settings --example` prints them all"
    hint = " or ".join(f"[{home}]" for home in homes)
    return f"{name} stands above every section; write it under {hint}"


def _unknown_key(section: str, key: str) -> str:
    keys = [k for k in SECTIONS[section].model_fields if (section, k) not in secret.SECRETS]
    elsewhere = [other for other, model in SECTIONS.items() if key in model.model_fields]
    near = get_close_matches(key, keys, n=1)
    if near:
        hint = f"did you mean {section}.{near[0]}?"
    elif elsewhere:
        hint = f"did you mean {elsewhere[0]}.{key}?"
    elif len(keys) > KEYS_NAMED_MAX:
        hint = "`menshen settings --example` prints them all"
    else:
        hint = f"[{section}] has {', '.join(keys)}"
    return f"{section}.{key} is not a setting; {hint}"


def _allowed(field: FieldInfo) -> str:
    assert field.description is not None  # noqa: S101 - a test reads every one
    return field.description


def _toml(value: object) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return '""' if value is None else shown(value)


def _placed(settings: Settings, folder: Path) -> Settings:
    """Relative paths count from the folder of the settings, wherever the program was started."""
    store, broker, console = settings.store.placed(folder), settings.broker, settings.console
    at = (folder / broker.folder.expanduser()).absolute()
    password = broker.password or (secret.of_broker(at) if broker.user else None)
    broker = broker.model_copy(update={"folder": at, "password": password})
    if broker.pid_file:
        pid_file = (folder / broker.pid_file.expanduser()).absolute()
        broker = broker.model_copy(update={"pid_file": pid_file})
    if broker.ca:
        broker = broker.model_copy(update={"ca": (folder / broker.ca.expanduser()).resolve()})
    if console.pair is not None:
        # Not resolved: a renewed certificate is often a link that is laid anew.
        certificate, key = ((folder / path.expanduser()).absolute() for path in console.pair)
        console = console.model_copy(update={"certificate": certificate, "key": key})
    backup = settings.backup.placed(store.path.parent)
    placed = {"store": store, "broker": broker, "console": console, "backup": backup}
    return settings.model_copy(update=placed)
