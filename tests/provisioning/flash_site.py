"""A whole site to flash seals for: mosquitto by our own configuration, `menshen run`, bare boards.

Everything is real but the chip and its radio: esptool, mpremote, MicroPython, the broker, TLS, the
gateway and its database.
"""

import hashlib
import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.link.client import ask
from gateway.provisioning.broker_config import BrokerPlan, write_broker_config
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewWarden
from gateway.store import tables
from gateway.store.database import Store
from tests import neighbours
from tests.neighbours import ROOT, Broker, Neighbour
from tests.virtual_board.rom import IMAGE_BYTES, image

WIFI, PASSWORD = "grid 5", "a secret of the house"
AIR = {WIFI: {"password": PASSWORD, "signal": -61}}
ADDRESS = "https://menshen.example.org"
_SETTINGS = """\
[site]
language = "en"
[broker]
host = "localhost"
port = {port}
tls = true
ca = "broker/ca.crt"
user = "gateway"
pid_file = "broker.pid"
echo_s = 1.0
[console]
port = {console_port}
public_url = "{address}"
"""


@dataclass
class FlashSite:
    """One site in one folder."""

    folder: Path
    port: int
    broker: Broker
    gateway: Neighbour

    def note_pid(self) -> None:
        """Write down where the broker's process id is looked for, as a broker in the background
        does."""
        (self.folder / "broker.pid").write_text(str(self.broker.pid))

    def menshen(self, *words: object, password: str = PASSWORD) -> "tuple[int, str]":
        """Run `menshen` with these words on this site; its exit code, and all that it said."""
        arguments = [str(word) for word in words]
        environment = {"MENSHEN_WIFI_PASSWORD": password}
        result = CliRunner().invoke(
            app, arguments, prog_name="menshen", env=environment, catch_exceptions=True
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout + result.stderr

    def flash(self, *words: object) -> "tuple[int, str]":
        """`menshen flash` as this site's installer types it."""
        usual = ("--broker", "localhost", "--broker-port", self.port, "--wifi", WIFI)
        return self.menshen("flash", *usual, *words)

    def image(self, chip: str, size: int = IMAGE_BYTES) -> "tuple[str, ...]":
        """Options that name an image of this size for this chip, and state its hash."""
        path = self.folder / f"{chip}.bin"
        path.write_bytes(image(chip, size))
        return "--image", str(path), "--image-sha256", hashlib.sha256(path.read_bytes()).hexdigest()

    def seals(self) -> dict[str, str]:
        """The seals that are enrolled: id -> door."""
        c = tables.seals.c
        with closing(Store.open(self.folder / "menshen.db")) as store, store.reading() as rows:
            return {row.seal_id: row.door_id for row in rows.execute(select(c.seal_id, c.door_id))}

    def gateway_hears(self) -> bool:
        """Whether the gateway runs and has its broker."""
        beat = ask(self.folder / "menshen.db", 2.0)
        return beat is not None and beat.health.broker_connected


def esptool_on_path(monkeypatch: pytest.MonkeyPatch) -> str:
    """The real esptool, put on the PATH as an installer has it."""
    program = neighbours.or_skip(neighbours.find("esptool"), "esptool", "`make esptool` gets it")
    places = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", places)
    return program


def new_flash_site(mosquitto: str, folder: Path, doors: int) -> FlashSite:
    """Found a site with so many doors in `folder`, which becomes the current one."""
    port, state = neighbours.unused_port(), folder / "state"
    state.mkdir()
    text = _SETTINGS.format(port=port, console_port=neighbours.unused_port(), address=ADDRESS)
    (folder / "menshen.toml").write_text(text)
    plan = BrokerPlan(
        names=["pi.local"],
        installed_at=folder / "broker",
        state_directory=state,
        address="127.0.0.1",
        port=port,
        user="root",  # as another user it could not come into the test's own folder
    )
    write_broker_config(plan.installed_at, plan, [], datetime.now(UTC))
    with closing(Store.open(folder / "menshen.db")) as store, store.writing() as connection:
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, UTC)
        enrolment.take(NewGrid("g1", "一网格"))
        enrolment.take(NewWarden("w1", "王", "g1", "zh"))
        for number in range(1, doors + 1):
            enrolment.take(NewDoor(f"d{number}", f"3栋{200 + number}", "g1"))
        enrolment.write()
    broker = Broker(
        "mosquitto", [mosquitto, "-c", str(folder / "broker/mosquitto.conf")], folder, port
    )
    places = os.pathsep.join([str(ROOT), str(ROOT / "firmware")])
    password = folder / "broker/gateway.password"
    command = [
        *(
            "/usr/bin/env",
            f"PYTHONPATH={os.pathsep.join([places, os.environ.get('PYTHONPATH', '')])}",
        ),
        f"MENSHEN_BROKER_PASSWORD_FILE={password}",
        *(sys.executable, "-m", "gateway", "run", "--config", str(folder / "menshen.toml")),
    ]
    site = FlashSite(folder, port, broker, Neighbour("gateway", command, folder, lambda: True))
    site.gateway = Neighbour("gateway", command, folder, site.gateway_hears)
    return site
