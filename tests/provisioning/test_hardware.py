"""The hardware's papers: their sums add up, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.neighbours import ROOT

HARDWARE = ROOT / "hardware"


def test_the_battery_sums_add_up() -> None:
    page = (HARDWARE / "power.md").read_text(encoding="utf-8")
    asleep_ua = [float(n) for n in re.findall(r"^\| \w[^|]*\| (\d+\.\d) \|", page, re.M)]
    total_ua = float(re.findall(r"\*\*Sum\*\* \| \*\*(\d+\.\d)\*\*", page)[0])
    assert sum(asleep_ua) == pytest.approx(total_ua)
    asleep_mah = round(total_ua * 8.76)
    assert f"That is {asleep_mah} mAh a year" in page
    table = re.findall(r"^\| [^|]+\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.M)
    assert len(table) == 7
    for wifi, bluetooth, mah, days in (tuple(map(int, row)) for row in table):
        year = asleep_mah + (wifi + 20) * 365 * 250 / 3600 + bluetooth * 365 * 15 / 3600
        assert mah == round(year)
        assert days == pytest.approx(2800 / year * 365, abs=1)


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in HARDWARE.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert Path(page.parent, target).exists(), f"{page.name} -> {target}"
