"""The scenario file: ours is in order, and a mistake in another is told in a sentence."""

import json
from pathlib import Path

import pytest

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.simulate import Wanted, simulate
from gateway.simulate.scenario import OURS, ScenarioError, load


def test_ours_adds_up_to_four_lawful_openings_a_day() -> None:
    kinds = load().household.kinds().values()
    assert sum(kind.per_day for kind in kinds) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ("loss = 0.01 ", "loss = 1.5 ", "radio.loss: Expected `float` <= 1.0"),
        ("heartbeat_s = 100", "beats = 100", "radio: The table contains unknown field `beats`"),
        ("per_order =", "# per_order =", "breach: The table missing required field `per_order`"),
        ("off_s = [3, 1800]", "off_s = [1800, 3]", "power.off_s must rise from left to right"),
        ("hours = [[8.5, 11.0]]", "hours = [[8.5, 25.0]]", "household.test.hours: a day has 24"),
        ("late = 0.120", "late = 0.9", "household.visitor: announced and late are more than 1"),
        ("[radio]", "[radio", "is no TOML file"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    tmp_path: Path, line: str, instead: str, told: str
) -> None:
    ours = OURS.read_text(encoding="utf-8")
    assert line in ours
    theirs = tmp_path / "scenario.toml"
    theirs.write_text(ours.replace(line, instead, 1), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(theirs)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(theirs))


def test_a_file_that_is_not_there_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        simulate(Wanted(1, 1, 1, scenario=tmp_path / "none.toml"))
    assert caught.value.code == MISUSED


def test_the_command_answers_scripts_and_writes_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = tmp_path / "fleet.html"
    assert simulate(Wanted(20, 2, 1, html=html, as_json=True)) == 0
    said = json.loads(capsys.readouterr().out)
    wanted = "household_days openings_true breaches_true breaches_shown breaches_missed pages"
    wanted += " false_pages time_to_page_ms_p50 time_to_page_ms_p99 false_coverage_claims steps"
    assert set(wanted.split()) | {"seconds"} <= set(said)
    assert said["household_days"] == 40
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
