"""A release: a signed list of files, and the files. What `menshen release` makes and a seal takes.

    b"MSU1"  length of the manifest (2)  manifest  signature (64)  the files, one behind the other

The manifest is text, so that people can read what they sign, and is signed byte for byte as it
stands. Its lines come in one order, each ended by a line feed:

    menshen-update 1
    kind app                          app: a set of .mpy files; image: MicroPython itself
    counter 7                         a seal takes none that is not above what it had
    version 1.4.0                     for people
    wire 1                            the wire version that it speaks
    mpy 6                             the bytecode that it is compiled to; 0 for an image
    chips esp32c6 esp32s3             what it may run on
    boards 1                          likewise; 1 is the wiring of hardware/pins.csv
    file <SHA-256> <bytes> <path>     one or more

The signature (Ed25519) stands under SHA-256 of the manifest with a prefix: 47 bytes, so that with
key and nonce they fill one block of SHA-512, the slowest of what a chip has to do.
"""

import hashlib

from .errors import MALFORMED, OVERSIZED, TRUNCATED, WireError
from .update import ID_BYTES

MAGIC = b"MSU1"
PREFIX = b"menshen-update1"
HEAD_BYTES = 6
SIGNATURE_BYTES = 64
MANIFEST_BYTES_MAX = 6144
FILES_MAX = 64
FILE_BYTES_MAX = 0x400000
COUNTER_MAX = 0xFFFFFFFF
APP, IMAGE = "app", "image"
IMAGE_PATH = "image.bin"
CHIPS = ("unknown", "esp32", "esp32c3", "esp32c6", "esp32s3")  # by number on the wire
_FIRST_LINE = "menshen-update 1"
_WORD = "abcdefghijklmnopqrstuvwxyz0123456789_"
_VERSION = _WORD + ".-+"
_VERSION_MAX = 32
_HEX = "0123456789abcdef"


class Manifest:
    """What a release is. `files` holds (path, size in bytes, SHA-256), in the release's order."""

    def __init__(
        self,
        kind: str,
        counter: int,
        version: str,
        wire: int,
        mpy: int,
        chips: "tuple[str, ...]",
        boards: "tuple[int, ...]",
        files: "list[tuple[str, int, bytes]]",
    ) -> None:
        self.kind = kind
        self.counter = counter
        self.version = version
        self.wire = wire
        self.mpy = mpy
        self.chips = chips
        self.boards = boards
        self.files = files

    def render(self) -> bytes:
        """As it is signed. WireError if a field has no place in a manifest."""
        lines = [
            _FIRST_LINE,
            "kind " + self.kind,
            "counter %d" % self.counter,
            "version " + self.version,
            "wire %d" % self.wire,
            "mpy %d" % self.mpy,
            "chips " + " ".join(self.chips),
            "boards " + " ".join([str(board) for board in self.boards]),
        ]
        lines += ["file %s %d %s" % (digest.hex(), size, path) for path, size, digest in self.files]
        data = "\n".join(lines + [""]).encode()
        parse(data)
        return data

    def size(self) -> int:
        """How many bytes its files have together."""
        return sum([size for _, size, _ in self.files])


def parse(data: bytes) -> Manifest:
    """The manifest in these bytes. WireError if there is anything in them that is not as above."""
    if len(data) > MANIFEST_BYTES_MAX:
        raise WireError(OVERSIZED, "a manifest of %d bytes" % len(data))
    try:
        lines = str(data, "utf-8").split("\n")
    except UnicodeError:
        raise WireError(MALFORMED, "a manifest that is no text") from None
    if len(lines) < 10 or lines[0] != _FIRST_LINE or lines[-1]:
        raise WireError(MALFORMED, "its manifest begins otherwise")
    if len(lines) - 9 > FILES_MAX:
        raise WireError(OVERSIZED, "more than %d files" % FILES_MAX)
    kind = _value(lines[1], "kind")
    if kind not in (APP, IMAGE):
        raise WireError(MALFORMED, "kind %s is unknown" % kind)
    made = Manifest(
        kind,
        _number(_value(lines[2], "counter"), COUNTER_MAX),
        _of(_value(lines[3], "version"), _VERSION, _VERSION_MAX),
        _number(_value(lines[4], "wire"), 15),
        _number(_value(lines[5], "mpy"), 255, 0),
        tuple([_of(word, _WORD, 16) for word in _value(lines[6], "chips").split(" ")]),
        tuple([_number(word, 255) for word in _value(lines[7], "boards").split(" ")]),
        [_file(line, kind) for line in lines[8:-1]],
    )
    if len({path for path, _, _ in made.files}) != len(made.files):
        raise WireError(MALFORMED, "a file that is named twice")
    if kind == IMAGE and len(made.files) != 1:
        raise WireError(MALFORMED, "an image is one file")
    return made


def read_head(data: bytes) -> int:
    """How long the manifest is, from the first HEAD_BYTES of a release."""
    if len(data) < HEAD_BYTES:
        raise WireError(TRUNCATED, "less than a release's head")
    length = data[4] << 8 | data[5]
    if data[:4] != MAGIC or not 0 < length <= MANIFEST_BYTES_MAX:
        raise WireError(MALFORMED, "it begins otherwise")
    return length


def signed_text(manifest: bytes) -> bytes:
    """What the signature stands under."""
    digest: bytes = hashlib.sha256(manifest).digest()
    return PREFIX + digest


def identify(manifest: bytes, signature: bytes) -> bytes:
    """A release's id: six bytes that name its content, for the manifest holds every file's hash."""
    digest: bytes = hashlib.sha256(manifest + signature).digest()
    return digest[:ID_BYTES]


def _value(line: str, name: str) -> str:
    start = len(name) + 1
    if line[:start] != name + " " or len(line) == start:
        raise WireError(MALFORMED, "a line %s is missing" % name)
    return line[start:]


def _number(word: str, most: int, least: int = 1) -> int:
    if not word or len(word) > 10 or not all([c in "0123456789" for c in word]):
        raise WireError(MALFORMED, "%s is no number" % word)
    number = int(word)
    if str(number) != word or not least <= number <= most:
        raise WireError(MALFORMED, "%s is not %d to %d" % (word, least, most))
    return number


def _of(word: str, allowed: str, most: int) -> str:
    if not 0 < len(word) <= most or not all([c in allowed for c in word]):
        raise WireError(MALFORMED, "%s is not allowed here" % word)
    return word


def _file(line: str, kind: str) -> "tuple[str, int, bytes]":
    words = _value(line, "file").split(" ")
    if len(words) != 3 or len(words[0]) != 64 or not all([c in _HEX for c in words[0]]):
        raise WireError(MALFORMED, "a file's line has a hash, a size and a path")
    path = words[2]
    if kind == IMAGE:
        if path != IMAGE_PATH:
            raise WireError(MALFORMED, "an image is called " + IMAGE_PATH)
    else:
        parts = path.split("/")
        if len(parts) > 2 or path[-4:] != ".mpy":
            raise WireError(MALFORMED, "%s is no file of a slot" % path)
        for part in (path[:-4]).split("/"):
            _of(part, _WORD, 32)
    return path, _number(words[1], FILE_BYTES_MAX), bytes.fromhex(words[0])
