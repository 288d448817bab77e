"""What a machine must have before it becomes a gateway, each lack told with what to type."""

import os
import socket
import stat
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.installation.place import Place
from gateway.installation.steps import InstallError

# Debian's package -> one file of it, without the /.
PACKAGES: Final = {
    "mosquitto": "usr/sbin/mosquitto",
    "systemd": "usr/bin/systemd-sysusers",
}
HIDDEN: Final = tuple(map(Path, ("/root", "/home", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108
AGAIN: Final = (
    "PIPX_HOME=/opt/menshen PIPX_BIN_DIR=/usr/local/bin pipx install menshen-….whl; or "
    "UV_TOOL_DIR=/opt/menshen UV_TOOL_BIN_DIR=/usr/local/bin uv tool install "
    "--python /usr/bin/python3 menshen-….whl"
)
_ANYWHERE: Final = ("192.0.2.1", 9)  # an address of nobody's; nothing is sent there


def need_root(command: str) -> None:
    """InstallError unless root asks."""
    if os.geteuid() != 0:
        raise InstallError(f"only root may do this: sudo {command}")


def need_packages(place: Place) -> None:
    """InstallError if Debian's packages are missing, with the command that brings them."""
    missing = [name for name, file in PACKAGES.items() if not (place.root / file).exists()]
    if missing:
        words = " and ".join(missing)
        raise InstallError(
            f"{words} {'is' if len(missing) == 1 else 'are'} not installed: "
            f"sudo apt install {' '.join(missing)}, then the same command again"
        )


def need_reachable(parts: Iterable[Path]) -> None:
    """InstallError if the gateway's user could not reach a part of this program."""
    for part in parts:
        for path in (part.absolute(), part.resolve()):
            lies_in = next((folder for folder in HIDDEN if path.is_relative_to(folder)), None)
            shut = next(filter(_is_shut, path.parents), None)
            if lies_in or shut:
                raise InstallError(
                    f"this program lies in {lies_in or shut} ({path}), where the gateway's own "
                    f"user cannot reach it. Install it for everybody, as root: {AGAIN}. Then the "
                    "same command again"
                )


def _is_shut(folder: Path) -> bool:
    return folder.exists() and not folder.stat().st_mode & stat.S_IXOTH


def program() -> list[Path]:
    """The parts of this program that the gateway's user must reach."""
    return [Path(sys.executable), Path(sys.prefix), Path(__file__)]


def own_names() -> list[str]:
    """By which names others may reach this machine, as far as it knows: to be proposed only."""
    name = socket.gethostname().partition(".")[0]
    names = [f"{name}.local"] if name and name != "localhost" else []
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        try:
            line.connect(_ANYWHERE)
        except OSError:
            return names
        address: str = line.getsockname()[0]
    return [*names, address]


def systemd_runs(place: Place) -> bool:
    """Whether services can be started now: not in a folder, a chroot or a container."""
    return place.is_this_machine and Path("/run/systemd/system").is_dir()
