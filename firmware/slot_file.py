"""The line in the file `slot`: which slot starts and how it stands. Never updated, like `chooser`.

Ten words: slot, state, starts, wakes, floor, next, trying, failed, reason, place. `chooser.Slots`
says what they mean. The file is replaced whole, so that no power cut leaves half a line. A good
slot is started from here: `chooser` would be two more KB to read at each wake.
"""

import os
import sys

FILE, FRESH = "slot", "slot.new"
GOOD, TRIAL, INSTALL, IMAGE, LAY = "good", "trial", "install", "image", "lay"
FILES, ROM = "files", "rom"  # the place that the slot's modules are read from
ROM_FOLDER = "/rom"  # where MicroPython mounts its partition
_WORDS = 10
_NUMBERS, _RELEASES = (2, 3, 4, 5), (6, 7)
_NOTHING = "-"
_FIRST = ["a", GOOD, 0, 0, 0, 0, "", "", "", FILES]  # no update was ever taken


def read(folder: str):  # type: ignore[no-untyped-def]
    """The ten, numbers as such. Without a line, or with one that is none: the first slot, good."""
    try:
        with open(folder + FILE) as file:
            return _line(file.read(128).split())  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        return list(_FIRST)


def _line(words):  # type: ignore[no-untyped-def]
    """ValueError if they are none."""
    if len(words) != _WORDS or words[0] not in ("a", "b"):
        raise ValueError
    if words[1] not in (GOOD, TRIAL, INSTALL, IMAGE, LAY) or words[9] not in (FILES, ROM):
        raise ValueError
    line = []
    for i, word in enumerate(words):
        word = "" if word == _NOTHING else word
        if i in _RELEASES:
            bytes.fromhex(word)
        line.append(int(word) if i in _NUMBERS else word)
    return line


def enter(folder: str, line, rom: str = ROM_FOLDER) -> None:  # type: ignore[no-untyped-def]
    """Put the slot of the line before all other modules, or its copy in the ROM. One that is not
    there, as under another MicroPython, is its slot's files."""
    path = folder + line[0]
    if line[9] == ROM and line[1] != LAY:
        try:
            os.stat(rom + "/app.mpy")
            path = rom
        except OSError:
            pass
    sys.path[:] = [path] + [known for known in sys.path if known != rom]


def write(folder: str, line) -> None:  # type: ignore[no-untyped-def]
    """Replace it."""
    with open(folder + FRESH, "w") as file:
        file.write(" ".join([_NOTHING if word == "" else str(word) for word in line]) + "\n")
    os.rename(folder + FRESH, folder + FILE)
