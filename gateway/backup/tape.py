"""The file of a copy: a tar of whole files whose last one is a list of them with their SHA-256,
encrypted with age to a public key where one is given.

Nothing in it is believed before that list was read and agrees. Encrypted, it streams: no plain byte
of it touches a disk. The machine that makes copies needs no secret, and cannot read them.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import IO, Any, Final

import msgspec

from gateway.core.no_json import NO_JSON

FORMAT: Final = 1
LIST: Final = "manifest.json"
LIST_BYTES_MAX: Final = 64 * 1024 * 1024
AGE: Final = b"age-encryption.org/v1"
BLOCK: Final = 256 * 1024
_PRIVATE: Final = 0o600


class TapeError(Exception):
    """A copy cannot be made or read. The text is a sentence for the person in charge."""


class Kept(msgspec.Struct, frozen=True):
    """A file in a copy."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a copy says of itself: of which site, when it was made and by which release, how far its
    journal goes (number and ms of UTC), and which files are in it."""

    format: int
    release: str
    site_id: str
    made_ms: int
    journal_id: int
    at_ms: int
    files: tuple[Kept, ...] = ()


class TapeWriter:
    """Takes files, one after the other, then `finish`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.TarFile(fileobj=_Counted(stream), mode="w", format=tarfile.PAX_FORMAT)  # type: ignore[arg-type]
        self._kept: list[Kept] = []

    def add(self, name: str, path: Path) -> None:
        """One file as it is now; OSError if it cannot be read whole."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = _Digest(file)
            self._add(name, size, digest)
            self._kept.append(Kept(name, size, digest.sha256.hexdigest()))

    def finish(self, manifest: Manifest) -> Manifest:
        """The list of all of them comes last; as it stands there."""
        whole = msgspec.structs.replace(manifest, files=tuple(self._kept))
        content = msgspec.json.encode(whole)
        self._add(LIST, len(content), io.BytesIO(content))
        self._tar.close()
        return whole

    def _add(self, name: str, size: int, content: Any) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, _PRIVATE
        self._tar.addfile(info, content)


def unpack(stream: IO[bytes], to: Path) -> Manifest:
    """Unpack a copy into an empty folder and hold it against its list.

    Raises:
        TapeError: it is damaged, cut off, or none of ours.
        OSError: the folder cannot be written.
    """
    found: dict[str, Kept] = {}
    manifest = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None or not _is_safe(member.name) or member.name in found:
                    raise TapeError(f"no copy of ours has {member.name!r} in it")
                if member.name == LIST:
                    manifest = msgspec.json.decode(content.read(LIST_BYTES_MAX), type=Manifest)
                else:
                    found[member.name] = _unpacked(member.name, content, to / member.name)
    except (*NO_JSON, tarfile.TarError, EOFError) as error:
        raise TapeError(f"it is damaged or cut off ({error})") from error
    return _agreeing(manifest, found)


def _agreeing(manifest: Manifest | None, found: dict[str, Kept]) -> Manifest:
    if manifest is None:
        raise TapeError("it is cut off: its list is missing")
    if manifest.format > FORMAT:
        raise TapeError(f"release {manifest.release} of Menshen made it, which is newer than this")
    for kept in manifest.files:
        if found.pop(kept.name, None) != kept:
            raise TapeError(f"{kept.name} in it is not what was written there")
    if found:
        raise TapeError(f"{min(found)} is in it and not in its list")
    return manifest


@contextmanager
def writing(path: Path, recipient: str) -> Iterator[IO[bytes]]:
    """Where to write a copy to.

    Args:
        path: the file, which is there and empty.
        recipient: a public key of age, or empty.

    Raises:
        TapeError: that is no public key.
    """
    with path.open("wb") as out:
        if not recipient:
            yield out
            return
        import pyrage  # of those who encrypt

        try:
            key = pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError as error:
            raise TapeError(f"backup.recipient is no public key of age: {error}") from error
        with _through(lambda source, sink: pyrage.encrypt_io(source, sink, [key]), out) as stream:
            yield stream


@contextmanager
def reading(path: Path, identity: Path | None) -> Iterator[IO[bytes]]:
    """Where to read a copy from.

    Args:
        path: the file.
        identity: the file with the private key, where the copy is encrypted.

    Raises:
        TapeError: it is encrypted, and that key is not there, none, or another's.
    """
    with path.open("rb") as file:
        is_encrypted = file.read(len(AGE)) == AGE
        file.seek(0)
        if not is_encrypted:
            yield file
            return
        if identity is None:
            raise TapeError(
                f"{path} is encrypted: name the file with its private key (--identity). Where that "
                "is lost, nobody can read this copy"
            )
        import pyrage

        keys = _identities(identity)

        def decrypt(source: IO[bytes], sink: IO[bytes]) -> None:
            try:
                pyrage.decrypt_io(source, sink, keys)
            except pyrage.DecryptError as error:
                words = f"{path} is damaged, or was not encrypted for the key in {identity}"
                raise TapeError(f"{words} ({error})") from error

        with _out_of(decrypt, file) as stream:
            yield stream


def make_key(path: Path) -> str:
    """Make a key pair: the private one goes into a new file, the public one is returned. OSError,
    FileExistsError."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"# public key: {public}\n{identity}\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # half a key would keep its place, and its maker's trust
        path.unlink(missing_ok=True)
        raise
    return public


