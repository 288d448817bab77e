"""The line in the file `slot`: which slot starts and how it stands. Never updated, like `chooser`.

Ten words: slot, state, starts, wakes, floor, next, trying, failed, reason, place. `chooser.Slots`
says what they mean. The file is replaced whole, so that no power cut leaves half a line.
"""

import os

FILE, FRESH = "slot", "slot.new"
GOOD, TRIAL, INSTALL, IMAGE, LAY = "good", "trial", "install", "image", "lay"
FILES, ROM = "files", "rom"  # the place that the slot's modules are read from
_WORDS = 10
_NUMBERS = (2, 3, 4, 5)
_NOTHING = "-"
_FIRST = ["a", GOOD, 0, 0, 0, 0, "", "", "", FILES]  # no update was ever taken


def read(folder: str):  # type: ignore[no-untyped-def]
    """The ten, numbers as such. Without a line, or with one that is none: the first slot, good."""
    try:
        with open(folder + FILE) as file:
            words = file.read(128).split()
    except OSError:
        return list(_FIRST)
    if len(words) != _WORDS or words[0] not in ("a", "b"):
        return list(_FIRST)
    if words[1] not in (GOOD, TRIAL, INSTALL, IMAGE, LAY) or words[9] not in (FILES, ROM):
        return list(_FIRST)
    line = []
    for i, word in enumerate(words):
        line.append(int(word) if i in _NUMBERS else "" if word == _NOTHING else word)
    return line


def write(folder: str, line) -> None:  # type: ignore[no-untyped-def]
    """Replace it."""
    with open(folder + FRESH, "w") as file:
        file.write(" ".join([_NOTHING if word == "" else str(word) for word in line]) + "\n")
    os.rename(folder + FRESH, folder + FILE)
