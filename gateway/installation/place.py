"""Where everything lies on an installed machine, and whose it is.

All of it can be put below another root, as systemd's own tools do with `--root`: to try it, or to
fill a card that lies in this machine. Paths are that machine's own; `inside` says where they are.
"""

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path("/etc/menshen")
SETTINGS: Final = FOLDER / "menshen.toml"
BROKER: Final = FOLDER / "broker"
CONSOLE: Final = FOLDER / "console"
DATA: Final = Path("/var/lib/menshen")
UNITS: Final = Path("/etc/systemd/system")
SYSUSERS: Final = Path("/etc/sysusers.d/menshen.conf")
USER: Final = "menshen"
BROKER_USER: Final = "mosquitto"
# Whoever is in the group may add a file, and nobody takes away what is another's.
FOLDER_MODE: Final = 0o1775
DATA_MODE, SECRET_MODE, PUBLIC_MODE = 0o700, 0o640, 0o644


class Owner(NamedTuple):
    """A user and a group by their numbers."""

    uid: int
    gid: int


ROOT: Final = Owner(0, 0)


@dataclass(frozen=True)
class Place:
    """A machine, by the folder that is its root."""

    root: Path = Path("/")

    @property
    def is_this_machine(self) -> bool:
        """Whether it is the machine that we run on, and not a folder of it."""
        return self.root == Path("/")

    def inside(self, path: Path) -> Path:
        """Where a path of that machine is for us. One that is below its root already stays."""
        if self.is_this_machine or path.is_relative_to(self.root):
            return path
        return self.root / path.relative_to("/")

    def outside(self, path: Path) -> Path:
        """What that machine calls a path of ours."""
        if self.is_this_machine or not path.is_relative_to(self.root):
            return path
        return Path("/") / path.relative_to(self.root)

    def user(self, name: str) -> Owner | None:
        """A user of that machine with its first group; None if it has none of that name."""
        if self.is_this_machine:
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                return None
            return Owner(found.pw_uid, found.pw_gid)
        line = self._line("etc/passwd", name)
        return None if line is None else Owner(int(line[2]), int(line[3]))

    def group(self, name: str) -> int | None:
        """The number of a group of that machine; None if it has none of that name."""
        if self.is_this_machine:
            try:
                return grp.getgrnam(name).gr_gid
            except KeyError:
                return None
        line = self._line("etc/group", name)
        return None if line is None else int(line[2])

    def _line(self, file: str, name: str) -> list[str] | None:
        try:
            lines = (self.root / file).read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        return next((f for line in lines if (f := line.split(":"))[0] == name), None)


def is_so(path: Path, owner: Owner, mode: int) -> bool:
    """Whether the file or folder is there, is that owner's, and has that mode."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_owners = not _may_give() or (status.st_uid, status.st_gid) == owner
    return is_owners and stat.S_IMODE(status.st_mode) == mode


def give(path: Path, owner: Owner, mode: int) -> None:
    """Make it that owner's, with that mode. Who is not root keeps it: then only the mode is set."""
    if is_so(path, owner, mode):
        return
    path.chmod(mode & 0o700 | mode & 0o1000)  # nobody else reads it for the moment between
    if _may_give():
        os.chown(path, *owner, follow_symlinks=False)
    path.chmod(mode)


def _may_give() -> bool:
    return os.geteuid() == 0
