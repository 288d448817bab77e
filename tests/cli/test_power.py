"""`menshen power`, as a person types it."""

import json
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.app import app


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["power", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_it_says_for_each_profile_how_long_the_cells_last_and_whether_that_is_enough() -> None:
    said = run()
    for words in ("Bluetooth every 100 s, romfs", "365: met", "730: met", "365: missed", "Wi-Fi"):
        assert words in said
    assert "not measured" in said


def test_a_script_gets_figures() -> None:
    (one,) = json.loads(run("--beat", "300", "--storage", "frozen", "--json"))
    assert (one["beat_s"], one["storage"], one["goal_days"]) == (300, "frozen", 730)
    assert one["days"]["high"] < one["days"]["model"] < one["days"]["low"]
    (busy,) = json.loads(run("--beat", "300", "--storage", "frozen", "--events", "200", "--json"))
    assert busy["days"]["model"] < one["days"]["model"] / 2


def test_a_page_and_a_picture_are_written(tmp_path: Path) -> None:
    run("--html", str(tmp_path / "power.html"), "--svg", str(tmp_path / "power.svg"))
    assert "<svg" in (tmp_path / "power.html").read_text()
    assert (tmp_path / "power.svg").read_text().startswith("<svg xmlns=")


def test_a_page_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["power", "--html", str(tmp_path / "no" / "power.html")])
    assert done.exit_code == 1
    assert "cannot be written: No such file or directory" in done.output
