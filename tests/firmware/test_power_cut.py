"""The power goes at every write of the spool, on a real littlefs: old or new, never garbage."""

import subprocess
from pathlib import Path

from tests.firmware import seal_bench
from tests.firmware.seal_bench import Bench


def cut_everywhere(bench: Bench) -> None:
    seal_bench.compile_into(bench.folder, [seal_bench.PORTABLE / "flash.py"], seal_bench.PORTABLE)
    process = bench.run("import power_cuts; power_cuts.main()")
    said, _ = process.communicate(timeout=seal_bench.PATIENCE_S)
    assert process.returncode == 0, said
    assert said.count("old or new") == len(said.splitlines()) == 2, said
    cuts = [int(line.split()[0]) for line in said.splitlines()]
    assert min(cuts) > 20
    print(said)


def test_a_power_cut_at_every_write_leaves_the_old_state_or_the_new(bench: Bench) -> None:
    cut_everywhere(bench)


def test_a_power_cut_does_so_with_an_esp32_s_words_too(bench_i386: Bench) -> None:
    cut_everywhere(bench_i386)


def test_a_power_cut_at_every_write_of_a_trial_leaves_the_old_settings_or_the_new(
    bench_i386: Bench,
) -> None:
    folder = bench_i386.folder
    seal_bench.compile_into(folder, [seal_bench.PORTABLE / "flash.py"], seal_bench.PORTABLE)
    process = bench_i386.run("import power_cuts; power_cuts.trials()")
    said, _ = process.communicate(timeout=seal_bench.PATIENCE_S)
    assert process.returncode == 0, said
    assert said.count("old or new") == len(said.splitlines()) == 4, said
    assert min(int(line.split()[0]) for line in said.splitlines()) > 3
    print(said)


def test_a_seal_killed_at_any_moment_boots_into_the_next_epoch(
    bench: Bench, tmp_path: Path
) -> None:
    for _ in range(5):
        process = bench.start(seal_bench.seal_settings(1), toggles=500, until="toggled")
        try:
            process.communicate(timeout=0.6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    done = bench.work(seal_bench.seal_settings(1), until="toggled")
    assert done["epoch"] == 6
