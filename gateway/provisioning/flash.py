"""From a bare board to an enrolled seal, in an order that leaves no half seal behind.

    1  check     one board, MicroPython, new enough, nothing on it that somebody may miss
    2  clear     the old identity first, then the rest: a board without seal.json is nobody
    3  copy      the compiled firmware and the site's authority
    4  check     every file's SHA-256, computed on the board; then the program's copy into ROMFS,
                 read back, where the board's MicroPython has a partition for it
    5  name      a fresh id, key and password, made now, for this board and this attempt only
    6  prove     the board seals a text with its compiled firmware and its own key; we open it
    7  enrol     one transaction in the gateway's database
    8  join      the board tries its Wi-Fi and its broker, and says how far it came
    9  start     reset; the seal begins to report

Whatever fails before 7 leaves nothing enrolled, and the key is thrown away with the attempt: the
next one makes another. When 7 is done everything on the board has been proved, so what is enrolled
works; if the cable is pulled then, the seal starts at its next power-up. If 7 itself fails, the
board is made nobody again; should that fail too, it has an identity that no gateway knows and is
refused everywhere.

Before all of that the whole flash may be written (`image_writer`), which asks first what it holds.

The key is never printed, logged, written to this machine's disk, or put into arguments.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from gateway.provisioning.board_link import BoardError, BoardLink, SilentBoardError
from gateway.provisioning.board_scripts import CLEAR, HASHES, PROVE, ROM_HASH, SURVEY
from gateway.provisioning.firmware_bundle import (
    CA,
    COPIES,
    IN_ROM,
    MPY_VERSION,
    SLOT,
    BoardFile,
    is_of_updates,
    slot_of,
)
from gateway.provisioning.flash_places import ROOM_FOR_STATE_BYTES
from gateway.provisioning.joining import Join, Reason, join
from gateway.provisioning.romfs_image import romfs_image
from gateway.registry.credentials import Identity, fresh_identity
from sealwire import ccm

SETTINGS = "seal.json"
_ARRIVING = "seal.json.new"
# What a seal at work writes; see sealnode.spool and sealnode.trial.
STATE_FILES = ("spool.a", "spool.b", "trial.json", "trial.json.new", "over")
OLDEST_MICROPYTHON = (1, 25)  # the oldest that the firmware is tested on
_NEEDED_MODULES = ("cryptolib", "hashlib", "tls", "machine", "network", "esp32")
_PROOF_AAD = b"proof"


@dataclass(frozen=True)
class SealSettings:
    """What every seal of a site is told. `server_name` is a name in the broker's certificate."""

    broker: str
    server_name: str
    port: int = 8883
    tls: bool = True
    wifi_ssid: str | None = None
    wifi_password: str | None = field(default=None, repr=False)
    heartbeat_s: int = 100
    mains: bool = False
    bluetooth: bool = False  # it speaks by air too

    def render(self, identity: Identity) -> bytes:
        """`seal.json` for one seal, as `sealnode.settings` reads it."""
        wifi = {"ssid": self.wifi_ssid, "password": self.wifi_password or ""}
        text = json.dumps(
            {
                "id": identity.seal_id,
                "key": identity.key.hex(),
                "broker": self.broker,
                "port": self.port,
                "ca": CA if self.tls else None,
                "server_name": self.server_name,
                "user": identity.seal_id,
                "password": identity.broker_password,
                "wifi": wifi if self.wifi_ssid else None,
                "heartbeat_s": self.heartbeat_s,
                "mains": self.mains,
                "bluetooth": self.bluetooth,
            }
        )
        return text.encode()


@dataclass(frozen=True)
class Flashed:
    """What came of it. `replaced`: the enrolled seal that this board was before, to be retired.
    `join`: how far it came on its way to the broker; None if it was not asked. `in_rom`: its
    program lies in ROMFS, which spares charge and heap."""

    seal_id: str
    started: bool
    replaced: str | None
    join: Join | None = None
    in_rom: bool = False


