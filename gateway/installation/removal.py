"""`menshen uninstall`: the services go, and the site's data stays unless it is told otherwise."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from gateway.installation.machine import systemd_runs
from gateway.installation.place import DATA, FOLDER, SYSUSERS, UNITS, USER, Place
from gateway.installation.services import (
    BACKS_UP,
    BACKUP,
    BROKER,
    DROP_IN,
    GATEWAY,
    RELOAD,
    RELOADS,
    ROTATE,
    ROTATES,
    start_of,
    systemctl,
)
from gateway.installation.steps import InstallError, Step
from gateway.provisioning import broker_record

USERDEL_S_MAX: Final = 60
STARTED: Final = (GATEWAY, RELOAD, ROTATE, BACKUP)
WRITTEN: Final = (*STARTED, RELOADS, ROTATES, BACKS_UP, DROP_IN)


class Removal:
    """What is taken off a machine. Units that somebody changed by hand stay, and are named."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def steps(self, with_data: bool) -> list[Step]:
        """All of them, in their order; `is_done` says that a thing is gone."""
        steps = [
            Step("services at work", self._is_stopped, self._stop),
            Step("units of systemd", lambda: not self._units(), self._remove_units),
        ]
        if with_data:
            steps += [
                self._of_folder(FOLDER),
                self._of_folder(DATA),
                Step(f"user {USER}", self._has_no_user, self._remove_user),
            ]
        return steps

    def _is_stopped(self) -> bool:
        return not any(self._place.inside(start_of(name)).is_symlink() for name in STARTED)

    def _stop(self) -> None:
        there = [name for name in STARTED if self._place.inside(UNITS / name).exists()]
        if there:
            systemctl(f"--root={self._place.root}", "disable", *there)
        if there and systemd_runs(self._place):
            systemctl("stop", *there)
        for name in STARTED:  # a link whose unit is gone
            self._place.inside(start_of(name)).unlink(missing_ok=True)

    def _units(self) -> list[Path]:
        """Those that are there and are as they were written."""
        record = broker_record.read(self._place.inside(FOLDER))
        paths = [self._place.inside(UNITS / n) for n in WRITTEN]
        return [path for path in paths if path.exists() and not record.is_edited(path)]

    def _remove_units(self) -> None:
        for path in self._units():
            path.unlink()
        if systemd_runs(self._place):
            systemctl("daemon-reload")
            systemctl("try-restart", BROKER)

    def edited(self) -> list[Path]:
        """Units that somebody changed by hand: they stay."""
        record = broker_record.read(self._place.inside(FOLDER))
        paths = [self._place.inside(UNITS / n) for n in WRITTEN]
        return [path for path in paths if record.is_edited(path)]

    def _of_folder(self, folder: Path) -> Step:
        path = self._place.inside(folder)
        return Step(str(path), lambda: not path.exists(), lambda: shutil.rmtree(path))

    def _has_no_user(self) -> bool:
        return self._place.user(USER) is None and not self._place.inside(SYSUSERS).exists()

    def _remove_user(self) -> None:
        self._place.inside(SYSUSERS).unlink(missing_ok=True)
        command = ["userdel", *self._prefix(), USER]
        if self._place.user(USER) is None:
            return
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=USERDEL_S_MAX, check=False
        )
        if self._place.user(USER) is not None:
            raise InstallError(f"the user {USER} cannot be removed: {done.stderr.strip()}")

    def _prefix(self) -> list[str]:
        return [] if self._place.is_this_machine else ["--prefix", str(self._place.root)]
