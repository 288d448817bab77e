"""The settings of a site, and one place of their file at a time replaced by garbage."""

import random
import re
from pathlib import Path
from typing import NamedTuple

from gateway.channels import kinds
from gateway.settings import Settings, SettingsError, example, load

LONG = "k" * 5_000
SENTENCE_MAX = 700  # characters that a tired person reads
# What a sentence may call by its name; the password below is another.
NAMED_SECRETS = re.compile(r"[a-z]+_secret\b|secrets")
CLASS = "[classes.heavy]\noff_delay_ms = 5000\nquiet_from_min = 60\n"

VALUES = (
    '""',
    '"garbage"',
    '"\\u0000\\u202e\\ud7ff"',
    '"' + "x" * 5_000 + '"',
    '"http://[::1"',
    '"http://user:secret@host:99999/p"',
    '"../../../../dev/zero"',
    '"Mars/Olympus"',
    "true",
    "-1",
    "0",
    "9223372036854775807",
    "1" + "0" * 400,
    "1e308",
    "nan",
    "-inf",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "[]",
    "[[[[[[[[]]]]]]]]",
    "[" * 20_000,
    "7" * 5_000,
    '[1, "a", true]',
    '{ a = 1, b = "x" }',
    "",
    "garbage",
    "= =",
)


class Spoilt(NamedTuple):
    """What was done to the file."""

    what: str

    def __str__(self) -> str:
        return f"settings: {self.what:.120}"


def spoil(path: Path, chance: random.Random) -> Spoilt:
    """Write the file of every setting to `path`, with one place of it replaced."""
    whole = example() + "\n" + CLASS
    lines = whole.splitlines()
    at = chance.choice([n for n, line in enumerate(lines) if " = " in line and line[0] != "#"])
    key = lines[at].partition(" = ")[0]
    way = chance.randrange(10)
    if way < 6:
        value = chance.choice(VALUES)
        lines[at] = f"{key} = {value}"
        content, what = "\n".join(lines).encode(), lines[at]
    elif way == 6:
        other = chance.choice(
            ("\ufeff" + key, key.upper(), key[:-1], f'"{key}.x"', '"a\\nb\\u202e"', LONG)
        )
        lines[at] = lines[at].replace(key, other, 1)
        content, what = "\n".join(lines).encode(), lines[at]
    elif way == 7:
        lines.insert(at, lines[at] if chance.random() < 0.5 else "[rules]")
        content, what = "\n".join(lines).encode(), f"twice {lines[at]}"
    elif way == 8:
        content = whole.encode()[: chance.randrange(len(whole.encode()))]
        what = f"cut after {len(content)} bytes"
    else:
        content, byte = bytearray(whole.encode()), chance.randrange(256)
        place = chance.randrange(len(content))
        content[place] = byte
        what = f"byte {byte} at {place}"
    path.write_bytes(content)
    return Spoilt(what)


def read(path: Path) -> tuple[Settings | None, str]:
    """The settings, or None where they are refused; and what is wrong with how they were."""
    try:
        settings = load(path)
    except SettingsError as refused:
        return None, next(filter(None, map(_wrong, refused.sentences)), "")
    # What `menshen run` makes of them, before it watches the first door.
    _ = settings.rulebook, settings.zone, kinds.opened(settings)
    return settings, ""


def _wrong(sentence: str) -> str:
    """Why nobody could mend their settings by this sentence; empty if they could."""
    if not sentence.strip() or "\n" in sentence or not sentence.isprintable():
        return f"this is no sentence: {sentence!r:.200}"
    if len(sentence) > SENTENCE_MAX:
        return f"nobody reads {len(sentence)} characters: {sentence!r:.200}"
    said = NAMED_SECRETS.sub("", sentence)
    if "Traceback" in said or "secret" in said:
        return f"this may not be said: {sentence!r:.200}"
    return ""
