"""A release as one file: built, signed, read again and checked. Its layout: `sealwire.release`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sealwire import release
from sealwire.errors import WireError
from sealwire.release import Manifest

UNSIGNED = bytes(release.SIGNATURE_BYTES)
RELEASE_BYTES_MAX = 4 << 20


class ReleaseError(Exception):
    """The file is no release that can be used. The text is a sentence."""


@dataclass(frozen=True)
class Release:
    """A whole release. `content`: the files, one behind the other."""

    manifest: Manifest
    manifest_text: bytes
    signature: bytes
    content: bytes

    @property
    def release_id(self) -> bytes:
        """Six bytes that name it."""
        return release.identify(self.manifest_text, self.signature)

    @property
    def is_signed(self) -> bool:
        """Whether anything stands where its signature belongs; by whom, `signing` says."""
        return self.signature != UNSIGNED

    def render(self) -> bytes:
        """The file's bytes."""
        length = len(self.manifest_text).to_bytes(2, "big")
        return release.MAGIC + length + self.manifest_text + self.signature + self.content


def build(
    files: Sequence[tuple[str, bytes]],
    *,
    kind: str,
    counter: int,
    version: str,
    wire: int,
    mpy: int,
    chips: Sequence[str],
    boards: Sequence[int],
) -> Release:
    """A release of these files (path, content), not yet signed. ReleaseError if it cannot be."""
    listed = [(path, len(data), hashlib.sha256(data).digest()) for path, data in files]
    manifest = Manifest(kind, counter, version, wire, mpy, tuple(chips), tuple(boards), listed)
    try:
        text = manifest.render()
    except WireError as error:
        raise ReleaseError(f"no release can be made of this: {error.text}") from error
    return Release(manifest, text, UNSIGNED, b"".join(data for _, data in files))


def read(data: bytes) -> Release:
    """The release in a file's bytes, with every file's hash checked. ReleaseError if it is none."""
    if len(data) > RELEASE_BYTES_MAX:
        raise ReleaseError(f"a release has {RELEASE_BYTES_MAX >> 20} MB at most")
    try:
        start = release.HEAD_BYTES
        end = start + release.read_head(data[:start])
        manifest = release.parse(data[start:end])
    except WireError as error:
        raise ReleaseError(f"this is no release: {error.text}") from error
    at = end + release.SIGNATURE_BYTES
    content = data[at:]
    if len(content) != manifest.size():
        raise ReleaseError(
            f"its files have {len(content)} bytes where its manifest says {manifest.size()}: it "
            "was cut short or added to; fetch it again"
        )
    offset = 0
    for path, size, digest in manifest.files:
        if hashlib.sha256(content[offset : offset + size]).digest() != digest:
            raise ReleaseError(f"{path} in it is not what its manifest says; fetch it again")
        offset += size
    return Release(manifest, data[start:end], data[end:at], content)
