"""A search of every byte, in whatever form a program may have written a word: as text in the usual
encodings, escaped for JSON, HTML, an address or base64, and inside what is packed (gzip, streams of
a PDF, parts of a workbook)."""

import base64
import html
import io
import json
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.keys.ring import FOLDER

DEPTH_MAX = 3  # a packed thing in a packed thing in a packed thing
UNPACKED_MAX = 50_000_000  # bytes of one
_GZIP = b"\x1f\x8b\x08"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_ASCII85 = re.compile(rb"[!-uz\s]+~>")


def forms(word: str | bytes) -> set[bytes]:
    """All ways in which a word may stand in a file."""
    if isinstance(word, bytes):
        return {word}
    plain = word.encode()
    said = {plain, word.encode("utf-16-le"), word.encode("utf-16-be"), html.escape(word).encode()}
    said |= {json.dumps(word)[1:-1].encode(), urllib.parse.quote(word).encode()}
    for lead in range(3):  # base64 of a longer text that has it somewhere
        coded = base64.b64encode(b"\0" * lead + plain)
        said.add(coded[(0, 2, 3)[lead] : len(coded) - 4])
    return said


def hits(content: bytes, words: Iterable[str | bytes], depth: int = 0) -> set[str]:
    """Those of the words that are in these bytes."""
    wanted = list(words)
    found = {str(word) for word in wanted if any(form in content for form in forms(word))}
    if depth < DEPTH_MAX:
        for inner in _unpacked(content):
            found |= hits(inner, wanted, depth + 1)
    return found


def found_in(folder: Path, words: Iterable[str | bytes]) -> dict[str, set[str]]:
    """Every file below a folder with those of the words that it holds; the keys' own folder is not
    looked through, for there are 64 random bytes in each file."""
    wanted, found = list(words), {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and FOLDER not in path.parts:
            its = hits(path.read_bytes(), wanted)
            if its:
                found[str(path.relative_to(folder))] = its
    return found


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            yield from (parts.read(name) for name in parts.namelist())
        return
    at = content.find(_GZIP)
    while at >= 0:
        yield from _inflated(content[at:], 31)
        at = content.find(_GZIP, at + 1)
    if content[:5] == b"%PDF-":
        for stream in _STREAM.findall(content):
            yield from _inflated(_plain(stream), 15)


def _plain(stream: bytes) -> bytes:
    """A stream's bytes, where they are written in letters (ASCII85)."""
    if not _ASCII85.fullmatch(stream.strip()):
        return stream
    return base64.a85decode(b"<~" + stream.strip(), adobe=True)


def _inflated(packed: bytes, bits: int) -> Iterator[bytes]:
    engine = zlib.decompressobj(bits)
    try:
        plain = engine.decompress(packed, UNPACKED_MAX)
    except zlib.error:
        return
    if plain:
        yield plain