@dataclass(frozen=True)
class Registry:
    """What flashing asks of the gateway's database and the broker's logins."""

    is_enrolled: Callable[[str], bool]
    enrol: Callable[[Identity], None]  # whole or not at all; raises where it cannot
    identify: Callable[[], Identity] = fresh_identity
    discard: Callable[[Identity], None] = lambda _: None  # a board has it, and it came to nothing


def flash_seal(
    link: BoardLink,
    files: Sequence[BoardFile],
    settings: SealSettings,
    registry: Registry,
    *,
    erase: bool = False,
    joins: bool = False,
    told: Callable[[str, int, int], None] = lambda _what, _done, _of: None,
) -> Flashed:
    """Make the board behind `link` a seal. `files` come from `firmware_bundle.bundle`.

    `told` hears what is being done and how far it is, for a progress bar; `joins` lets the board
    try its way to the broker. Raises BoardError with a sentence; whatever `registry.enrol` raises
    comes through as it is.
    """
    steps = steps_of(files)
    told("reading the board", 0, steps)
    survey = _survey(link)
    _need_usable(survey)
    holds = _need_ours(survey, registry, [file.path for file in files], erase)
    told("clearing the board", 1, steps)
    _clear(link, survey["files"], files)
    copied = iter(range(2, steps))
    link.put(files, lambda path: told(f"copying {path}", next(copied), steps))
    told("checking every file", steps - 5, steps)
    _verify(link, files)
    told("laying the program", steps - 4, steps)
    in_rom = _laid(link, files, survey["rom"])
    identity = registry.identify()
    try:
        told("giving it its own key", steps - 3, steps)
        _name_and_prove(link, settings, identity, in_rom)
        told("enrolling it", steps - 2, steps)
        _enrol(link, registry, identity)
    except BaseException:
        registry.discard(identity)
        raise
    joined = None
    if joins:
        told("trying Wi-Fi and broker", steps - 1, steps)
        joined = _joined(link)
    told("starting it", steps, steps)
    return Flashed(identity.seal_id, _started(link), holds, joined, in_rom)


def steps_of(files: Sequence[BoardFile]) -> int:
    """How many steps `told` will hear of."""
    return len(files) + 7


def holds_before_image(
    link: BoardLink, files: Sequence[BoardFile], registry: Registry, *, erase: bool
) -> str | None:
    """The enrolled seal that a board is, before its whole flash is written; None for a bare board.
    BoardError if it holds what somebody may miss, and `erase` was not said."""
    try:
        survey = _survey(link)
    except SilentBoardError:
        return None
    return _need_ours(survey, registry, [file.path for file in files], erase)


def _survey(link: BoardLink) -> dict[str, Any]:
    """What is on the other end."""
    survey: dict[str, Any] = link.ask(SURVEY.replace("NEEDED", repr(_NEEDED_MODULES)))
    return survey


def _need_usable(survey: dict[str, Any]) -> None:
    """Refuse a board whose MicroPython cannot run a seal."""
    version = tuple(survey["version"])
    if version[:2] < OLDEST_MICROPYTHON:
        raise BoardError(
            f"The board has MicroPython {'.'.join(map(str, version))}; it must be "
            f"{'.'.join(map(str, OLDEST_MICROPYTHON))} or newer. Say --image with a newer one."
        )
    if survey["mpy"] != MPY_VERSION or survey["missing"]:
        lacks = ", ".join(survey["missing"]) or f"bytecode version {MPY_VERSION}"
        raise BoardError(
            f"The board's MicroPython lacks {lacks}. A seal needs an ESP32 with the standard "
            "firmware for its chip."
        )


def _need_ours(
    survey: dict[str, Any], registry: Registry, ours: Sequence[str], erase: bool
) -> str | None:
    """Refuse a board that holds what is not ours; the enrolled id that it holds."""
    holds: str | None = survey["holds"]
    enrolled = holds if holds is not None and registry.is_enrolled(holds) else None
    if erase:
        return enrolled
    if enrolled:
        raise BoardError(
            f"This board is seal {enrolled}, which is enrolled. To make a new seal of it say "
            "--erase; the old one will fall silent and is to be retired."
        )
    known = {*ours, SETTINGS, _ARRIVING, *STATE_FILES}
    foreign = sorted(path for path in {*survey["files"]} - known if not is_of_updates(path))
    if foreign:
        shown = ", ".join(foreign[:5]) + (" and more" if len(foreign) > 5 else "")
        raise BoardError(f"The board holds other files ({shown}). To remove them say --erase.")
    return None


