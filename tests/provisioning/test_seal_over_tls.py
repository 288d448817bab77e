"""A whole seal with the settings that flashing writes, at the broker that we configure.

TLS with the private authority, its own password, its own topics, on both Pythons.
"""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.provisioning.certificates import ensure_certificates
from gateway.provisioning.flash import SealSettings
from gateway.registry.credentials import Identity, fresh_identity
from sealnode import settings
from sealnode.seal import Seal
from sealwire import ccm, envelope, gateway_end, topics
from sealwire import receipt as answer
from sealwire import report as wire
from tests.bench_board import BenchBoard, real_ms
from tests.neighbours import ROOT
from tests.provisioning.site_broker import PATIENCE_S, Client, Site

SEAL_S_MAX = 30.0
REFUSED_S = 1.5  # a good seal is in within a tenth of it


@pytest.fixture
def flash(site: Site, tmp_path: Path) -> Callable[..., Path]:
    """A function that makes a seal's flash as `menshen flash` leaves it."""

    def make(identity: Identity, ca: bytes | None = None, name: str = "localhost") -> Path:
        folder = tmp_path / "flash"
        folder.mkdir()
        told = SealSettings(broker="127.0.0.1", server_name=name, port=site.port, mains=True)
        (folder / "seal.json").write_bytes(told.render(identity))
        (folder / "ca.der").write_bytes(ca or (site.directory / "ca.der").read_bytes())
        return folder

    return make


def comes_online(folder: Path, seconds_max: float) -> bool:
    """Run the seal in `folder` on this Python; whether the broker let it in, in that time."""
    board = BenchBoard(f"{folder}/")
    seal = Seal(board, settings.read(board.flash))
    late = real_ms() + seconds_max * 1000
    try:
        while not seal.online:
            if real_ms() > late:
                return False
            wait_ms = min(seal.poll(real_ms()), 10)
            if not seal.wait(wait_ms):
                time.sleep(wait_ms / 1000)
    finally:
        seal.close()
    return True


def receipts_for(gateway: Client, identity: Identity) -> list[wire.Report]:
    """Answer reports as the gateway does, up to and with the first opening; what they said."""
    cipher, own = ccm.cipher(identity.key), bytes.fromhex(identity.seal_id)
    heard: list[wire.Report] = []
    while not heard or heard[-1].first or heard[-1].kind != wire.EDGE:
        topic, payload = gateway.next_message()
        assert topic == topics.report(identity.seal_id)
        _, epoch, counter, plain = envelope.open_up(cipher, own, payload)
        said = gateway_end.unpack(plain, envelope.version_of(payload))
        if isinstance(said, wire.Report):
            heard.append(said)
        number = said.seq if isinstance(said, wire.Report) else 0  # a note of its boot has none
        receipt = answer.pack(answer.Receipt(number))
        frame = envelope.seal_up(cipher, own, envelope.DOWN, epoch, counter, receipt)
        gateway.publish(topics.receipt(identity.seal_id), frame)
    return heard


def test_a_seal_on_micropython_reports_an_opening_and_gets_its_receipt(
    site: Site, flash: Callable[..., Path], micropython: str
) -> None:
    script = ON_MICROPYTHON % (str(flash(site.seals[0])) + "/", SEAL_S_MAX)
    path = os.pathsep.join([str(ROOT / "firmware"), str(ROOT / "tests"), ".frozen"])
    with site.gateway() as gateway:
        assert gateway.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        process = subprocess.Popen(
            [micropython, "-X", "heapsize=512k", "-c", script],
            env={**os.environ, "MICROPYPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            heard = receipts_for(gateway, site.seals[0])
            said, _ = process.communicate(timeout=SEAL_S_MAX + PATIENCE_S)
        finally:
            process.kill()
            process.wait()
    assert said.splitlines()[-1] == "all receipted", said
    assert (heard[-1].contact, heard[-1].edges) == (wire.OPEN, 1)


def test_a_seal_on_cpython_is_let_in(site: Site, flash: Callable[..., Path]) -> None:
    assert comes_online(flash(site.seals[0]), SEAL_S_MAX)


@pytest.mark.parametrize("case", ["password", "unknown seal", "authority", "server name"])
def test_a_seal_that_does_not_belong_here_does_not_get_in(
    site: Site, flash: Callable[..., Path], case: str, tmp_path: Path
) -> None:
    known, stranger = site.seals[0], fresh_identity()
    mixed = Identity(known.seal_id, known.key, stranger.broker_password)
    other = tmp_path / "other"
    other.mkdir()
    folder = {
        "password": lambda: flash(mixed),
        "unknown seal": lambda: flash(stranger),
        "authority": lambda: flash(known, ca=other_authority(other)),
        "server name": lambda: flash(known, name="another.example"),
    }[case]()
    assert not comes_online(folder, REFUSED_S)


def other_authority(room: Path) -> bytes:
    """The certificate of an authority that has nothing to do with the site."""
    ensure_certificates(room, ["localhost"], 1, datetime.now(UTC))
    return (room / "ca.der").read_bytes()


ON_MICROPYTHON = """
import time
from bench_board import BenchBoard, real_ms
from sealnode import settings
from sealnode.seal import Seal
board = BenchBoard(%r)
seal = Seal(board, settings.read(board.flash))
late, opened = real_ms() + int(%f * 1000), False
while real_ms() < late:
    wait_ms = min(seal.poll(real_ms()), 10)
    if not opened and seal.online:
        board.open_door()
        opened = True
    elif seal.spool.edges and not seal.waiting:
        print("all receipted")
        break
    if not seal.wait(wait_ms):
        time.sleep_ms(wait_ms)
seal.close()
"""
