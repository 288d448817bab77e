"""The power goes at every write of the spool, on a real littlefs: old or new, never garbage."""

import subprocess
from pathlib import Path

import workbench
from workbench import Desk


def cut_everywhere(desk: Desk) -> None:
    workbench.compile_into(desk.folder, [workbench.PORTABLE / "flash.py"], workbench.PORTABLE)
    process = desk.run("import power_cuts; power_cuts.main()")
    said, _ = process.communicate(timeout=workbench.PATIENCE_S)
    assert process.returncode == 0, said
    assert said.count("old or new") == len(said.splitlines()) == 2, said
    cuts = [int(line.split()[0]) for line in said.splitlines()]
    assert min(cuts) > 20
    print(said)


def test_a_power_cut_at_every_write_leaves_the_old_state_or_the_new(desk: Desk) -> None:
    cut_everywhere(desk)


def test_a_power_cut_does_so_with_an_esp32_s_words_too(desk_i386: Desk) -> None:
    cut_everywhere(desk_i386)


def test_a_seal_killed_at_any_moment_boots_into_the_next_epoch(desk: Desk, tmp_path: Path) -> None:
    for _ in range(5):
        process = desk.start(workbench.seal_settings(1), toggles=500, until="toggled")
        try:
            process.communicate(timeout=0.6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    done = desk.work(workbench.seal_settings(1), until="toggled")
    assert done["epoch"] == 6