def _clear(link: BoardLink, present: Sequence[str], files: Sequence[BoardFile]) -> None:
    first = [name for name in (SETTINGS, _ARRIVING) if name in present]
    doomed = [*first, *(name for name in present if name not in first)]
    paths = [PurePosixPath(file.path) for file in files]
    folders = sorted({str(one) for path in paths for one in path.parents if one.name})
    told = link.ask(f"doomed={doomed!r}\nfolders={folders!r}\n{CLEAR}")
    block = told["block"]
    free = told["free"] if told["free"] <= told["total"] else 0  # littlefs counts folders twice
    size = sum(-(-len(file.content) // block) * block for file in files)
    needed = COPIES * size + ROOM_FOR_STATE_BYTES
    if needed > free:
        raise BoardError(
            f"The board is full: {free // 1024} of {told['total'] // 1024} KB are free, and a seal "
            f"needs {needed // 1024} KB. Take a board with 4 MB of flash."
        )


def _verify(link: BoardLink, files: Sequence[BoardFile]) -> None:
    found = link.ask(f"paths={[file.path for file in files]!r}\n{HASHES}")
    for file in files:
        if found[file.path] != file.sha256:
            raise BoardError(
                f"{file.path} did not arrive whole. Try again; if it happens twice, the cable or "
                "the board's flash is bad."
            )


def _laid(link: BoardLink, files: Sequence[BoardFile], room: int) -> bool:
    """Lay slot a's copy in the board's ROMFS partition of `room` bytes, and have it started from
    there; False where there is no such partition, or it is too small: then its files are used."""
    if not room:
        return False
    image = romfs_image(slot_of(files))
    if len(image) > room:
        return False
    link.lay_rom(image)
    if link.ask(f"size={len(image)}\n{ROM_HASH}") != hashlib.sha256(image).hexdigest():
        raise BoardError(
            "The program did not arrive whole in the board's ROMFS. Try again; if it happens "
            "twice, the cable or the board's flash is bad."
        )
    link.put([IN_ROM], lambda _: None)
    return True


def _name_and_prove(
    link: BoardLink, settings: SealSettings, identity: Identity, in_rom: bool
) -> None:
    """Give the board its identity, and have it shown that firmware and key work together.

    The proof's nonce begins with a byte that no report and no receipt has, so no nonce of the wire
    is spent, and its text is random, so that no earlier proof can be repeated.
    """
    link.put_secret(BoardFile(_ARRIVING, settings.render(identity)))
    nonce = b"\xff" + secrets.token_bytes(ccm.NONCE_BYTES - 1)
    plain = secrets.token_bytes(16)
    slot = "/rom" if in_rom else f"/{SLOT}"
    given = f"slot={slot!r}\nnonce={nonce!r}\nplain={plain!r}\naad={_PROOF_AAD!r}\n"
    proof = link.ask(given + PROVE)
    wanted = ccm.cipher(identity.key).seal(nonce, _PROOF_AAD, plain).hex()
    if proof["id"] != identity.seal_id or not hmac.compare_digest(proof["sealed"], wanted):
        raise BoardError("The board's cryptography gives wrong results. Take another board.")


def _enrol(link: BoardLink, registry: Registry, identity: Identity) -> None:
    try:
        registry.enrol(identity)
    except BaseException:
        with suppress(BoardError):  # the board may be gone; then it stays unknown to every gateway
            link.ask(f"import os\nos.remove({SETTINGS!r})\nanswer(1)")
        raise


def _joined(link: BoardLink) -> Join:
    try:
        return join(link)
    except BoardError as error:  # it is enrolled already, and its start will tell
        return Join(Reason.UNTRIED, None, str(error))


def _started(link: BoardLink) -> bool:
    try:
        link.reset()
    except BoardError:
        return False
    return True
