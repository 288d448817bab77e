"""What systemd is asked to do, by a `systemctl` that writes it down.

None runs where this is tested; what can be done without, the real one does."""

import shutil
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.installation import machine as machines
from gateway.installation import removal, services
from gateway.store import tables
from gateway.store.database import RELEASE, Store

SYSTEMCTL = """\
#!/bin/sh
case $1 in --root=*) exec {real} "$@" ;; esac
echo "$@" >> {folder}/asked
if [ "$1" = is-active ]; then [ ! -e {folder}/dead ]; exit; fi
if [ -e {folder}/refuses ]; then echo "Job for $2 failed." >&2; exit 1; fi
"""
STARTED = [
    "daemon-reload",
    "restart mosquitto.service",
    "restart menshen-broker-reload.path menshen-rotate.timer",
    "restart menshen.service",
    "restart menshen-backup.timer",
]


@pytest.fixture
def systemd(machine, tmp_path, monkeypatch):
    """A folder: `asked` in it holds what was asked; with `dead` or `refuses` it goes wrong."""
    real = shutil.which("systemctl")
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL.format(real=real, folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/sbin:/usr/bin:/sbin:/bin")
    for module in (machines, removal):
        monkeypatch.setattr(module, "systemd_runs", lambda _place: True)
    heard = SimpleNamespace(health=SimpleNamespace(broker_connected=True))
    monkeypatch.setattr(services, "ask", lambda *_: heard)
    return tmp_path


def asked(folder: Path) -> list[str]:
    """What was asked since the last look, but for questions."""
    file = folder / "asked"
    lines = file.read_text().splitlines() if file.exists() else []
    file.write_text("")
    return [line for line in lines if not line.startswith("is-active")]


def started_last(machine, release: str) -> None:
    database = machine / "var/lib/menshen/menshen.db"
    with closing(Store(database)) as store, store.writing() as connection:
        connection.execute(tables.site.update().values(release=release))


def test_the_services_are_started_once_and_again_only_for_what_changed(machine, systemd):
    assert "made     services at work" in machine.install()
    assert asked(systemd) == STARTED
    assert "there    services at work" in machine.install(typed="")
    assert asked(systemd) == []
    machine.install(
        "gate.local", typed=""
    )  # another certificate, which a broker reads at its start
    assert asked(systemd) == STARTED
    started_last(machine, "0.0.1")  # the release before, which runs until now
    assert "made     services at work" in machine.install(typed="")
    assert asked(systemd) == STARTED
    started_last(machine, RELEASE)
    (systemd / "dead").touch()
    assert "made     services at work" in machine.install(typed="")
    assert asked(systemd) == STARTED


def test_a_service_that_does_not_start_is_told_with_where_to_read_more(machine, systemd):
    (systemd / "refuses").touch()
    code, said = machine.menshen("install", "pi.local")
    assert code == 1
    assert "`systemctl daemon-reload` failed: " in said
    (systemd / "refuses").unlink()
    (systemd / "dead").touch()
    assert "there    units of systemd" in machine.install("pi.local", typed="")


def test_a_broker_that_lets_nobody_in_is_told(machine, systemd, monkeypatch):
    monkeypatch.setattr(services, "ask", lambda *_: None)
    monkeypatch.setattr(services, "HEARD_S_MAX", 0.1)
    monkeypatch.setattr(services, "LOOK_S", 0.01)
    code, said = machine.menshen("install", "pi.local")
    assert (code, "its broker has not let it in for a minute: `menshen check` says" in said) == (
        1,
        True,
    )


def test_taken_off_they_are_stopped_and_the_broker_goes_back_to_debians_own(machine, systemd):
    machine.install()
    asked(systemd)
    code, _ = machine.menshen("uninstall")
    assert code == 0
    stopped = "stop menshen.service menshen-broker-reload.path menshen-rotate.timer"
    stopped += " menshen-backup.timer"
    assert asked(systemd) == [stopped, "daemon-reload", "try-restart mosquitto.service"]
