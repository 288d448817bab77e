"""From a release that was pulled to a slot on trial, or to a word for why not.

It runs alone after a restart: checking a signature takes 20 to 36 KB of heap for a second, which a
seal at work does not have. Nothing that the release says is used before its signature was found
good, and nothing is switched before every file was read back from the slot. Wherever the power
goes, the old slot starts, or the new one, whole.
"""

import gc
import hashlib
import json
import os
import sys

from sealwire import VERSION, release
from sealwire.errors import WireError
from sealwire.update import ID_BYTES

from . import ed25519, image

PULLED = "update"  # the release, behind its id and its size
PULLED_HEAD_BYTES = ID_BYTES + 4
TRUST = "update.json"  # whose releases are taken, and on what board: written by `menshen flash`
_PART = 512
_FOLDER = 0x4000

# Why a release is refused. `chooser` has three more, of a slot on trial.
UNSIGNED = "unsigned"  # no signature of the key that this seal was told
DAMAGED = "damaged"
OLDER = "older"
INCOMPATIBLE = "incompatible"
NO_ROOM = "full"
NO_KEY = "nokey"


class Refused(Exception):
    """The release is not to be taken. `reason` is one of the words above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def main(_state: str) -> None:
    """Look at what was pulled: `main.py` calls it, and starts anew after it."""
    import chooser

    run(chooser.Slots("/"))


def run(slots) -> None:  # type: ignore[no-untyped-def]
    """Look at what was pulled, and leave `slots` on trial with it, or as they were."""
    if hasattr(gc, "threshold"):
        gc.threshold(2048)  # half the speed, but the big numbers then fit into 20 KB
    path = slots.folder + PULLED
    try:
        manifest = checked(slots.folder, slots.floor)
        if manifest.kind == release.IMAGE:
            _start_image(slots, manifest)
        else:
            folder = slots.folder + slots.other
            clear(folder)
            fill(folder, path, manifest)
            slots.try_other(slots.trying, manifest.counter)
    except Refused as refused:
        _refuse(slots, refused.reason)
    except OSError:  # a flash without room for a folder or for the line
        _refuse(slots, NO_ROOM)
    _remove(path)


def _refuse(slots, reason: str) -> None:  # type: ignore[no-untyped-def]
    """It is not to be taken. On a flash that is full not even the line has room: what was pulled
    and the half slot make it, or the board would start for ever to look at it."""
    refused = slots.trying
    try:
        if reason == NO_ROOM:
            clear(slots.folder + slots.other)
        slots.refuse(refused, reason)
    except OSError:
        _remove(slots.folder + PULLED)
        slots.refuse(refused, reason)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:  # there was none
        pass


def chip() -> str:
    """Which chip this is, in the manifest's words."""
    name = getattr(sys.implementation, "_machine", "").split(" ")[-1].lower()
    return name if name in release.CHIPS else "unknown"


def checked(folder: str, floor: int):  # type: ignore[no-untyped-def]
    """The manifest of what was pulled into `folder`, once all of it was found genuine, whole, new
    and ours. Raises Refused."""
    key, board = _trust(folder)
    try:
        with open(folder + PULLED, "rb") as file:
            file.seek(PULLED_HEAD_BYTES)
            manifest = _signed(file, key)
            if manifest.counter <= floor:
                raise Refused(OLDER)
            _check_fits(manifest, board)
            for _, size, digest in manifest.files:
                if _found(file, manifest.kind, size) != digest:
                    raise Refused(DAMAGED)
            if file.read(1):
                raise Refused(DAMAGED)
    except OSError:
        raise Refused(DAMAGED) from None
    return manifest


def _found(file, kind: str, size: int) -> bytes:  # type: ignore[no-untyped-def]
    """The hash of what came: from the file, or of an image, read back from where it lies."""
    return _hash(file, size) if kind == release.APP else image.digest(_place(), size)  # type: ignore[no-untyped-call]


