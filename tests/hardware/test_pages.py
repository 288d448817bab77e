"""The hardware's pages: what they quote is so, and no row of the bench is half."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from hardware import circuit, dimensions, fingerprint, labels
from tests.neighbours import ROOT

HARDWARE = ROOT / "hardware"
BENCH = (HARDWARE / "bench.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \|(.+)\|$", BENCH, re.M)
# What the research names and no computer can show; each must be a row's business.
MUST_BE_MEASURED = (
    "Shortest opening seen, asleep", "internal pulls", "ROMFS on the chip", "TLS handshake",
    "Current asleep", "Partition table", "BLE's reach", "60 % loss", "Flutter", "first edge",
    "REPL off", "Watchdog", "Signature on the chip", "Power cut during an update",
    "backwards through the board's regulator", "second opening while it starts",
)  # fmt: skip


@pytest.mark.parametrize("kind", fingerprint.SOURCES)
def test_what_is_made_was_made_from_the_sources_of_today(kind: str) -> None:
    made = json.loads(fingerprint.FILE.read_text(encoding="utf-8"))
    assert made[kind] == fingerprint.all_of_them()[kind], "make hardware WRITE=1, and look at it"


def test_a_changed_length_is_noticed_and_a_comment_is_not(tmp_path: Path) -> None:
    source, copy = HARDWARE / "dimensions.py", tmp_path / "dimensions.py"
    text = source.read_text(encoding="utf-8")
    copy.write_text(text + "\n# a remark\n", encoding="utf-8")
    assert fingerprint.of(copy) == fingerprint.of(source)
    copy.write_text(text.replace("WALL = 2.0", "WALL = 2.1"), encoding="utf-8")
    assert fingerprint.of(copy) != fingerprint.of(source)


def page(name: str) -> str:
    return (HARDWARE / name).read_text(encoding="utf-8")


def test_every_row_of_the_bench_is_whole_and_its_number_stands_once() -> None:
    numbers = [int(number) for number, _ in ROWS]
    assert len(set(numbers)) == len(numbers)
    for number, rest in ROWS:
        what, how, expected, decides, _measured = (cell.strip() for cell in rest.split("|"))
        assert what, number
        assert how, number
        assert "**P" in expected, f"row {number} has no limit"
        assert decides, number


@pytest.mark.parametrize("words", MUST_BE_MEASURED)
def test_what_only_a_board_can_show_is_on_the_bench(words: str) -> None:
    assert words in BENCH


def test_the_rows_that_other_pages_name_exist() -> None:
    numbers = {int(number) for number, _ in ROWS}
    for path in HARDWARE.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for first, last in re.findall(r"[Rr]ows? (\d+)(?:(?: to| and) (\d+))?", text):
            assert int(first) in numbers, (path.name, first)
            assert not last or int(last) in numbers, (path.name, last)


@pytest.mark.parametrize("language", ["assembly.md", "assembly.zh-CN.md"])
def test_a_guide_shows_every_picture_and_explains_every_number(language: str) -> None:
    shown = set(re.findall(r"\(pictures/([\w]+\.png)\)", page(language)))
    assert shown == {path.name for path in (HARDWARE / "pictures").iterdir()}
    explained = {int(n) for n in re.findall(r"\*\*(\d+)\*\* ", page(language))}
    assert explained == set(range(1, 18))


def test_the_pictures_are_small_enough_for_a_page() -> None:
    for path in (HARDWARE / "pictures").iterdir():
        assert path.stat().st_size < 120_000, path.name


def test_the_labels_are_drawn_by_the_code_that_prints_them() -> None:
    for name, text in (labels.files() | labels.samples()).items():
        assert page(name) == text, "python -m hardware.labels"


def test_the_notice_says_in_both_languages_that_it_is_no_lock() -> None:
    notice = page("labels/notice.svg")
    for words in (*labels.CHINESE, *labels.ENGLISH):
        assert words in notice
    width, height = labels.NOTICE_MM
    assert f"{width} × {height} mm" in circuit.part("L2").part
    assert width < dimensions.OUTER.x
    assert height < dimensions.OUTER.y


def test_the_page_of_magnets_says_what_was_computed() -> None:
    text = page("magnets.md")
    for name in ("magnets.csv", "magnets_foreign.csv"):
        with (HARDWARE / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            cells = list(row.values())
            if name == "magnets.csv":
                line = f"| {' | '.join(cells)} |"
                assert line in text or cells[0] in {"2", "25", "40"}, line
            else:
                assert f"| {cells[2]} % | {cells[3]} % |" in text, cells


def test_the_lengths_that_the_pages_give_are_those_of_the_case() -> None:
    case = "140 × 40 × 24.5 mm"
    assert [float(n) for n in re.findall(r"[\d.]+", case)] == pytest.approx(
        list(dimensions.OUTER), abs=0.05
    )
    assert case in page("enclosure.md")
    guide = page("assembly.md")
    assert f"{dimensions.GAP:.0f} mm" in guide
    assert f"Never more than {dimensions.GAP_MAX:.0f} mm" in guide
    assert f"绝不能超过 {dimensions.GAP_MAX:.0f} 毫米" in page("assembly.zh-CN.md")


def test_every_part_that_the_wiring_names_is_on_the_bill_of_materials() -> None:
    known = {part.reference for part in circuit.PARTS}
    for name in ("wiring.md", "assembly.md", "magnets.md", "enclosure.md"):
        named = set(re.findall(r"\b([BCEHLMRSTUX]\d)\b", page(name))) - {"C6", "C3", "S3"}
        assert named <= known, (name, named - known)
