"""AES-CCM (RFC 3610, NIST SP 800-38C) with a 13-byte nonce and an 8-byte tag.

MicroPython offers AES in ECB only, so CCM is built on it here: `CcmOnEcb` runs unchanged on both
Pythons. On CPython `cipher()` hands out OpenSSL's CCM instead, for speed; vectors prove both equal.
"""

import sys

NONCE_BYTES = 13
TAG_BYTES = 8
KEY_BYTES = 32
_BLOCK = 16
_AAD_MAX = 14  # one block holds the two length bytes and this much associated data
_PLAIN_MAX = 255

# The first byte of B0 tells that associated data follows, the tag's size, and a 2-byte length;
# the first byte of every counter block tells the 2-byte length only (RFC 3610, 2.2 and 2.3).
_FLAGS_AUTH = 0x40 | ((TAG_BYTES - 2) // 2 << 3) | 1
_FLAGS_COUNT = 1


class Cipher:
    """What a seal's key can do. Both ways raise ValueError where a length is not ours."""

    def seal(self, nonce: bytes, aad: bytes, plain: bytes) -> bytes:
        """The ciphertext with its tag behind."""
        raise NotImplementedError

    def open(self, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
        """The plaintext, or ValueError if anything was altered or the key is another."""
        raise NotImplementedError


class CcmOnEcb(Cipher):
    """CCM over `encrypt(16 bytes) -> 16 bytes`, one raw AES block at a time."""

    def __init__(self, encrypt) -> None:  # type: ignore[no-untyped-def]
        self._encrypt = encrypt

    def seal(self, nonce: bytes, aad: bytes, plain: bytes) -> bytes:
        _check(nonce, aad, len(plain))
        return self._stream(nonce, plain) + self._tag(nonce, aad, plain)

    def open(self, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
        _check(nonce, aad, len(sealed) - TAG_BYTES)
        plain = self._stream(nonce, sealed[:-TAG_BYTES])
        tag = self._tag(nonce, aad, plain)
        different = 0
        for ours, theirs in zip(tag, sealed[-TAG_BYTES:]):
            different |= ours ^ theirs
        if different:
            raise ValueError("tag does not match")
        return plain

    def _counter_block(self, nonce: bytes, count: int) -> bytes:
        block: bytes = self._encrypt(bytes((_FLAGS_COUNT,)) + nonce + bytes((0, count)))
        return block

    def _stream(self, nonce: bytes, data: bytes) -> bytes:
        out = bytearray(data)
        for start in range(0, len(data), _BLOCK):
            pad = self._counter_block(nonce, start // _BLOCK + 1)
            for i in range(start, min(start + _BLOCK, len(data))):
                out[i] ^= pad[i - start]
        return bytes(out)

    def _tag(self, nonce: bytes, aad: bytes, plain: bytes) -> bytes:
        mac = self._encrypt(bytes((_FLAGS_AUTH,)) + nonce + bytes((0, len(plain))))
        mac = self._absorb(mac, bytes((0, len(aad))) + aad)
        for start in range(0, len(plain), _BLOCK):
            mac = self._absorb(mac, plain[start : start + _BLOCK])
        return _xor(mac, self._counter_block(nonce, 0))[:TAG_BYTES]

    def _absorb(self, mac: bytes, piece: bytes) -> bytes:
        block: bytes = self._encrypt(_xor(mac, piece + bytes(_BLOCK - len(piece))))
        return block


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes([left[i] ^ right[i] for i in range(_BLOCK)])


def _check(nonce: bytes, aad: bytes, plain_bytes: int) -> None:
    if len(nonce) != NONCE_BYTES:
        raise ValueError("nonce must have 13 bytes")
    if not 1 <= len(aad) <= _AAD_MAX:
        raise ValueError("associated data must have 1 to 14 bytes")
    if not 0 <= plain_bytes <= _PLAIN_MAX:
        raise ValueError("plaintext must have 0 to 255 bytes")


def blocks(key: bytes):  # type: ignore[no-untyped-def]
    """Raw AES encryption of one or more 16-byte blocks, each by itself. `key` has 32 bytes."""
    _check_key(key)
    try:
        from cryptolib import aes  # MicroPython
    except ImportError:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 - CCM's own
    return aes(key, 1).encrypt


def portable_cipher(key: bytes) -> CcmOnEcb:
    """CCM built on ECB, on either Python. `key` has 32 bytes."""
    return CcmOnEcb(blocks(key))


def cipher(key: bytes) -> Cipher:
    """The fastest CCM this Python has, with `seal` and `open`. `key` has 32 bytes."""
    _check_key(key)
    if sys.implementation.name == "micropython":
        return portable_cipher(key)
    from .openssl_ccm import cipher_of

    return cipher_of(key)


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise ValueError("key must have 32 bytes")
