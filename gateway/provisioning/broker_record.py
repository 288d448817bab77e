"""What `menshen broker-config` chose and wrote the last time, so that the next time keeps it.

It stands in `written.json` beside the files: the listener and the places, which hold until somebody
says otherwise, and a hash of each file as it was written, by which an edit by hand is noticed.
"""

import hashlib
import re
from pathlib import Path

import msgspec
from msgspec.structs import replace

from gateway.store.private_file import write_public

RECORD = "written.json"
_LISTENER = re.compile(rb"^listener (\d+)(?: (\S+))?$", re.MULTILINE)


class BrokerRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The latest choices; None where nothing was chosen yet. `hashes` are SHA-256, by file name."""

    port: int | None = None
    address: str | None = None
    installed_at: str | None = None
    user: str | None = None
    hashes: dict[str, str] = {}

    def is_edited(self, path: Path) -> bool:
        """Whether the file is there and is not as it was written. One that nothing is known of was
        written before there was a record: it counts as edited."""
        return path.exists() and self.hashes.get(path.name) != _hash(path.read_bytes())

    def wrote(self, file: str, content: bytes) -> "BrokerRecord":
        """With this file as it is written now."""
        return replace(self, hashes={**self.hashes, file: _hash(content)})

    def chose(self, port: int, address: str | None, installed_at: str, user: str) -> "BrokerRecord":
        """With the choices that hold now."""
        return replace(self, port=port, address=address, installed_at=installed_at, user=user)

    def write(self, folder: Path) -> None:
        """Keep it in the folder; OSError if it cannot be written."""
        write_public(folder / RECORD, msgspec.json.format(msgspec.json.encode(self)) + b"\n")


def read(folder: Path) -> BrokerRecord:
    """The record of a folder. Where it is missing or is none, the listener in `mosquitto.conf`."""
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=BrokerRecord)
    except (FileNotFoundError, ValueError):  # none, no JSON, or no UTF-8
        pass
    try:
        match = _LISTENER.search((folder / "mosquitto.conf").read_bytes())
    except FileNotFoundError:
        match = None
    if match is None:
        return BrokerRecord()
    return BrokerRecord(int(match[1]), None if match[2] is None else match[2].decode())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
