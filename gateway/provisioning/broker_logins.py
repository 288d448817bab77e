"""Who the broker lets in: the gateway, every seal in use, and the spare logins; and the moment from
which it does.

The file of logins is written whole and at once; the broker reads it on SIGHUP. Where systemd runs,
a path unit sees the file change and sends that; elsewhere whoever wrote it does, by the broker's
pid. Whether it has taken them is never believed, but tried: with one of the new logins.
"""

import errno
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from gateway.provisioning import broker_record
from gateway.provisioning.board_link import BoardError
from gateway.provisioning.broker_config import (
    PASSWORDS,
    BrokerPlan,
    write_passwords,
)
from gateway.provisioning.broker_reload import LET_IN_S_MAX, reload, tries
from gateway.provisioning.seal_logins import enrolled, logins
from gateway.provisioning.spare_logins import BATCH, LOW, SpareLogin, SpareLogins
from gateway.registry.credentials import Identity, fresh_identity

Probe = Callable[[str, str], str | None]  # user, password: None if let in, else half a sentence


class BrokerLogins:
    """The logins of a broker whose folder is ours.

    Args:
        folder: Where `menshen broker-config` wrote.
        database: Which seals are enrolled; need not be there yet.
        pid_file: Where the broker's process id stands; None where a path unit reloads it.
        probe: Connects to the broker as a seal would.
    """

    def __init__(
        self,
        folder: Path,
        database: Path,
        pid_file: Path | None,
        probe: Probe,
        steady_s: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder, self._database = folder, database
        self._pid_file, self._probe = pid_file, probe
        self._steady_s, self._wait = steady_s, wait
        self.spares = SpareLogins(folder)

    def prepare(self, boards: int, now_ms: int) -> bool:
        """See that there are spare logins for so many boards, and that the broker lets one in.

        Whether new ones were minted. BoardError with a sentence if the broker does not take them,
        or if it is not ours to write them. Nothing was sent to a board until then.
        """
        minted = False
        try:
            if self.spares.free() < max(boards, LOW):
                self._mint(boards, now_ms)
                minted = True
            spare = self.spares.take(now_ms)
        except OSError as error:
            raise self._unwritten(error, "No board was touched.") from error
        if spare is None:
            raise BoardError(f"There is no spare login in {self.spares.path}; try again.")
        try:
            self._need_let_in(spare, minted)
        finally:
            self._unused(spare.user)
        return minted

    def identity(self, now_ms: int) -> Identity:
        """A fresh identity around a spare login, which the broker has just let in. BoardError."""
        try:
            spare = self.spares.take(now_ms)
        except OSError as error:
            todo = "The board has no key yet and is nobody: flash it again then."
            raise self._unwritten(error, todo) from error
        if spare is None:
            raise BoardError("No spare login is left for this board; start the command again.")
        try:
            problem = self._probe(spare.user, spare.password)
        except BaseException:
            self._unused(spare.user)
            raise
        if problem is not None:
            self._unused(spare.user)
            raise BoardError(
                f"The broker lets no seal in any more ({problem}). The board has no key yet and is "
                "nobody: flash it again once the broker answers."
            )
        return Identity(spare.user, fresh_identity().key, spare.password)

    def used(self, user: str) -> None:
        """A spare login is a seal's now, or came to nothing. Where that cannot be written it stays
        taken, which shuts nobody out and lets nobody in: enrolled seals are left out where spares
        are read, and the others are forgotten after a day."""
        with suppress(OSError):
            self.spares.drop(user)

    def _unused(self, user: str) -> None:
        """No board has seen it. Where that cannot be written it stays taken, for a day."""
        with suppress(OSError):
            self.spares.give_back(user)

    def _unwritten(self, error: OSError, then: str) -> BoardError:
        todo = "make room there" if error.errno == errno.ENOSPC else "run it with sudo"
        return BoardError(
            f"The broker's logins in {self._folder} cannot be written ({error.strerror}): {todo}. "
            f"{then}"
        )

    def _mint(self, boards: int, now_ms: int) -> None:
        with self.spares.minting():
            known = [seal_id for seal_id, _ in enrolled(self._database)]
            self.spares.mint(boards + BATCH, now_ms, known)
            seals, _ = logins(self._database, self._folder)
            before = broker_record.read(self._folder)
            write_passwords(self._folder, BrokerPlan((), user=before.user or "mosquitto"), seals)
        self._reload()

    def _reload(self) -> None:
        problem = reload(self._pid_file)
        if problem is not None:
            raise BoardError(f"The broker could not be told of new logins: {problem}.")

    def _need_let_in(self, spare: SpareLogin, minted: bool) -> None:
        lasts_s, problem = LET_IN_S_MAX if minted else 0, ""
        tell = partial(reload, self._pid_file)
        for _ in tries(tell, lasts_s, steady_s=self._steady_s, wait=self._wait):
            problem = self._probe(spare.user, spare.password) or ""
            if not problem:
                return
        if "refused us" in problem:
            raise BoardError(
                f"The broker does not take the logins in {self._folder / PASSWORDS}: `sudo "
                "systemctl reload mosquitto`, or name its pid_file under [broker] in the settings. "
                "No board was touched."
            )
        raise BoardError(f"No seal could reach the broker ({problem}). No board was touched.")
