"""What comes back for one request: HTTP/1.1 as far as an answer to a POST needs it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

HEAD_BYTES_MAX: Final = 16_384
BODY_BYTES_MAX: Final = 65_536  # beyond it the rest is not read, and the connection not kept
_NO_BODY: Final = frozenset({204, 304})


class BrokenAnswerError(Exception):
    """What came is no HTTP. The text says so, and quotes nothing of it."""


class Answer(NamedTuple):
    """An answer: header names are in small letters; the body is cut at BODY_BYTES_MAX."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AnswerReader:
    """Reads one answer from the bytes of a connection.

    `has_begun`: something came. `keeps_open`: the answer is whole, and another request may follow.
    """

    def __init__(self, is_tunnel: bool = False) -> None:
        self.has_begun = self.keeps_open = False
        self._is_tunnel = is_tunnel  # of CONNECT: after its head the connection is another's
        self._bytes = bytearray()
        self._head: tuple[int, dict[str, str]] | None = None

    def feed(self, data: bytes) -> Answer | None:
        """Take what came: the answer once it is whole; BrokenAnswerError if it is none."""
        self.has_begun = True
        self._bytes += data
        while self._head is None:
            end = self._bytes.find(b"\r\n\r\n")
            if end < 0 or end > HEAD_BYTES_MAX:
                if len(self._bytes) > HEAD_BYTES_MAX:
                    raise BrokenAnswerError("its answer has too long a head")
                return None
            head = _head(bytes(self._bytes[:end]))
            del self._bytes[: end + 4]
            if head[0] >= 200 or head[0] == 101:
                self._head = head  # what was below is only on its way
        return self._body(*self._head)

    def end(self) -> Answer | None:
        """The other end has closed. The answer, if that is how it ends; else None."""
        if self._head is None:
            return None
        status, headers = self._head
        if "content-length" in headers or "chunked" in headers.get("transfer-encoding", ""):
            return None
        return Answer(status, headers, bytes(self._bytes[:BODY_BYTES_MAX]))

    def _body(self, status: int, headers: dict[str, str]) -> Answer | None:
        keeps = headers.get("connection", "keep-alive").lower() != "close"
        if status in _NO_BODY or self._is_tunnel:
            self.keeps_open = keeps
            return Answer(status, headers, b"")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = _chunks(self._bytes)
        elif "content-length" in headers:
            body = self._counted(headers["content-length"])
        else:
            body = None  # it ends with the connection
        if body is not None:
            self.keeps_open = keeps
            return Answer(status, headers, body)
        if len(self._bytes) > BODY_BYTES_MAX:
            return Answer(status, headers, bytes(self._bytes[:BODY_BYTES_MAX]))
        return None

    def _counted(self, said: str) -> bytes | None:
        if not (said.isascii() and said.isdigit()) or len(said) > 18:
            raise BrokenAnswerError("its answer has no length that is a number")
        return bytes(self._bytes[: int(said)]) if len(self._bytes) >= int(said) else None


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit()):
        raise BrokenAnswerError("it does not answer in HTTP")
    headers: dict[str, str] = {}
    if version == "HTTP/1.0":
        headers["connection"] = "close"
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return int(status), headers


def _chunks(waiting: bytearray) -> bytes | None:
    """A chunked body, once all of it is there."""
    body, at = bytearray(), 0
    while True:
        line_end = waiting.find(b"\r\n", at)
        if line_end < 0:
            return None
        size_text = bytes(waiting[at:line_end]).partition(b";")[0].strip()
        if not size_text or size_text.strip(b"0123456789abcdefABCDEF"):
            raise BrokenAnswerError("its answer's chunks have no size")
        size = int(size_text, 16)
        at = line_end + 2
        if size == 0:
            return bytes(body) if waiting.find(b"\r\n", at) >= 0 else None
        if len(waiting) < at + size + 2:
            return None
        body += waiting[at : at + size]
        at += size + 2
