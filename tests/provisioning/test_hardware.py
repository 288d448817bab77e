"""The hardware's papers against the firmware, and their sums against themselves."""

import ast
import csv
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from gateway.power.ledger import SLACK
from gateway.power.life import usual
from gateway.power.steps import ASLEEP_UA, MODEL
from tests.neighbours import ROOT

HARDWARE = ROOT / "hardware"
WAKES = set(range(8))  # the low-power pins of an ESP32-C6
DECIDES_THE_START = {4, 5, 8, 9, 15}
IS_USB = {12, 13}


def rows(name: str) -> list[dict[str, str]]:
    with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pins_of_board_py() -> dict[str, dict[str, int]]:
    """PINS in board.py, by chip, read without running it: it wants a chip."""
    tree = ast.parse((ROOT / "firmware" / "board.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PINS":
            pins: dict[str, dict[str, int]] = ast.literal_eval(node.value)
            return pins
    raise AssertionError("board.py has no PINS")


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    specification = importlib.util.spec_from_file_location("draw", HARDWARE / "draw_wiring.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_pin_table_is_the_one_that_the_firmware_uses() -> None:
    pins = pins_of_board_py()
    assert set(pins) == {"ESP32C6", "ESP32S3", "ESP32C3"}
    for chip, numbers in pins.items():
        column = "gpio_" + chip.removeprefix("ESP32").lower()
        assert {row["signal"]: int(row[column]) for row in rows("pins.csv")} == numbers, chip


def test_every_switch_can_wake_the_chip_and_none_decides_how_it_starts() -> None:
    for row in rows("pins.csv"):
        assert int(row["gpio_c6"]) not in DECIDES_THE_START | IS_USB, row
        if row["wakes"] == "yes":
            assert int(row["gpio_c6"]) in WAKES, row
            assert (row["well"], row["alarm"]) == ("low", "high"), "one level wakes them all"


def test_the_drawing_is_drawn_from_the_pin_table(drawing: ModuleType) -> None:
    drawn = (HARDWARE / "wiring.svg").read_text(encoding="utf-8")
    assert drawn == drawing.draw(rows("pins.csv")), "run python hardware/draw_wiring.py"


def test_every_part_of_the_drawing_is_on_the_bill_of_materials() -> None:
    drawn = (HARDWARE / "wiring.svg").read_text(encoding="utf-8")
    references = set(re.findall(r">([A-Z]\d)(?:<|, )", drawn))
    assert references == {"B1", "C1", "C2", "R1", "R2", "R3", "R4", "R5", "S1", "S2", "S3", "U1"}
    assert references <= {row["reference"] for row in rows("bom.csv")}


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
