"""Since when the database of the site has not named a key that is here: a file for each such key in
the folder `unnamed` beside the keys. In the database it would go with the next copy put back.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gateway.keys import key_file
from gateway.keys.sealed_text import KEY_ID

FOLDER: Final = "unnamed"  # in the folder of keys
_MODE: Final = 0o700


def since(folder: Path) -> dict[str, int]:
    """When each of these keys was first seen so, in ms of UTC. OSError; what cannot be read as a
    time is as if it were not there."""
    place, found = folder / FOLDER, dict[str, int]()
    for name in os.listdir(place) if place.is_dir() else ():
        text = (place / name).read_bytes()
        if KEY_ID.fullmatch(name) and text.isdigit():
            found[name] = int(text)
    return found


def note(folder: Path, key_ids: Iterable[str], now_ms: int) -> None:
    """These are seen so now, for the first time. OSError."""
    place = folder / FOLDER
    if not place.is_dir():
        place.mkdir(mode=_MODE)
        key_file.give_to_owner(place, folder)
        key_file.sync(folder)
    key_file.write(place, [(key_id, str(now_ms).encode()) for key_id in sorted(key_ids)])


def forget(folder: Path, key_ids: Iterable[str]) -> None:
    """These are named again, or gone. OSError."""
    for key_id in key_ids:
        (folder / FOLDER / key_id).unlink(missing_ok=True)
