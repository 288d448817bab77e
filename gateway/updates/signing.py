"""The release key: an Ed25519 pair. Who has the private half can put any program onto every seal.

Each seal is told the public half at the cable and by no other way. The private half need not be on
the Pi; best it is not.
"""

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sealwire import release

PRIVATE, PUBLIC = "release.key", "release.pub"  # the files' names
_KEY_BYTES = 32


class KeyUnusableError(Exception):
    """The key cannot be used. The text is a sentence."""


def make() -> tuple[bytes, bytes]:
    """A fresh pair, as the two files' content: private (PEM), public (a line of hexadecimal)."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, line_of(private)


def line_of(private: Ed25519PrivateKey) -> bytes:
    """The public half of a key, as its file has it."""
    return raw(private.public_key()).hex().encode() + b"\n"


def raw(public: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def private_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. KeyUnusableError if there is none."""
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise KeyUnusableError(
            f"the release key {path} cannot be read ({error.strerror}); `menshen release key` "
            "makes one"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(f"{path} is no private key in PEM without a password") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnusableError(f"{path} is no Ed25519 key; `menshen release key` makes one")
    return found


def public_key(path: Path) -> bytes:
    """The public key in a file, 32 bytes. KeyUnusableError if there is none."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise KeyUnusableError(
            f"the public release key {path} cannot be read ({error.strerror}); `menshen release "
            "key` makes one"
        ) from error
    except ValueError as error:
        raise KeyUnusableError(f"{path} holds no public key of 64 hexadecimal digits") from error
    if len(key) != _KEY_BYTES:
        raise KeyUnusableError(f"{path} holds no public key of 64 hexadecimal digits")
    return key


def sign(private: Ed25519PrivateKey, manifest: bytes) -> bytes:
    """The signature under a manifest, 64 bytes."""
    return private.sign(release.signed_text(manifest))


def is_signed(public: bytes, manifest: bytes, signature: bytes) -> bool:
    """Whether the owner of `public` (32 bytes) has signed the manifest."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, release.signed_text(manifest))
    except InvalidSignature:
        return False
    return True
