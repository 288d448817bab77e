"""Which keys were made and may not seal anything yet: written down before the keys are, in the
folder `fresh` beside them, one file for all that are made together.

A program that is killed between its keys and its rows leaves keys that nobody will ever use. By
this note they are told from keys whose rows an older copy of the database has lost, which may be
wanted again: those stand in no note any more (`gateway/store/fresh_keys`).
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gateway.keys import key_file
from gateway.keys.sealed_text import KEY_ID

FOLDER: Final = "fresh"  # in the folder of keys
_NOTE_MAX: Final = 16_000_000  # bytes: a million keys


def note(folder: Path, key_ids: Iterable[str]) -> None:
    """Write down that these are going to be made. OSError."""
    listed = "".join(f"{key_id}\n" for key_id in key_ids).encode()
    key_file.write(folder / FOLDER, [(secrets.token_hex(8), listed)])


def notes(folder: Path) -> dict[str, list[str]]:
    """All notes by their names, each with its keys' ids. OSError."""
    place = folder / FOLDER
    names = os.listdir(place) if place.is_dir() else []
    return {name: _listed(place / name) for name in names if not name.startswith(".")}


def forget(folder: Path, name: str) -> None:
    """All keys of a note are in use, or gone. OSError."""
    (folder / FOLDER / name).unlink(missing_ok=True)
    key_file.sync(folder / FOLDER)


def _listed(place: Path) -> list[str]:
    with place.open("rb") as file:
        lines = file.read(_NOTE_MAX).decode("ascii", errors="replace").splitlines()
    return [line for line in lines if KEY_ID.fullmatch(line)]
