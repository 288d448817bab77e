"""The power goes at every write of an update, on a real littlefs: old or new, never neither."""

import json

from gateway.provisioning.firmware_bundle import application
from tests.firmware import seal_bench
from tests.firmware.seal_bench import Bench
from tests.updates.releases import PUBLIC, made


def cut_everywhere(bench: Bench, halves: bool) -> None:
    seal_bench.compile_into(bench.folder, [seal_bench.PORTABLE / "flash.py"], seal_bench.PORTABLE)
    (bench.folder / "release").write_bytes(made().render())
    (bench.folder / "trust").write_text(json.dumps({"key": PUBLIC.hex(), "board": 1}))
    process = bench.run(f"import update_cuts; update_cuts.main('.', {halves})")
    said, _ = process.communicate(timeout=2 * seal_bench.PATIENCE_S)
    assert process.returncode == 0, said
    lines = said.splitlines()
    assert said.count("old or new each time") == len(lines) == 1 + halves, said
    assert min(int(line.split()[0]) for line in lines) > 30
    print(said)


def test_a_power_cut_at_every_write_leaves_the_old_program_or_the_new(bench: Bench) -> None:
    cut_everywhere(bench, halves=True)


def test_a_power_cut_does_so_with_an_esp32_s_words_too(bench_i386: Bench) -> None:
    cut_everywhere(bench_i386, halves=False)


def test_a_whole_release_is_looked_at_in_36_kb_with_an_esp32_s_words(bench_i386: Bench) -> None:
    """Signature, manifest and every file's hash, of the real firmware; a seal at work has no room
    for it, a fresh start has."""
    release = made(7, [(file.path, file.content) for file in application()])
    (bench_i386.folder / "update").write_bytes(bytes(10) + release.render())
    (bench_i386.folder / "update.json").write_text(json.dumps({"key": PUBLIC.hex(), "board": 1}))
    program = "import gc; gc.threshold(2048); from sealupdate import install as i; "
    process = bench_i386.run(program + "print(i.checked('./', 6).counter)", "36k")
    said, _ = process.communicate(timeout=seal_bench.PATIENCE_S)
    assert said == "7\n"
