"""The power goes at every write of an update, on a real littlefs: old or new, never neither."""

import json

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