def _identities(path: Path) -> list[Any]:
    import pyrage

    try:
        lines = path.read_text("utf-8").split("\n")
        return [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in lines
            if line.strip() and not line.startswith("#")
        ]
    except OSError as error:
        raise TapeError(f"{path} cannot be read: {error.strerror}") from error
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise TapeError(f"{path} holds no private key of age") from error


class _Counted:
    """A stream that only takes, and knows how much it took."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._size = stream, 0

    def write(self, block: bytes) -> int:
        self._size += len(block)
        return self._stream.write(block)

    def tell(self) -> int:
        return self._size


class _Digest:
    """A file that is read once, and its SHA-256 then."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        self.sha256.update(block)
        return block


def _unpacked(name: str, content: IO[bytes], path: Path) -> Kept:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "wb") as file:
        while block := content.read(BLOCK):
            file.write(block)
            digest.update(block)
            size += len(block)
    return Kept(name, size, digest.hexdigest())


def _is_safe(name: str) -> bool:
    """Whether it lies below the folder that it is unpacked into, and can be the name of a file."""
    path = PurePosixPath(name)
    return (
        "\0" not in name and bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    )


class _Worker(Thread):
    """A thread that does one thing, and what came of it."""

    def __init__(self, work: Any) -> None:
        super().__init__(name="menshen-age", daemon=True)
        self._work = work
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
            self.error = error


@contextmanager
def _through(work: Any, out: IO[bytes]) -> Iterator[IO[bytes]]:
    """A stream, all of which goes through `work(source, sink)` into `out`."""
    read_end, write_end = os.pipe()

    def encrypt() -> None:
        with os.fdopen(read_end, "rb") as source:
            work(source, out)

    worker = _Worker(encrypt)
    try:
        with os.fdopen(write_end, "wb") as stream:
            yield stream
    except BrokenPipeError:
        pass  # the worker says why
    finally:
        worker.join()
    if worker.error is not None:
        raise worker.error


@contextmanager
def _out_of(work: Any, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A stream of what `work(source, sink)` makes of a file."""
    read_end, write_end = os.pipe()

    def decrypt() -> None:
        with suppress(BrokenPipeError), os.fdopen(write_end, "wb") as sink:
            work(file, sink)

    worker = _Worker(decrypt)
    try:
        with os.fdopen(read_end, "rb") as stream:
            yield stream
    except TapeError:
        worker.join()
        if isinstance(worker.error, TapeError):
            raise worker.error from None  # why there was no more of it to read
        raise
    worker.join()
    if worker.error is not None:
        raise worker.error
