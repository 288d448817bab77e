"""An update over the air, whole: the command line, a real gateway, a real broker, a real seal.

The seal is the compiled firmware on MicroPython, in slots on a littlefs, started by its chooser,
and speaks TLS; once from files, once from a ROMFS partition, and then in a heap of 64 KB. It is
killed in the middle of its pulling, takes the update all the same, and goes back from the next one,
which crashes. Then MicroPython itself, in clear, on a chip's two places that are files with a boot
loader's rules.
"""

import json
import os
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.provisioning.firmware_bundle import FIXED, IN_ROM, BoardFile, application
from gateway.provisioning.romfs_image import PARTITION_BYTES, romfs_image
from gateway.store.seal_tables import seal_commands
from gateway.updates import kept
from gateway.updates.kept import Rollout
from gateway.updates.rollout import RolloutState, SealState
from sealnode.updates import WINDOW
from sealwire import update
from tests.end_to_end import site as sites
from tests.end_to_end.overheard import Overheard
from tests.end_to_end.site import Site
from tests.firmware import authority, seal_bench
from tests.firmware.authority import Certificate
from tests.firmware.broker_site import SERVER_NAME
from tests.neighbours import Broker, Neighbour
from tests.updates.releases import PUBLIC, made
from tests.waiting import block_until

RESET, ASLEEP = 10, 42  # what the interpreter ends with
PWRON, RESET_CAUSE = 1, 2
SLOT = Path(seal_bench.__file__).with_name("slot")
PATIENCE_S = 90
NEW = {"new.mpy": b"a file more, by which the seventh is known"}
HEAPS = {"files": "96k", "rom": "64k", "image": "98k"}  # the bench around it too
CHIP = seal_bench.PROGRAMS / "chip_partitions.py"
PLACE_BYTES = 128 << 10


class Chip:
    """What a chip's partitions say of themselves; `chip_partitions.py` keeps it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "chip.json"

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text())
        return found

    def change(self, fields: dict[str, Any]) -> None:
        """While the seal is off."""
        state = self.state if self._file.exists() else {}
        self._file.write_text(json.dumps(state | fields))


class SlottedSeal:
    """A seal with slots on a bench: started again whenever it resets, until it is unplugged."""

    def __init__(
        self, micropython: str, folder: Path, content: Path, place: str, more: str = ""
    ) -> None:
        """`place`: where its program lies; `more`: what is run before it at each start."""
        self._micropython, self._folder, self._content = micropython, folder, content
        self.rom = folder / "rom.img" if place == "rom" else None
        self._heap, self._more = HEAPS[place], more
        self.said: list[str] = []
        self.resets = 0
        self._ended = False
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        self._ended = False
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    @property
    def is_off(self) -> bool:
        """Whether its power is gone by itself."""
        return self._thread is not None and not self._thread.is_alive()

    def unplug(self) -> None:
        """The power is gone, whatever it was doing."""
        self._ended = True
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def last_words(self) -> str:
        """All that it printed, once it is unplugged."""
        self.unplug()
        return "\n".join(self.said)

    def _live(self) -> None:
        cause = PWRON
        while not self._ended:
            rom = "rom.img" if self.rom else None
            program = (
                f"import slots_at_work as s; {self._more}"
                f"s.main('flash.img', {str(self._content)!r}, {cause}, {rom!r})"
            )
            self._process = subprocess.Popen(
                [self._micropython, "-X", f"heapsize={self._heap}", "-c", program],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self._folder,
                env=dict(os.environ, MICROPYPATH=f"{self._folder / 'lib'}:.frozen"),
            )
            said, _ = self._process.communicate()
            self.said.append(said)
            if self._process.returncode != RESET:
                return
            self.resets += 1
            cause = RESET_CAUSE


def rom_image(files: list[tuple[str, bytes]]) -> bytes:
    """What lies in the ROM where its slot holds these."""
    return romfs_image([BoardFile(path, content) for path, content in files])


def slot_files(**changes: bytes) -> list[tuple[str, bytes]]:
    """What a slot holds: the firmware as `menshen release build` takes it, on a bench's board."""
    files = {one.path: one.content for one in application()}
    return sorted((files | changes).items())


