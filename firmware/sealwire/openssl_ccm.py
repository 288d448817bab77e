"""The same CCM over OpenSSL, for speed. A seal never reads this in."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from .ccm import TAG_BYTES, Cipher


class OpenSslCipher(Cipher):
    """The same two methods over OpenSSL."""

    def __init__(self, aesccm) -> None:  # type: ignore[no-untyped-def]
        self._aesccm = aesccm

    def seal(self, nonce: bytes, aad: bytes, plain: bytes) -> bytes:
        sealed: bytes = self._aesccm.encrypt(nonce, plain, aad)
        return sealed

    def open(self, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
        try:
            plain: bytes = self._aesccm.decrypt(nonce, sealed, aad)
        except Exception as error:  # InvalidTag, and ValueError for a hopeless length
            raise ValueError("tag does not match") from error
        return plain


def cipher_of(key: bytes) -> OpenSslCipher:
    """`key` has 32 bytes."""
    return OpenSslCipher(AESCCM(key, tag_length=TAG_BYTES))
