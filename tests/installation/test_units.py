"""The units that are shipped: what systemd itself says of them, and the programs under their rules.

No systemd runs where this is tested. Its own analysis needs none, and the filter of system calls is
loaded for real (tests/installation/system_calls.py).
"""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.installation.site import UNIT_TEMPLATES
from gateway.link.client import ask
from gateway.link.service_manager import LIVES, STOPS, UP
from gateway.store.database import Store
from tests import neighbours, waiting
from tests.installation import system_calls
from tests.link.listener import Listener
from tests.provisioning.site_broker import new_site

THRESHOLD = "20"  # tenths: 2.0 of 10
KINDS = (".service", ".path", ".timer")


@pytest.fixture
def analysed(machine):
    program = neighbours.or_skip(
        neighbours.find("systemd-analyze"), "systemd-analyze", "`apt install systemd` brings it"
    )
    machine.install()
    for folder in ("usr/bin", "usr/sbin", "bin"):
        (machine / folder).mkdir(exist_ok=True, parents=True)
    for file in ("usr/sbin/mosquitto", "bin/systemctl", "bin/kill", sys.executable.lstrip("/")):
        path = machine / file
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
        path.chmod(0o755)

    def analyse(*words):
        return subprocess.run(
            [program, f"--root={machine.root}", *words], capture_output=True, text=True, timeout=60
        )

    return analyse


OURS = ("menshen", "mosquitto", "menshen-rotate", "menshen-backup")


@pytest.mark.parametrize("unit", [f"{name}.service" for name in OURS])
def test_what_a_service_may_do_scores_two_or_less(analysed, unit):
    done = analysed("security", "--offline=true", f"--threshold={THRESHOLD}", unit)
    assert done.returncode == 0, done.stdout
    assert f"exposure level for {unit}" in done.stdout


def test_systemd_finds_nothing_wrong_in_them(machine, analysed):
    own = sorted(path.name for path in UNIT_TEMPLATES.glob("menshen*") if path.suffix in KINDS)
    units = [unit for unit in own if (machine / "etc/systemd/system" / unit).exists()]
    assert units == own
    done = analysed("verify", "--man=no", "--recursive-errors=no", *units)
    ours = [line for line in done.stderr.splitlines() if "menshen" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_no_unit_waits_for_a_network_or_the_time(machine):
    """After a power cut in which the switch died, or the Internet, doors are watched at once."""
    machine.install()
    units = [machine / "etc/systemd/system/mosquitto.service.d/menshen.conf"]
    units += UNIT_TEMPLATES.glob("menshen*")
    said = [
        (path.name, line)
        for path in units
        for line in path.read_text().splitlines()
        if "=" in line and ("online" in line or "time-s" in line)
    ]
    assert said == []


def test_the_broker_and_the_gateway_live_under_the_filter_of_their_units(
    machine, tmp_path, free_port, keep, monkeypatch
):
    """TLS, logins, a database, the console's own process, the kernel's word on the clock."""
    machine.install()
    systemd = machine / "etc/systemd/system"
    mosquitto = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    site = new_site(mosquitto, tmp_path, free_port())
    rules = system_calls.of_unit(systemd / "mosquitto.service.d/menshen.conf")
    under = system_calls.command(rules, tmp_path / "broker.rules")
    run = [*under, mosquitto, "-c", str(site.directory / "mosquitto.conf")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    keep(neighbours.Broker("mosquitto", run, tmp_path, site.port))
    config, port = tmp_path / "menshen.toml", free_port()
    Store.open(tmp_path / "menshen.db").close()
    config.write_text(
        f'[broker]\nhost = "localhost"\nport = {site.port}\ntls = true\nuser = "gateway"\n'
        f'ca = "{site.ca}"\nfolder = "{site.directory}"\necho_s = 0.2\n'
        f"[console]\nport = {port}\n"
    )
    rules = system_calls.of_unit(systemd / "menshen.service")
    under = system_calls.command(rules, tmp_path / "gateway.rules")
    run = [*under, sys.executable, "-m", "gateway", "run", "--config", str(config)]

    def is_heard():
        beat = ask(tmp_path / "menshen.db", 1.0)
        return beat is not None and beat.health.echo_ms is not None and neighbours.answers(port)

    _menshen("account", "add", "admin", "--role", "administrator", "-c", config)
    systemds_end = Listener(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    gateway = neighbours.Neighbour("gateway", run, tmp_path, is_heard)
    keep(gateway)
    said = {part["part"]: part["text"] for part in _check(config)}
    assert said["gateway"].startswith("runs since")  # though its console asks who comes
    assert "the gateway is connected, and heard itself" in said["broker"]
    assert systemds_end.count(UP) == 1
    assert waiting.block_until(lambda: systemds_end.count(LIVES) > 2)
    gateway.stop()
    assert systemds_end.heard[0] == UP
    assert systemds_end.count(STOPS) == 1
    systemds_end.socket.close()
    log = gateway.log.read_text()
    assert "lost the broker" not in log
    assert "Operation not permitted" not in log


def _menshen(*words):
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="menshen").stdout


def _check(config):
    return json.loads(_menshen("check", "--json", "-c", config))
