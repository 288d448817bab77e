"""The scenario file: ours is in order, and a mistake in another is told in a sentence."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.simulate.scenario import OURS, SHIPPED, Goal, ScenarioError, load


def test_ours_adds_up_to_four_lawful_openings_a_day() -> None:
    kinds = load().household.kinds().values()
    assert sum(kind.per_day for kind in kinds) == pytest.approx(4.0)


def test_the_harsh_city_is_ours_but_for_its_air_and_its_couriers() -> None:
    ours, harsh = load(), load(SHIPPED["harsh"])
    parcel = replace(ours.household.parcel, announced=0, late=0)
    radio = replace(ours.radio, heartbeat_s=300, loss=0.05, fades_per_day=0.6, fade_min=(1, 600))
    household = replace(ours.household, parcel=parcel)
    assert harsh == replace(ours, household=household, radio=radio, goal=Goal(3))


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
