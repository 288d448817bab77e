"""The console's own TLS: its context, and a certificate that is renewed while it serves."""

import asyncio
import logging
import ssl
from asyncio import sslproto
from pathlib import Path
from typing import Final

log = logging.getLogger("menshen.console")

# asyncio reads each TLS connection into a buffer of 256 KiB of its own, which 500 live phones pay
# with 150 MB. They send next to nothing; a photo takes some turns more.
READ_BUFFER_BYTES: Final = 4 * 1_024
LOOK_S: Final = 5.0  # between two looks at whether the files are new

_Seen = tuple[tuple[int, int, int], ...]


class CertificateError(Exception):
    """The files cannot be used; the text is a sentence for the operator."""


def small_read_buffers() -> None:
    """From now on, TLS connections of this process read into READ_BUFFER_BYTES each."""
    sslproto.SSLProtocol.max_size = READ_BUFFER_BYTES


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server with this certificate and key speaks: TLS 1.2 and 1.3, with forward secrecy.

    CertificateError if they cannot be read, or are no pair.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of 1.2; those of 1.3 are all good
    context.options |= ssl.OP_NO_RENEGOTIATION
    for path, name in ((certificate, "certificate"), (key, "key")):
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateError(
                f"console.{name}: {path} cannot be read: {error.strerror}"
            ) from None
    try:
        # An encrypted key would ask at the terminal; with an empty password it is an error.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise CertificateError(_sentence(error, certificate, key)) from None
    return context


def _sentence(error: ssl.SSLError, certificate: Path, key: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"console.key: {key} is not the key of {certificate}"
    return (
        f"console.certificate: {certificate} and {key} cannot be used; both are PEM files, the key "
        f"without a password ({error.reason or error})"
    )


class Certificate:
    """A certificate and its key as they stand in their files, which may be renewed at any time.

    `context` is what listens; what is loaded into it, the next handshake shows. CertificateError if
    there is nothing to begin with.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._seen = self._look()
        self.context = context_of(certificate, key)

    async def watch(self) -> None:
        """Take what is renewed, until cancelled. What cannot be used is told, and changes
        nothing."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.renew()

    def renew(self) -> bool:
        """Look once; whether something new is shown from now on."""
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            context_of(*self._files)  # first into another: half of a pair would spoil ours
            self.context.load_cert_chain(*self._files, password="")
        except (CertificateError, OSError) as error:
            log.error("the renewed certificate is not taken, the old one stays: %s", error)
            return False
        log.warning("the console shows its renewed certificate from now on")
        return True

    def _look(self) -> _Seen:
        seen = []
        for path in self._files:
            try:
                status = path.stat()
            except OSError:
                seen.append((0, 0, 0))
            else:
                seen.append((status.st_ino, status.st_mtime_ns, status.st_ctime_ns))
        return tuple(seen)
