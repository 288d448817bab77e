"""The steps that make the services: systemd's units, when they start, and that they run."""

import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from string import Template
from typing import Final

from sqlalchemy import select

from gateway.installation.place import FOLDER, SETTINGS, UNITS
from gateway.installation.site import UNIT_TEMPLATES, Site
from gateway.installation.steps import InstallError, Step
from gateway.installation.wish import Wish
from gateway.keys.ring import FOLDER as KEYS
from gateway.link.client import ask
from gateway.provisioning import broker_record
from gateway.provisioning.broker_config import SERVICE
from gateway.store import tables
from gateway.store.database import RELEASE, Store
from gateway.store.private_file import write_public

GATEWAY: Final = "menshen.service"
RELOAD: Final = "menshen-broker-reload.path"
RELOADS: Final = "menshen-broker-reload.service"
ROTATE: Final = "menshen-rotate.timer"
ROTATES: Final = "menshen-rotate.service"
BROKER: Final = "mosquitto.service"
BACKUP: Final = "menshen-backup.timer"
BACKS_UP: Final = "menshen-backup.service"
DROP_IN: Final = Path(f"{BROKER}.d") / "menshen.conf"
COMMAND_S_MAX: Final = 1_000  # longer than the service may take to start
HEARD_S_MAX: Final = 60.0
LOOK_S: Final = 0.5


def start_of(unit: str) -> Path:
    """The link, among systemd's units, by which a unit starts with the machine."""
    target = "timers" if unit.endswith(".timer") else "multi-user"
    return UNITS / f"{target}.target.wants" / unit


class Services:
    """The services of a machine. `say` tells what stays as somebody changed it by hand."""

    def __init__(self, wish: Wish, site: Site, say: Callable[[str], None]) -> None:
        self._wish, self._place, self._site, self._say = wish, wish.place, site, say

    def steps(self) -> list[Step]:
        """All of them, in their order."""
        return [
            Step("units of systemd", self._has_units, self._make_units),
            Step("start with the machine", self._is_enabled, self._enable),
        ]

    def start(self, anew: bool) -> Step:
        """That they run; `anew` where something was made that they must read."""
        return Step("services at work", lambda: not anew and self._run(), self._start)

    # Their files

    def _units(self) -> dict[Path, bytes]:
        """Each unit's place among systemd's, and what it says."""
        settings = self._wish.settings()
        data = self._place.outside(settings.store.path).parent
        names = {
            "python": self._wish.python,
            "settings": SETTINGS,
            "folder": FOLDER,
            "copies": self._place.outside(settings.backup.folder),
            "data": data,
            "keys": settings.keys.second or data / KEYS,  # the second folder, on another drive
            "broker": self._place.outside(settings.broker.folder),
        }
        here = [RELOAD, RELOADS, ROTATE, ROTATES] if self._site.broker_is_here() else []
        own = [GATEWAY, BACKUP, BACKS_UP, *here]
        units = {
            Path(name): Template((UNIT_TEMPLATES / name).read_text("utf-8"))
            .substitute(names)
            .encode()
            for name in own
        }
        if self._site.broker_is_here():
            service = self._site.broker().folder / SERVICE
            units[DROP_IN] = service.read_bytes() if service.exists() else b""
        return units

    def _has_units(self) -> bool:
        record = broker_record.read(self._wish.config.parent)
        for name, content in self._units().items():
            path = self._place.inside(UNITS / name)
            if not path.exists() or (path.read_bytes() != content and not record.is_edited(path)):
                return False
        return True

    def _make_units(self) -> None:
        folder = self._wish.config.parent
        for name, content in self._units().items():
            path = self._place.inside(UNITS / name)
            path.parent.mkdir(parents=True, exist_ok=True)
            record = broker_record.read(folder)
            if record.is_edited(path) and path.read_bytes() != content:
                self._say(
                    f"{path} was changed by hand, so it stays as it is. To have this release's, "
                    f"bring your changes into `systemctl edit {path.name}`, remove the file, then "
                    "the same command again"
                )
                continue
            record.wrote(path.name, content).write(folder)  # first: what is broken off is repeated
            write_public(path, content)

    # Their start

    def _enabled(self) -> list[str]:
        return [GATEWAY, BACKUP, *([RELOAD, ROTATE, BROKER] if self._site.broker_is_here() else [])]

    def _is_enabled(self) -> bool:
        return all(self._place.inside(start_of(name)).is_symlink() for name in self._enabled())

    def _enable(self) -> None:
        systemctl(f"--root={self._place.root}", "enable", *self._enabled())

    def _run(self) -> bool:
        # Asked one by one: of several, one that runs is enough for it.
        return all(map(_is_active, self._enabled())) and self._runs_this_release()

    def _runs_this_release(self) -> bool:
        """Whether the release that started last on this database is this one."""
        database = self._place.inside(self._wish.settings().store.path)
        with closing(Store(database)) as store, store.reading() as connection:
            started = connection.execute(select(tables.site.c.release)).scalar()
        return started in (None, RELEASE)

    def _start(self) -> None:
        systemctl("daemon-reload")
        if self._site.broker_is_here():
            systemctl("restart", BROKER)
            systemctl("restart", RELOAD, ROTATE)
        systemctl("restart", GATEWAY)
        systemctl("restart", BACKUP)
        ends_s = time.monotonic() + HEARD_S_MAX
        while time.monotonic() < ends_s:
            beat = ask(self._wish.settings().store.path, HEARD_S_MAX)
            if beat is not None and beat.health.broker_connected:
                return
            time.sleep(LOOK_S)
        raise InstallError(
            "the gateway runs, but its broker has not let it in for a minute: `menshen check` says "
            "why, and `journalctl -u mosquitto -u menshen -n 50` what both say"
        )


def _is_active(unit: str) -> bool:
    asked = subprocess.run(  # noqa: S603 - a fixed command
        ["systemctl", "is-active", "--quiet", unit],  # noqa: S607 - Debian's own
        timeout=COMMAND_S_MAX,
        check=False,
    )
    return asked.returncode == 0


def systemctl(*words: str) -> None:
    """Ask systemd. InstallError, with where to read more, if it will not."""
    done = subprocess.run(  # noqa: S603 - a fixed command
        ["systemctl", *words],  # noqa: S607 - Debian's own
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )
    if done.returncode != 0:
        unit = words[-1] if words[-1].endswith((".service", ".path", ".timer")) else GATEWAY
        raise InstallError(
            f"`systemctl {' '.join(words)}` failed: {' '.join(done.stderr.split())} "
            f"What the service says: journalctl -u {unit} -n 30. Then the same command again"
        )
