"""The site's own signing key (Ed25519): what it signs was said by this gateway and no other.

It lies beside the database, readable by its owner only, and is made once. A site whose key is lost
gets another; what was signed before is known by the key that stands beside it.
"""

import contextlib
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.store.private_file import remove_unfinished, write_first

BYTES_MAX: Final = 4_096


class SiteKeyError(Exception):
    """The file holds no key that can be used. The text is a sentence for the person in charge."""


def place(database: Path) -> Path:
    """Where the key of a database's site lies."""
    return database.with_name(database.name + ".site-key")


def load(path: Path) -> Ed25519PrivateKey:
    """The key in a file. FileNotFoundError where there is none, SiteKeyError where it is none."""
    with path.open("rb") as stream:
        content = stream.read(BYTES_MAX)
    try:
        key = serialization.load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SiteKeyError(
            f"{path} holds no Ed25519 key; put it back from a backup, or take the file away: then "
            "the gateway makes another, and signs with that"
        )
    return key


def load_or_make(path: Path) -> Ed25519PrivateKey:
    """The key in a file, which is made where there is none. OSError, SiteKeyError."""
    remove_unfinished(path)  # a kill may have left a second copy of it
    with contextlib.suppress(FileNotFoundError):
        return load(path)
    content = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_first(path, content)
    return load(path)
