"""A folder of keys on the disk: made for its owner alone, listed, and what was destroyed in it."""

import os
from pathlib import Path
from typing import Final

from gateway.keys import key_file
from gateway.keys.sealed_text import KEY_ID

GONE: Final = "destroyed"  # in it
_FOLDER_MODE: Final = 0o700


def make(folder: Path) -> None:
    """A folder for its owner alone, who is that of the folder around it."""
    if not folder.is_dir():
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        key_file.give_to_owner(folder, folder.parent)
        key_file.sync(folder.parent)


def mark_gone(folder: Path, key_id: str, content: bytes) -> None:
    """Say that a key was destroyed; OWED as long as not all of it is done."""
    make(folder)
    make(folder / GONE)
    key_file.write(folder / GONE, [(key_id, content)])


def key_ids(folder: Path, suffix: str) -> list[str]:
    """The ids of the keys whose files are in a folder; none where there is no folder."""
    try:
        found = os.listdir(folder)
    except FileNotFoundError:
        return []
    ids = [name.removesuffix(suffix) for name in found if name.endswith(suffix)]
    return [key_id for key_id in ids if KEY_ID.fullmatch(key_id)]
