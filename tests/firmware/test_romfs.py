"""The firmware from a ROMFS image in MicroPython's own VfsRom: the same seal, a third less heap."""

import json
import subprocess
from pathlib import Path

import pytest

from gateway.provisioning import romfs_image
from gateway.provisioning.firmware_bundle import BoardFile, FirmwareError, modules
from gateway.provisioning.romfs_image import PARTITION_BYTES
from tests.firmware import seal_bench
from tests.firmware.broker_site import SERVER_NAME, Site
from tests.firmware.listening_gateway import Receiver
from tests.firmware.seal_bench import Bench, ended, seal_settings

EDGES = [[300, 0, 1], [600, 0, 0]]


def test_the_image_holds_every_module_byte_for_byte(
    micropython: str, rom: Path, tools: Path
) -> None:
    program = (
        f"import from_rom; from_rom.main({str(rom)!r}); import hashlib, json, os; "
        "from binascii import hexlify; "
        "print(json.dumps({p: hexlify(hashlib.sha256(open('/rom/' + p, 'rb').read()).digest())"
        ".decode() for p in PATHS}))"
    )
    held = modules()
    paths = [file.path for file in held]
    done = subprocess.run(
        [micropython, "-c", f"PATHS = {paths!r}; {program}"],
        env={"MICROPYPATH": f"{tools}:.frozen"},
        capture_output=True,
        text=True,
        timeout=seal_bench.PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {file.path: file.sha256 for file in held}
    print(f"ROMFS image: {rom.stat().st_size} of {PARTITION_BYTES} bytes")


def test_a_whole_seal_from_it_needs_a_third_less_heap(
    bench_i386: Bench, bench_i386_files: Bench, site: Site, receiver: Receiver
) -> None:
    settings = seal_settings(site.tls_port, ca="ca.der", server_name=SERVER_NAME)
    work = {"script": EDGES, "until": "receipts", "ca": site.certificate.ca_der}
    live = []
    for bench, heap in ((bench_i386_files, "96k"), (bench_i386, "64k")):
        done = ended(bench.start(settings, heap, **work))
        assert done["receipts"] >= 1
        live.append(done["live"] - done["bench"])
    print(f"heap of the whole seal, live: {live[0]} from files, {live[1]} from ROMFS")
    assert live[1] < 0.75 * live[0]


def test_what_does_not_fit_the_partition_is_refused_in_a_sentence() -> None:
    with pytest.raises(FirmwareError, match="and its partition 131072"):
        romfs_image.romfs_image([BoardFile("big.mpy", bytes(PARTITION_BYTES))])
