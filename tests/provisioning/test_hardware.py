"""The hardware's papers: their sums add up, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from gateway.power.ledger import SLACK
from gateway.power.life import usual
from gateway.power.steps import ASLEEP_UA, MODEL
from tests.neighbours import ROOT

HARDWARE = ROOT / "hardware"


def test_the_battery_sums_add_up() -> None:
    page = (HARDWARE / "power.md").read_text(encoding="utf-8").partition("## Awake")[0]
    asleep_ua = [float(n) for n in re.findall(r"^\| \w[^|]*\| (\d+\.\d) \|", page, re.M)]
    total_ua = float(re.findall(r"\*\*Sum\*\* \| \*\*(\d+\.\d)\*\*", page)[0])
    assert sum(asleep_ua) == pytest.approx(total_ua)
    asleep_mah = round(total_ua * 8.76)
    assert f"That is {asleep_mah} mAh a year" in page
    assert total_ua == ASLEEP_UA[MODEL]


def test_the_lives_on_the_page_are_those_of_the_ledger() -> None:
    """Written from a ledger of before or after; days differ by as much as a wake may."""
    page = (HARDWARE / "power.md").read_text(encoding="utf-8")
    row = r"^\| (\w[^|]*, \w+) \| ([\d.]+) \| (\d+) \| (\d+) \| (\d+) \| (\d*) \|$"
    table = {name: figures for name, *figures in re.findall(row, page, re.M)}
    lives = usual()
    assert list(table) == [one.profile.name for one in lives]
    for one in lives:
        beat, *days, goal = table[one.profile.name]
        assert float(beat) == pytest.approx(one.beat_mc[MODEL], rel=SLACK - 1)
        reckoned = pytest.approx(one.days[::-1], rel=SLACK - 1, abs=1)
        assert tuple(int(one) for one in days) == reckoned
        assert goal == str(one.goal_days or "")


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in HARDWARE.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert Path(page.parent, target).exists(), f"{page.name} -> {target}"
