"""`menshen simulate`: what scripts get of it, its page, and the story of one door."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_file_that_is_not_there_is_a_mistake_of_the_command_line(
    menshen: Callable[..., Any],
) -> None:
    answer = menshen("simulate", "--doors", 1, "--days", 1, "--scenario", "none.toml")
    assert answer.code == 2
    assert answer.err.startswith("menshen: none.toml")


def test_the_command_answers_scripts_and_writes_its_page(
    menshen: Callable[..., Any], folder: Path
) -> None:
    fleet = ("--doors", 20, "--days", 2, "--seed", 1)
    answer = menshen("simulate", *fleet, "--html", "fleet.html", "--json")
    assert answer.code == 0
    wanted = "household_days openings_true breaches_true breaches_shown breaches_missed pages"
    wanted += " false_pages time_to_page_ms_p50 time_to_page_ms_p99 false_coverage_claims steps"
    assert set(wanted.split()) | {"seconds"} <= set(answer.json)
    assert answer.json["household_days"] == 40
    assert (folder / "fleet.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_table_for_people_and_one_doors_story(menshen: Callable[..., Any]) -> None:
    fleet = ("--doors", 4, "--days", 1, "--seed", 1)
    answer = menshen("simulate", *fleet)
    assert answer.code == 0
    assert "household days" in answer.out
    story = menshen("simulate", *fleet, "--door", 0)
    assert story.out.startswith("day  1 00:")
    assert len(menshen("simulate", *fleet, "--door", 0, "--json").json) == story.out.count("\n")
