"""MicroPython's image for a board: a file that the installer has, checked by us before it is used.

esptool flashes a file with a broken header and ends with 0, so the header is read here: its first
byte, and the chip that it is for. Whether it is the program that it claims to be, its SHA-256 says:
of the releases below, or stated by whoever has it from elsewhere. A wrong line in the table would
refuse a good image and take no bad one, so a line needs one source, named.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from gateway.provisioning.board_link import BoardError

MAGIC: Final = 0xE9
_CHIP_AT: Final = 12  # two bytes, the low one first
HEADER_BYTES: Final = 24
IMAGE_BYTES_MAX: Final = 16 << 20
IMAGE_BYTES_MIN: Final = 256 << 10  # the smallest MicroPython is some 1.4 MB
# Which of them wakes by its pins from which release on says `firmware/board.py`.
CHIPS: Final = {5: "esp32c3", 9: "esp32s3", 13: "esp32c6"}
_OTHER_CHIPS: Final = {0: "esp32", 2: "esp32s2", 12: "esp32c2", 16: "esp32h2", 18: "esp32p4"}
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Release(NamedTuple):
    """A release of MicroPython for one board."""

    version: str
    board: str


# SHA-256 of files on micropython.org, which publishes none itself. Sources: Warblet IoT's list of
# runtimes (Robota-LLC/Warblet-IoT, esp32-generic/demo.json); the last line, of two unrelated
# projects that say the same.
RELEASES: Final = {
    "d338042d2dd87a00dad2163071f44bf67da1401e1d1d0686f2bb2e336e78f0e6": Release(
        "1.28.0", "ESP32_GENERIC_C6"
    ),
    "c749c22b6fe00cb8211a3b227ed6c0ce9babb518fd8f5a661f7496eb878fa895": Release(
        "1.28.0", "ESP32_GENERIC_C3"
    ),
    "8c6039d40024cae3c6b04bb434f77901548f5487df9789af15548c54f9e11d7f": Release(
        "1.28.0", "ESP32_GENERIC_S3"
    ),
    "67c19ae123d84152019b57526ed5291dd0a2b4edd87655c5f76b46c9a62ff5dd": Release(
        "1.28.0", "ESP32_GENERIC_S3-SPIRAM_OCT"
    ),
}


@dataclass(frozen=True)
class BoardImage:
    """An image that was checked. `chip` is esptool's word; `release` is None if only stated."""

    content: bytes
    chip: str
    release: Release | None

    @property
    def name(self) -> str:
        """What a person calls it."""
        if self.release is None:
            return f"an image for {named(self.chip)}"
        return f"MicroPython {self.release.version} for {named(self.chip)}"


def read_image(path: Path, stated_sha256: str | None = None) -> BoardImage:
    """Read and check an image. BoardError with a sentence if it is not one for a seal's chip, or
    neither known nor stated."""
    content = _content(path)
    if len(content) < HEADER_BYTES or content[0] != MAGIC:
        raise BoardError(
            f"{path} is no image for an ESP32: it does not begin as one. Take the file that ends "
            "in .bin from MicroPython's page of your chip, not .uf2, .elf or .app-bin."
        )
    chip_id = int.from_bytes(content[_CHIP_AT : _CHIP_AT + 2], "little")
    if chip_id not in CHIPS:
        other = _OTHER_CHIPS.get(chip_id)
        what = named(other) if other else f"a chip with the number {chip_id}"
        chips = ", ".join(named(chip) for chip in CHIPS.values())
        raise BoardError(f"{path} is an image for {what}; a seal's chip is one of {chips}.")
    if len(content) < IMAGE_BYTES_MIN:
        raise BoardError(
            f"{path} is only {len(content) // 1024} KB long, too short to be MicroPython: the "
            "download broke off. Fetch it again."
        )
    digest = hashlib.sha256(content).hexdigest()
    release = RELEASES.get(digest)
    _need_trust(path, digest, release, stated_sha256)
    return BoardImage(content, CHIPS[chip_id], release)


def named(chip: str) -> str:
    """A chip as its maker writes it: ESP32-C6 for esp32c6."""
    family, kind = chip[:5].upper(), chip[5:].upper()
    return f"{family}-{kind}" if kind else family


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(IMAGE_BYTES_MAX + 1)
    except OSError as error:
        raise BoardError(f"The image {path} cannot be read ({error.strerror}).") from error
    if len(content) > IMAGE_BYTES_MAX:
        raise BoardError(f"{path} is larger than any board's flash; it is no image.")
    return content


def _need_trust(path: Path, digest: str, release: Release | None, stated: str | None) -> None:
    """The file's hash is known, or is what was stated. What was stated must hold in any case."""
    if stated is None:
        if release is None:
            versions = ", ".join(sorted({known.version for known in RELEASES.values()}))
            raise BoardError(
                f"{path} is no release that is known here (MicroPython {versions}): its SHA-256 is "
                f"{digest}. If that is what its publisher says, state it with --image-sha256."
            )
        return
    wanted = stated.strip().lower()
    if _HASH.fullmatch(wanted) is None:
        raise BoardError("--image-sha256 takes the 64 hexadecimal digits of a SHA-256.")
    if wanted != digest:
        raise BoardError(
            f"{path} is not the file that was stated: its SHA-256 is {digest}. Fetch it again."
        )