@pytest.fixture(scope="module")
def bench_board(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bench's board, compiled, in the place of the chip's."""
    folder = tmp_path_factory.mktemp("board")
    seal_bench.compile_into(folder, [SLOT / "board.py"], SLOT)
    seal_bench.compile_into(folder, [seal_bench.ROOT / "tests" / "bench_board.py"],
                            seal_bench.ROOT / "tests")  # fmt: skip
    return {path.name: path.read_bytes() for path in folder.glob("*.mpy")}


@dataclass(frozen=True)
class Shielded:
    """A broker's listener with TLS, as seals use it, beside the plain one."""

    port: int
    certificate: Certificate


@pytest.fixture
def shielded(free_port: Callable[[], int], tmp_path: Path) -> Shielded:
    return Shielded(free_port(), authority.make(tmp_path / "authority", SERVER_NAME))


@pytest.fixture
def broker(mosquitto: Callable[..., Broker], shielded: Shielded) -> Broker:
    files = shielded.certificate
    conf = seal_bench.TLS_CONF.format(
        tls_port=shielded.port, certificate=files.certificate, key=files.key
    )
    return mosquitto(conf)


@pytest.fixture
def site(tmp_path: Path, broker: Broker) -> Site:
    founded = sites.found(
        tmp_path / "site",
        random.Random(3),  # noqa: S311 - the same site each time
        doors=1,
        ordered=1,
        broker_port=broker.port,
        webhook="http://127.0.0.1:9/",
    )
    (founded.folder / "release.pub").write_text(PUBLIC.hex() + "\n")
    return founded


@pytest.fixture
def gateway(site: Site, keep: Callable[[Neighbour], None]) -> Neighbour:
    made_gateway = sites.gateway(site)
    keep(made_gateway)
    return made_gateway


@pytest.fixture
def overheard(site: Site, broker: Broker) -> Iterator[Overheard]:
    ear = Overheard(broker.port, site.seals[0])
    yield ear
    ear.stop()


@pytest.fixture
def seal(
    micropython_i386: str,
    site: Site,
    broker: Broker,
    shielded: Shielded,
    tmp_path: Path,
    bench_board: dict[str, bytes],
    place: str,
) -> Iterator[SlottedSeal]:
    """A seal as `menshen flash` leaves it: slot a, its settings, the site's release key; in `rom`,
    with slot a's copy in the ROMFS partition."""
    content = tmp_path / "board"
    for path, data in slot_files(**bench_board):
        (content / "a" / path).parent.mkdir(parents=True, exist_ok=True)
        (content / "a" / path).write_bytes(data)
    enrolled = site.seals[0]
    identity = {"id": enrolled.seal_id, "key": enrolled.key.hex(), "heartbeat_s": 2}
    port = broker.port
    if place != "image":  # there the heap is not the matter
        port = shielded.port
        identity |= {"ca": "ca.der", "server_name": SERVER_NAME}
        (content / "ca.der").write_bytes(shielded.certificate.ca_der.read_bytes())
    settings = seal_bench.seal_settings(port, **identity)
    (content / "seal.json").write_text(json.dumps(settings))
    (content / "update.json").write_text(json.dumps({"key": PUBLIC.hex(), "board": 1}))
    fixed = [seal_bench.FIRMWARE / name for name in FIXED]
    seal_bench.compile_into(content, fixed, seal_bench.FIRMWARE)
    (content / "main.py").write_bytes((seal_bench.FIRMWARE / "main.py").read_bytes())
    lib = tmp_path / "bench" / "lib"
    (tmp_path / "bench").mkdir(exist_ok=True)
    programs = [seal_bench.PROGRAMS / name for name in ("slots_at_work.py", "file_disk.py")]
    seal_bench.compile_into(lib, programs, seal_bench.PROGRAMS)
    seal_bench.compile_into(lib, [seal_bench.ROM_PARTITION], seal_bench.ROM_PARTITION.parent)
    more = ""
    if place == "image":
        seal_bench.compile_into(lib, [CHIP], CHIP.parent)
        chip = {"running": "ota_0", "boots": "ota_0", "valid": ["ota_0"], "ran": [], "cut": ""}
        Chip(tmp_path / "bench").change(chip)
        for name in ("ota_0", "ota_1"):
            (tmp_path / "bench" / f"{name}.bin").write_bytes(b"\x5a" * PLACE_BYTES)
        more = "import chip_partitions as c; c.start(); "
    plugged = SlottedSeal(micropython_i386, tmp_path / "bench", content, place, more)
    if plugged.rom is not None:
        image = rom_image(slot_files(**bench_board))
        plugged.rom.write_bytes(image + b"\xff" * (PARTITION_BYTES - len(image)))
        (content / IN_ROM.path).write_bytes(IN_ROM.content)
    yield plugged
    plugged.unplug()


def run(site: Site, *words: str) -> str:
    done = subprocess.run(
        [seal_bench.sys.executable, "-m", "gateway", *words, "--config", str(site.settings)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(seal_bench.ROOT), str(seal_bench.FIRMWARE)])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rolled_out(site: Site) -> Rollout:
    store = site.store()
    try:
        with store.reading() as connection:
            newest = kept.newest(connection)
            assert newest is not None
            return kept.load(connection, newest[0])
    finally:
        store.close()


def commands(site: Site) -> list[tuple[str, str, str]]:
    """What seals were asked, what came of it, and what for."""
    c = seal_commands.c
    store = site.store()
    try:
        with store.reading() as connection:
            rows = connection.execute(select(c.kind, c.state, c.about).order_by(c.command_id))
            return [(kind, state, about) for kind, state, about in rows]
    finally:
        store.close()


def roll_out(
    site: Site, folder: Path, number: int, files: list[tuple[str, bytes]], **fields: object
) -> None:
    path = folder / f"release-{number}"
    path.write_bytes(made(number, files, **fields).render())
    run(site, "update", "add", str(path))
    run(site, "update", "start", str(number), "--canary", site.seals[0].seal_id)


def has_come(site: Site, state: SealState) -> bool:
    return rolled_out(site).seals[site.seals[0].seal_id].state is state


@pytest.mark.parametrize("place", ["files", "rom"])
def test_an_update_arrives_through_a_cut_and_a_bad_one_is_left(
    site: Site,
    gateway: Neighbour,
    seal: SlottedSeal,
    overheard: Overheard,
    bench_board: dict[str, bytes],
    tmp_path: Path,
) -> None:
    roll_out(site, tmp_path, 7, slot_files(**bench_board, **NEW))
    assert block_until(lambda: "roll-out 1" in gateway.log.read_text(), PATIENCE_S)
    seal.plug()
    assert block_until(lambda: len(overheard.fetches) >= 12, PATIENCE_S), seal.last_words()
    seal.unplug()  # in the middle of it
    reached = max(overheard.fetches)
    before = len(overheard.fetches)
    seal.plug()
    assert block_until(lambda: has_come(site, SealState.GOOD), PATIENCE_S), seal.last_words()
    assert overheard.fetches[before] >= reached - WINDOW * update.BLOCK_BYTES > 0
    assert rolled_out(site).state is RolloutState.DONE
    resets = seal.resets
    if seal.rom is None:
        return

    crash = tmp_path / "crash"
    crash.mkdir()
    (crash / "app.py").write_text("raise ImportError('a bad release')\n")
    seal_bench.compile_into(crash, [crash / "app.py"], crash)
    bad = slot_files(**bench_board, **{"app.mpy": (crash / "app.mpy").read_bytes()})
    roll_out(site, tmp_path, 8, bad)  # it is at work, and is called
    assert block_until(lambda: has_come(site, SealState.FAILED), PATIENCE_S), seal.last_words()
    after = rolled_out(site)
    assert after.seals[site.seals[0].seal_id].reason == "crashed"
    assert (after.state, after.why) == (RolloutState.STOPPED, "a canary failed")
    assert seal.resets >= resets + 2
    image = rom_image(slot_files(**bench_board, **NEW))  # the seventh is there again
    assert seal.rom.read_bytes().startswith(image)
    assert overheard.requests[-1].running == 7
    assert "stopped: a canary failed" in run(site, "update")
    assert commands(site)[-1] == ("update", "worked", "update 2")


def image_of(number: int, size: int, *, is_dead: bool = False) -> list[tuple[str, bytes]]:
    """Another MicroPython, as a chip takes it."""
    content = bytearray(random.Random(number).randbytes(size))  # noqa: S311 - any bytes
    content[0] = 0xE9
    content[64:68] = b"DEAD" if is_dead else b"WELL"
    return [("image.bin", bytes(content))]


@pytest.mark.parametrize("place", ["image"])
def test_another_micropython_is_valid_once_it_was_heard_and_a_dead_one_is_left(
    site: Site, gateway: Neighbour, seal: SlottedSeal, overheard: Overheard, tmp_path: Path
) -> None:
    chip, image = Chip(tmp_path / "bench"), {"kind": "image", "mpy": 0, "version": "1.28.0"}
    chip.change({"cut": "after set_boot"})
    roll_out(site, tmp_path, 7, image_of(7, 76_000), **image)
    assert block_until(lambda: "roll-out 1" in gateway.log.read_text(), PATIENCE_S)
    seal.plug()
    assert block_until(lambda: max(overheard.fetches, default=0) > 70_000, PATIENCE_S), (
        seal.last_words()
    )
    seal.unplug()  # behind a mark, in the middle of it
    before = len(overheard.fetches)
    seal.plug()
    assert block_until(lambda: seal.is_off, PATIENCE_S), seal.last_words()
    assert 65_536 <= overheard.fetches[before] <= 70_000  # from the mark on
    state = chip.state
    assert (state["boots"], state["valid"], set(state["ran"])) == ("ota_1", ["ota_0"], {"ota_0"})

    gateway.stop()  # nobody hears it
    reports = overheard.reports
    seal.plug()
    assert block_until(lambda: overheard.reports >= reports + 2, PATIENCE_S), seal.last_words()
    assert (chip.state["running"], chip.state["valid"]) == ("ota_1", ["ota_0"])
    gateway.start()
    assert block_until(lambda: has_come(site, SealState.GOOD), PATIENCE_S), seal.last_words()
    assert (chip.state["running"], set(chip.state["valid"])) == ("ota_1", {"ota_0", "ota_1"})

    roll_out(site, tmp_path, 8, image_of(8, 8_000, is_dead=True), **image)
    assert block_until(lambda: has_come(site, SealState.FAILED), PATIENCE_S), seal.last_words()
    assert rolled_out(site).seals[site.seals[0].seal_id].reason == "crashed"
    state = chip.state
    assert (state["running"], state["valid"], state["ran"][-2:]) == (
        "ota_1",
        ["ota_1"],
        ["ota_0", "ota_1"],
    )
    assert overheard.requests[-1].running == 7
