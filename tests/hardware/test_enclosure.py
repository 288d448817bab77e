"""The printed parts as committed: whole, printable, and the case closes on its contents."""

from __future__ import annotations

import csv
import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from hardware import circuit
from hardware import dimensions as d
from tests.hardware import stl_file
from tests.neighbours import ROOT

FOLDER = ROOT / "hardware" / "enclosure"
FACTS: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))
PARTS = sorted(FACTS["parts"])


def bought(reference: str) -> list[float]:
    """The millimetres in a line of the bill of materials, in its order."""
    words = circuit.part(reference).part
    sizes = re.findall(r"\d+(?:\.\d+)?(?: × \d+(?:\.\d+)?)+ mm", words)
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", sizes[-1].removesuffix(" mm"))]


def test_every_file_has_its_facts_and_every_fact_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.stl")} == set(PARTS)
    assert {path.stem for path in FOLDER.glob("*.step")} <= set(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_the_one_that_was_built_and_is_watertight(name: str) -> None:
    solid, facts = stl_file.read(FOLDER / f"{name}.stl"), FACTS["parts"][name]
    assert solid.volume() == pytest.approx(facts["volume_mm3"], rel=2e-3)
    assert solid.size() == pytest.approx(facts["bounds_mm"], abs=0.05)
    assert solid.open_edges() == 0
    assert facts["watertight"]
    assert facts["bodies"] == 1


@pytest.mark.parametrize("name", PARTS)
def test_a_part_prints_without_supports(name: str) -> None:
    """What hangs over spans no more than a printer bridges, in one of its two directions."""
    for x, y in stl_file.read(FOLDER / f"{name}.stl").overhangs():
        assert min(x, y) <= d.BRIDGE_MAX, (name, x, y)


@pytest.mark.parametrize("name", PARTS)
def test_no_wall_is_thinner_than_three_lines_of_the_nozzle(name: str) -> None:
    assert FACTS["parts"][name]["thinnest_mm"] >= d.THIN_MIN


def test_the_files_are_of_the_dimensions_of_today() -> None:
    assert FACTS["fit"]["outer_mm"] == pytest.approx(list(d.OUTER), abs=0.05)
    assert FACTS["parts"]["magnet_holder"]["bounds_mm"] == pytest.approx(
        list(d.MAGNET_HOLDER), abs=0.05
    )
    assert FACTS["parts"]["gauge"]["bounds_mm"] == pytest.approx(list(d.GAUGE), abs=0.05)


def test_the_case_closes_on_what_the_bill_of_materials_names() -> None:
    assert FACTS["fit"]["overlaps_mm3"] == {}
    assert bought("U1") == [d.BOARD.x, d.BOARD.y, d.BOARD.z]
    assert bought("H1") == [d.HOLDER.x, d.HOLDER.y, d.HOLDER.z]
    assert bought("X1") == [d.PERFBOARD.x, d.PERFBOARD.y]
    assert bought("S1") == [d.REED.x, d.REED.y]
    assert bought("M1") == [d.MAGNET.x, d.MAGNET.y, d.MAGNET.z]
    assert bought("E1") == pytest.approx(list(d.OUTER), abs=0.3)
    assert max(d.BOARD.z, d.HOLDER.z, d.PERFBOARD.z + 3.6) < d.DEPTH


def test_the_lid_presses_the_cover_switch_whatever_its_tolerance() -> None:
    """Below where the latest switch has closed, above its body, printing errors both ways."""
    tip = FACTS["fit"]["post_above_switch_axis_mm"]
    assert tip + d.SWITCH_AXIS == pytest.approx(d.POST_TIP, abs=0.02)
    assert tip + d.PRINT_ERROR < min(d.SWITCH_OPERATES)
    assert tip - d.PRINT_ERROR >= d.SWITCH_BODY_TOP


def test_the_lid_is_missed_long_before_a_finger_fits_under_it() -> None:
    differential = 0.8  # mm between closing and opening, at most; Omron SS-01GL-F
    lifted = max(d.SWITCH_OPERATES) + differential - FACTS["fit"]["post_above_switch_axis_mm"]
    assert lifted < 3.0
    assert lifted < d.LIP_HEIGHT, "the lip still stands in the walls when the switch lets go"


def test_no_metal_is_near_the_antenna() -> None:
    for what, (x, y) in d.metal().items():
        away = math.hypot(x - d.ANTENNA_AT[0], y - d.ANTENNA_AT[1])
        assert away >= d.ANTENNA_FREE, (what, away)


def test_the_magnet_is_at_the_height_of_the_reed() -> None:
    in_holder = d.MAGNET_HOLDER.z - d.MAGNET_WALL - d.FIT / 2 - d.MAGNET.z / 2
    assert in_holder == pytest.approx(d.REED_HEIGHT, abs=0.2)
    assert d.S3_AT[0] == d.S1_X, "S3 lies in the plane through the middle of S1"


def fields(name: str) -> list[dict[str, str]]:
    with (ROOT / "hardware" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_doors_magnet_closes_the_reed_in_its_gap_and_lets_go_beyond() -> None:
    """By the likely 0.1 mT for an ampere-turn, reeds of 10 to 15; the bench list measures it."""
    at = {int(row["gap_mm"]): float(row["s1_mt"]) for row in fields("magnets.csv")}
    assert at[int(d.GAP)] > 2 * 15 * 0.1, "at 5 mm even if the reed is twice as dull"
    assert at[int(d.GAP_MAX)] > 15 * 0.1
    assert at[30] < 10 * 0.1


def test_the_doors_magnet_never_closes_the_switch_for_foreign_ones() -> None:
    """Not at any gap, glued 2 mm astray, the reed twice as keen as it should be."""
    for row in fields("magnets.csv"):
        assert float(row["s3_mt"]) < 10 * 0.05, row


def test_across_is_a_better_place_than_opposite() -> None:
    for row in fields("magnets_foreign.csv")[:4]:
        assert int(row["seen_percent"]) > int(row["seen_percent_if_opposite"]), row


def test_a_hole_in_a_file_would_be_noticed(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "shim.stl").read_bytes())
    (count,) = struct.unpack_from("<I", data, 80)
    struct.pack_into("<I", data, 80, count - 1)
    torn = tmp_path / "torn.stl"
    torn.write_bytes(data[:-50])
    assert stl_file.read(torn).open_edges() > 0


def test_a_roof_in_the_air_would_be_noticed() -> None:
    """A table of 40 by 40 mm on one leg hangs over more than a printer bridges."""
    low, high = (0.0, 0.0, 5.0), (40.0, 40.0, 5.0)
    roof = [
        (low, high, (40.0, 0.0, 5.0)),
        (low, (0.0, 40.0, 5.0), high),
    ]
    foot = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    assert stl_file.Solid([*roof, foot]).overhangs() == [(40.0, 40.0)]
