"""Logins that the broker knows before there is a seal for them.

A broker takes a new login by a reload, and a reload holds up every seal that it serves, for longer
the more there are. So an enrolment batch mints many logins at once, with one reload, and each board
takes one: when it is flashed, the broker lets it in already. A login is used once; the key of a
seal is made at its cable, and nothing here helps anybody to read or forge a report.

Spares lie in clear until they are used, in a file that only its owner may read. One that is taken
stays in it until its seal is enrolled, so that whoever writes the broker's logins meanwhile does
not shut it out; one that was taken and came to nothing is dropped after a day.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from gateway.core.duration import DAY_MS
from gateway.registry.credentials import fresh_identity, hash_password
from gateway.store.private_file import write_private

SPARE_LOGINS = "spare-logins.json"
BATCH = 50  # minted with one reload
LOW = 10  # below which the next batch is minted
SPARES_MAX = 1_000
_LOCK, _MINTING = ".spare-logins.lock", ".minting.lock"


class SpareLogin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A seal's id, its password and that one's hash. `taken_ms`: since when a board may have it."""

    user: str
    password: str
    password_hash: str
    taken_ms: int | None = None

    def __repr__(self) -> str:
        return f"SpareLogin({self.user!r})"


class SpareLoginsError(ValueError):
    """The file is there and cannot be read; the text is a sentence."""


class SpareLogins:
    """The spare logins of one broker's folder. Every method holds a lock over all processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / SPARE_LOGINS

    def free(self) -> int:
        """How many nobody has taken. OSError if the file may not be read."""
        return sum(spare.taken_ms is None for spare in self._read())

    def all(self, enrolled: Collection[str] = ()) -> list[SpareLogin]:
        """Those that the broker must let in, beside the seals that are `enrolled`."""
        return [spare for spare in self._read() if spare.user not in enrolled]

    def mint(self, number: int, now_ms: int, enrolled: Collection[str] = ()) -> None:
        """Add fresh ones until `number` are free; forget those that are seals now, or were taken
        a day ago and became none."""
        with self._locked():
            kept = [
                spare
                for spare in self._read()
                if spare.user not in enrolled
                and (spare.taken_ms is None or now_ms - spare.taken_ms < DAY_MS)
            ]
            free = sum(spare.taken_ms is None for spare in kept)
            fresh = [_fresh() for _ in range(min(number, SPARES_MAX) - free)]
            self._write([*kept, *fresh])

    def take(self, now_ms: int) -> SpareLogin | None:
        """One that nobody else gets; None if there is none."""
        with self._locked():
            spares = self._read()
            for at, spare in enumerate(spares):
                if spare.taken_ms is None:
                    self._write([*spares[:at], replace(spare, taken_ms=now_ms), *spares[at + 1 :]])
                    return spare
        return None

    def drop(self, user: str) -> None:
        """It is a seal's now, or a board's that is nobody: it is no spare any more."""
        with self._locked():
            spares = self._read()
            self._write([spare for spare in spares if spare.user != user])

    def give_back(self, user: str) -> None:
        """No board has seen it: the next may have it."""
        with self._locked():
            spares = self._read()
            self._write([replace(s, taken_ms=None) if s.user == user else s for s in spares])

    def _read(self) -> list[SpareLogin]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        try:
            return msgspec.json.decode(content, type=list[SpareLogin])
        except ValueError as error:  # no JSON, or no UTF-8
            raise SpareLoginsError(
                f"{self.path} is not as it was written ({error}); remove it: the next flash makes "
                "new spare logins"
            ) from error

    def _write(self, spares: list[SpareLogin]) -> None:
        write_private(self.path, msgspec.json.encode(spares))

    @contextmanager
    def minting(self) -> Iterator[None]:
        """While fresh ones are made and told to the broker: of two who do so at once, one would
        write the broker's logins without the other's."""
        with self._locked(_MINTING):
            yield

    @contextmanager
    def _locked(self, name: str = _LOCK) -> Iterator[None]:
        handle = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _fresh() -> SpareLogin:
    identity = fresh_identity()
    password = identity.broker_password
    return SpareLogin(identity.seal_id, password, hash_password(password))
