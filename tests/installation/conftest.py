"""A machine to install on: a folder that is its root, with what Debian's packages put there."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.installation.machine import PACKAGES
from gateway.settings.secret import PROGRAM_TOKEN, SECRETS
from tests import neighbours

PASSWORD = "ein langes Passwort 3"
NAMES = ("pi.local", "192.168.1.20")
UNIT = """\
[Unit]
Description=Mosquitto MQTT Broker
[Service]
Type=notify
NotifyAccess=main
ExecStart=/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
ExecStartPre=/bin/mkdir -m 740 -p /var/log/mosquitto
ExecStartPre=/bin/chown mosquitto /var/log/mosquitto
[Install]
WantedBy=multi-user.target
"""  # Debian's own


def run(*words: str, typed: str = "") -> tuple[int, str]:
    """`menshen` with these words: its exit code, and all that it said."""
    done = CliRunner().invoke(app, list(words), prog_name="menshen", input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@dataclass(frozen=True)
class Machine:
    """One whose root is a folder. `menshen("install", ...)` gives exit code and what was said."""

    root: Path

    def menshen(self, *words: str, typed: str = f"{PASSWORD}\n") -> tuple[int, str]:
        return run(words[0], "--root", str(self.root), *words[1:], typed=typed)

    def install(self, *words: str, typed: str = f"{PASSWORD}\n") -> str:
        """What it said, and that it went well."""
        code, said = self.menshen("install", *(words or NAMES), typed=typed)
        assert code == 0, said
        return said

    def __truediv__(self, path: str) -> Path:
        return self.root / path

    def tree(self) -> dict[str, tuple[str, int, int, bytes]]:
        """Every file and folder with its rights, its owner and what is in it."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            is_file = stat.S_ISREG(status.st_mode)
            content = path.read_bytes() if is_file and os.access(path, os.R_OK) else b""
            at_ns = status.st_mtime_ns if is_file else 0
            mode = stat.filemode(status.st_mode)
            found[str(path.relative_to(self.root))] = (mode, status.st_uid, at_ns, content)
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Debian with mosquitto, and nothing of ours."""
    for program in ("systemd-sysusers", "systemctl"):
        neighbours.or_skip(neighbours.find(program), program, "`apt install systemd` brings it")
    for name in ("MENSHEN_CONFIG", *SECRETS.values(), PROGRAM_TOKEN):
        monkeypatch.delenv(name, raising=False)
    return new_machine(tmp_path / "machine")


@pytest.fixture
def new(tmp_path: Path) -> Callable[[str], Machine]:
    """Further machines, by a name."""
    return lambda name: new_machine(tmp_path / name)


def new_machine(root: Path) -> Machine:
    for file in PACKAGES.values():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    for folder in ("etc", "var/lib", "usr/lib/systemd/system", "lib/systemd/system"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "usr/lib/systemd/system/mosquitto.service").write_text(UNIT)
    gid = 107 if os.geteuid() == 0 else os.getegid()
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/root:/bin/sh\nmosquitto:x:104:{gid}::/var/lib/mosquitto:/bin/false\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\nmosquitto:x:{gid}:\n")
    return Machine(root)
