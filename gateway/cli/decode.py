"""`menshen decode`: the bytes of a report, a note, a receipt or a command, in words."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.option_fields import field
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say_json, show
from gateway.engine.seal_notes import CAUSES
from gateway.registry import fields
from gateway.registry import load as registry
from gateway.settings import load
from gateway.store.database import Store
from sealwire import command, envelope, gateway_end, note, receipt, report
from sealwire.ccm import cipher
from sealwire.errors import WireError

HEX_CHARACTERS_MAX = 4_096
_CONTACT = {report.SHUT: "shut", report.OPEN: "open", report.UNKNOWN: "unknown"}
_KIND = {report.HEARTBEAT: "a heartbeat", report.EDGE: "an edge", report.TAMPER: "tampering"}
_OUTCOME = {
    note.NOTHING: "nothing was asked",
    note.TAKEN: "taken",
    note.WORKED: "worked",
    note.REFUSED: "refused",
    note.FELL_BACK: "fell back",
}
_ASKED = {
    command.HEARTBEAT: "another heartbeat",
    command.WIFI: "another Wi-Fi",
    command.IDENTITY: "another identity",
    command.UPDATE: "a look for an update",
}
_FRAME = {envelope.UP: "report", envelope.DOWN: "receipt", envelope.ORDER: "command"}
_UNKNOWN = {
    "signal_dbm": "unknown, or by cable",
    "reset_cause": "not told",
    "age_ms": "unknown: the seal restarted since",
    "battery_mv": "unknown, or mains",
    "door": "none yet",
}
Words = dict[str, Any]
Message = TypeVar("Message")


@dataclass(frozen=True)
class Known:
    """Whose key is tried. `row` is there if the database knows the seal."""

    seal_id: str
    key: bytes
    row: registry.SealRow | None = None


def decode(
    hexadecimal: Annotated[str, typer.Argument(metavar="HEX", help="The bytes of a message.")],
    seal: Annotated[str | None, typer.Option(help="Whose it is; else every seal is tried.")] = None,
    key: Annotated[str | None, typer.Option(help="Its key; else the database's.")] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Say in words what the bytes of a report, a note, a receipt or a command say."""
    frame = _bytes(hexadecimal)
    try:
        direction, epoch, counter = envelope.peek(frame)
    except WireError as error:
        raise CommandError(f"{error.reason}: {error.text}") from None
    words: Words = {
        "frame": _FRAME[direction],
        "version": envelope.version_of(frame),
        "epoch": epoch,
        "counter": counter,
    }
    known, why_none = _candidates(config, seal, key)
    opened = _open(frame, known)
    if opened is None:
        words["sealed"] = why_none or _not_opened(known, seal)
    else:
        sealed_by, plain = opened
        words |= _sealed_by(sealed_by, direction, epoch, counter)
        words |= _said(plain, direction, envelope.version_of(frame))
    if as_json:
        say_json(words)
    else:
        show(["", ""], [[name, _shown(name, value)] for name, value in words.items()])
    raise typer.Exit(FAILED if known and opened is None else OK)


def _bytes(text: str) -> bytes:
    digits = "".join(text.removeprefix("0x").replace(":", " ").split())
    try:
        if len(digits) <= HEX_CHARACTERS_MAX:
            return bytes.fromhex(digits)
    except ValueError:
        pass
    raise CommandError(
        f"{text[:40]!r} is not hexadecimal; a report has {2 * envelope.FRAME_BYTES[0]} digits",
        MISUSED,
    )


def _candidates(config: Path, seal: str | None, key: str | None) -> tuple[list[Known], str]:
    """Keys to try: the given one, or the database's; else why there is none."""
    seal_id = field("--seal", seal, fields.seal_id) if seal else None
    if key is not None:
        if seal_id is None:
            raise CommandError("--key needs --seal: the frame does not say whose it is", MISUSED)
        return [Known(seal_id, field("--key", key, fields.key, secret=True))], ""
    if not config.exists():
        return [], f"no key: {config} is not there, and no --seal and --key were given"
    place = load(config).store.place
    with closing(Store.open(*place, create=False)) as store, store.reading() as connection:
        seals = registry.load(connection).seals
    if seal_id is not None and seal_id not in seals:
        return [], f"no key: seal {seal_id} is not enrolled here"
    chosen = seals.values() if seal_id is None else [seals[seal_id]]
    return [Known(row.seal_id, row.key, row) for row in chosen], ""


def _open(frame: bytes, known: list[Known]) -> tuple[Known, bytes] | None:
    for seal in known:
        try:
            plain = envelope.open_up(cipher(seal.key), bytes.fromhex(seal.seal_id), frame)[3]
        except WireError:
            continue
        return seal, plain
    return None


def _not_opened(known: list[Known], seal: str | None) -> str:
    if not known:
        return "no key: no seal is enrolled here"
    sealer = f"seal {known[0].seal_id}" if seal else f"any of the {len(known)} seals enrolled here"
    return f"wrong key: these bytes were not sealed by {sealer}, or were altered"


def _sealed_by(known: Known, direction: int, epoch: int, counter: int) -> Words:
    words: Words = {"seal": known.seal_id}
    if known.row is None:
        return words
    words["door"] = known.row.door_id
    if direction == envelope.UP:
        window = known.row.window
        now, stored = (epoch, counter), (window.epoch, window.counter)
        verdict = "above the mark: would be accepted"
        if now <= stored:
            verdict = "refused as replayed" if now == stored else "refused as below the mark"
        words["mark"] = f"epoch {window.epoch}, counter {window.counter}; {verdict}"
    return words


def _said(plain: bytes, direction: int, version: int) -> Words:
    if direction == envelope.DOWN:
        return _receipt(plain)
    if direction == envelope.ORDER:
        kind, ticket, _ = _unpacked(command.unpack, plain)  # a secret may be the rest
        return {"asks for": _ASKED[kind], "ticket": ticket}
    message = _unpacked(partial(gateway_end.unpack, version=version), plain)
    if isinstance(message, gateway_end.Note):
        return _note(message)
    words = _report(message)
    is_told = version > 1 and message.kind == report.HEARTBEAT
    return words | {"signal_dbm": message.signal_dbm} if is_told else words


def _note(message: gateway_end.Note) -> Words:
    return {
        "says": "a note of itself, and nothing of the door",
        "firmware": "{}.{}.{}".format(*message.firmware),
        "reset_cause": CAUSES.get(message.reset_cause),
        "ticket": message.ticket,
        "outcome": _OUTCOME[message.outcome],
        "signal_dbm": message.signal_dbm,
        "battery_mv": message.battery_mv,
    }


def _report(message: report.Report) -> Words:
    return {
        "says": _KIND[message.kind]
        + (", the first reading after a start" if message.first else ""),
        "contact": _CONTACT[message.contact],
        "number": message.seq,
        "edges": message.edges,
        "bounces": message.bounces,
        "age_ms": message.age_ms,
        "battery_mv": message.battery_mv,
        "cover": "open" if message.cover else "in order",
        "magnet": "disturbed" if message.magnet else "in order",
    }


def _receipt(plain: bytes) -> Words:
    message = _unpacked(receipt.unpack, plain)
    return {"says": "stored", "number": message.seq}


def _unpacked(unpack: Callable[[bytes], Message], plain: bytes) -> Message:
    try:
        return unpack(plain)
    except WireError as error:
        raise CommandError(f"{error.reason}: genuine, but {error.text}") from None


def _shown(name: str, value: object) -> str:
    if name == "number" and value == 0:
        return "none: a heartbeat is not kept"
    return _UNKNOWN[name] if value is None else str(value)
