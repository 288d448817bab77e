"""Settings that a command wants, on trial beside those in force: files, and nothing else.

Another network or identity is tried before it is kept. The settings in force stay in `seal.json`,
those on trial stand in `trial.json` beside them, whole. The seal goes by the one and by the other
in turn until one of them has brought the receipt of a note, by which the gateway has decided too:
those stay, the others go. Each file is written beside and renamed over, so a power cut leaves the
old or the new; while both are there, the trial goes on.
"""

import json
import os

from sealwire.command import HEARTBEAT, WIFI

from .settings import FILE, TRIAL, Settings, SettingsError, fields_of

_ARRIVING = ".new"
_TICKET, _FIELDS = "ticket", "settings"


def wanted(folder: str, kind: int, parts: "list[bytes]") -> "dict[str, object]":
    """All settings, as a command wants them. Raises SettingsError where they are none."""
    fields = fields_of(folder + FILE)
    if kind == HEARTBEAT:
        fields["heartbeat_s"] = int.from_bytes(parts[0], "big")
    elif kind == WIFI:
        if fields["wifi"] is None:
            raise SettingsError("wifi: this seal has none")
        fields["wifi"] = {"ssid": _text(parts[0]), "password": _text(parts[1])}
    else:
        fields["id"] = fields["user"] = parts[0].hex()
        fields["key"], fields["password"] = parts[1].hex(), _text(parts[2])
    Settings(fields, folder)
    return fields


def is_in_force(folder: str, fields: "dict[str, object]") -> bool:
    """Whether a seal goes by these already."""
    return fields == fields_of(folder + FILE)


def keep(folder: str, fields: "dict[str, object]") -> None:
    """These are in force from now on, and nothing is on trial. OSError if the flash fails."""
    _write(folder + FILE, fields)
    drop(folder)


def begin(folder: str, ticket: int, fields: "dict[str, object]") -> None:
    """Try these, as the command of this ticket wants it. OSError if the flash fails."""
    _write(folder + TRIAL, {_TICKET: ticket, _FIELDS: fields})


def on_trial(folder: str) -> "tuple[int, dict[str, object]]":
    """(ticket, settings) of the trial that goes on. SettingsError if there is none."""
    trial = fields_of(folder + TRIAL)
    ticket, fields = trial.get(_TICKET), trial.get(_FIELDS)
    if not isinstance(ticket, int) or not isinstance(fields, dict):
        raise SettingsError("%s: is no trial" % TRIAL)
    return ticket, fields


def drop(folder: str) -> None:
    """Nothing is on trial any more. OSError if the flash fails."""
    if has_trial(folder):
        os.remove(folder + TRIAL)


def has_trial(folder: str) -> bool:
    """Whether something is on trial."""
    return TRIAL in os.listdir(folder)


def _write(path: str, content: object) -> None:
    with open(path + _ARRIVING, "w") as file:
        json.dump(content, file)
    os.rename(path + _ARRIVING, path)


def _text(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeError:
        raise SettingsError("a text of the command is no UTF-8") from None
