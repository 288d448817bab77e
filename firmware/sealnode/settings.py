"""What `menshen flash` wrote for this seal: read once, checked, refused with a sentence."""

import json
from errno import ENOENT

FILE = "seal.json"
OVER = "over"  # there, and empty, while no order holds at the seal's door; see over.py
TRIAL = "trial.json"  # others, as long as nobody knows whether they work; see trial.py
_HEX = "0123456789abcdef"
_KEYS = (
    "id", "key", "broker", "port", "ca", "server_name", "user", "password", "wifi", "heartbeat_s",
    "mains",
)  # fmt: skip
_LATER_KEYS = ("bluetooth",)  # that a seal of an older flash does not have
_HEARTBEAT_S_MAX = 86_400
_TEXT_MAX = 128


class SettingsError(Exception):
    """The settings are not usable. The text names the key, its value, and what is allowed."""


class Settings:
    """One seal's settings, checked. `ca` is a file's name beside them, None for plain TCP."""

    def __init__(self, fields: "dict[str, object]", folder: str = "") -> None:
        for key in fields:
            if key not in _KEYS + _LATER_KEYS:
                allowed = ", ".join(_KEYS + _LATER_KEYS)
                raise SettingsError("%s: no such setting; allowed are %s" % (key, allowed))
        for key in _KEYS:
            if key not in fields:
                raise SettingsError("%s: missing" % key)
        self.folder = folder
        self.seal_id = _hex(fields, "id", 16)
        self.key = bytes.fromhex(_hex(fields, "key", 64))
        self.broker = _text(fields, "broker")
        self.port = _number(fields, "port", 65_535)
        self.ca = None if fields["ca"] is None else _text(fields, "ca")
        self.server_name = _text(fields, "server_name")
        self.user = _text(fields, "user")
        self.password = _text(fields, "password")
        self.wifi = _wifi(fields)
        self.heartbeat_ms = _number(fields, "heartbeat_s", _HEARTBEAT_S_MAX) * 1000
        self.mains = _truth(fields, "mains")
        self.bluetooth = "bluetooth" in fields and _truth(fields, "bluetooth")

    def ca_der(self) -> "bytes | None":
        """The private authority's certificate, or None for plain TCP. OSError without the file."""
        if self.ca is None:
            return None
        with open(self.folder + self.ca, "rb") as file:
            return file.read()


def read(folder: str) -> Settings:
    """The settings in `folder` (with a slash behind), from `seal.json`. Raises SettingsError."""
    return Settings(fields_of(folder + FILE), folder)


def fields_of(path: str) -> "dict[str, object]":
    """What a file holds, unchecked. SettingsError if there is none or it makes no sense, OSError
    if it cannot be read now: that is no word about what stands there."""
    try:
        with open(path) as file:
            fields = json.load(file)
    except OSError as error:
        if error.errno != ENOENT:
            raise
        raise SettingsError("%s: cannot be read (%s); flash this seal" % (path, error)) from None
    except ValueError:
        raise SettingsError("%s: is no JSON; flash this seal again" % path) from None
    if not isinstance(fields, dict):
        raise SettingsError("%s: must hold one object in braces" % path)
    return fields


def _refuse(key: str, value: object, allowed: str) -> SettingsError:
    shown = "hidden" if key in ("key", "password", "wifi") else repr(value)
    return SettingsError("%s: %s is not allowed; allowed is %s" % (key, shown, allowed))


def _text(fields: "dict[str, object]", key: str) -> str:
    value = fields[key]
    if isinstance(value, str) and 1 <= len(value) <= _TEXT_MAX:
        return value
    raise _refuse(key, value, "a text of 1 to %d characters" % _TEXT_MAX)


def _hex(fields: "dict[str, object]", key: str, digits: int) -> str:
    value = fields[key]
    if isinstance(value, str) and len(value) == digits and all([c in _HEX for c in value]):
        return value
    raise _refuse(key, value, "%d lowercase hexadecimal digits" % digits)


def _number(fields: "dict[str, object]", key: str, highest: int) -> int:
    value = fields[key]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= highest:
        return value
    raise _refuse(key, value, "a whole number from 1 to %d" % highest)


def _truth(fields: "dict[str, object]", key: str) -> bool:
    value = fields[key]
    if isinstance(value, bool):
        return value
    raise _refuse(key, value, "true or false")


def _wifi(fields: "dict[str, object]") -> "tuple[str, str] | None":
    value = fields["wifi"]
    if value is None:
        return None
    if isinstance(value, dict) and sorted(value) == ["password", "ssid"]:
        ssid, password = value["ssid"], value["password"]
        if isinstance(ssid, str) and 1 <= len(ssid.encode()) <= 32 and isinstance(password, str):
            return ssid, password
    raise _refuse("wifi", value, "null, or ssid (1 to 32 bytes) and password")