def _place():  # type: ignore[no-untyped-def]
    try:
        return image.place()  # type: ignore[no-untyped-call]
    except image.NoPlaceError:
        raise Refused(INCOMPATIBLE) from None


def _start_image(slots, manifest) -> None:  # type: ignore[no-untyped-def]
    """The image is checked: it starts next. The chip looks at it once more."""
    there = _place()  # type: ignore[no-untyped-call]
    trying = slots.trying
    # Which place is meant, before the line speaks of it: else a cut between the two would let the
    # image that runs be taken for the new one.
    image.note(slots.folder, there)
    slots.try_image(trying, manifest.counter)
    try:
        there.set_boot()
    except OSError:
        slots.refuse(trying, DAMAGED)


def clear(folder: str) -> None:
    """Make `folder` an empty one, whatever was in it."""
    try:
        names = os.listdir(folder)
    except OSError:
        os.mkdir(folder)
        return
    for name in names:
        path = folder + "/" + name
        if os.stat(path)[0] & _FOLDER:
            clear(path)
            os.rmdir(path)
        else:
            os.remove(path)


def fill(folder: str, pulled: str, manifest) -> None:  # type: ignore[no-untyped-def]
    """Copy the files of a release that was `checked` into `folder`, and read each back."""
    made = []
    try:
        with open(pulled, "rb") as file:
            file.seek(PULLED_HEAD_BYTES)
            length = release.read_head(file.read(release.HEAD_BYTES))
            file.seek(length + release.SIGNATURE_BYTES, 1)
            for path, size, _ in manifest.files:
                parent = path.split("/")[0]
                if parent != path and parent not in made:
                    os.mkdir(folder + "/" + parent)
                    made.append(parent)
                _copy(file, size, folder + "/" + path)
    except OSError:
        raise Refused(NO_ROOM) from None
    for path, size, digest in manifest.files:
        with open(folder + "/" + path, "rb") as file:
            if _hash(file, size) != digest or file.read(1):
                raise Refused(DAMAGED)


def _trust(folder: str) -> "tuple[bytes, int]":
    try:
        with open(folder + TRUST) as file:
            trust = json.load(file)
        return bytes.fromhex(trust["key"]), trust["board"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(NO_KEY) from None


def _signed(file, key: bytes):  # type: ignore[no-untyped-def]
    """The manifest; its signature is looked at before its meaning."""
    try:
        text = file.read(release.read_head(file.read(release.HEAD_BYTES)))
        signature = file.read(release.SIGNATURE_BYTES)
        if not ed25519.is_good(key, release.signed_text(text), signature):
            raise Refused(UNSIGNED)
        return release.parse(text)
    except WireError:
        raise Refused(DAMAGED) from None


def _check_fits(manifest, board: int) -> None:  # type: ignore[no-untyped-def]
    """Chip, board, bytecode, and a wire version that is ours or the next."""
    bytecode = getattr(sys.implementation, "_mpy", 0) & 255
    is_app = manifest.kind == release.APP
    if (
        chip() not in manifest.chips
        or board not in manifest.boards
        or (is_app and bytecode and manifest.mpy != bytecode)
        or manifest.wire not in (VERSION, VERSION + 1)
    ):
        raise Refused(INCOMPATIBLE)


def _hash(file, size: int) -> bytes:  # type: ignore[no-untyped-def]
    """Of the next `size` bytes."""
    digest = hashlib.sha256()
    part = memoryview(bytearray(_PART))
    while size > 0:
        count = file.readinto(part[: min(size, _PART)])
        if not count:
            break
        digest.update(part[:count])
        size -= count
    return digest.digest()


def _copy(file, size: int, path: str) -> None:  # type: ignore[no-untyped-def]
    part = memoryview(bytearray(_PART))
    with open(path, "wb") as out:
        while size > 0:
            count = file.readinto(part[: min(size, _PART)])
            if not count:
                raise Refused(DAMAGED)
            out.write(part[:count])
            size -= count
