"""The label of a door: a code that says ten digits and nothing else, and room for any name."""

import re
from xml.etree import ElementTree

import pytest
import segno

from gateway.provisioning.door_label import DoorLabel, sheet, svg
from gateway.registry.door_codes import check_digit

CODE = "482719035" + check_digit("482719035")
SVG = "{http://www.w3.org/2000/svg}"
DOOR = DoorLabel(CODE, "1栋1单元501", "11月29日 09:00", "12月13日 09:00")


def test_the_code_says_the_digits_and_nothing_of_the_door() -> None:
    wanted = segno.make_qr("menshen:door:" + CODE, error="q", boost_error=False).matrix
    drawing = ElementTree.fromstring(svg(DOOR, "zh"))  # noqa: S314 - our own
    (path,) = drawing.iter(f"{SVG}path")
    drawn = [
        tuple(map(int, square.removesuffix("h1v1h-1z").split()))
        for square in path.attrib["d"].split("M")[1:]
    ]
    assert drawn == [(x, y) for y, row in enumerate(wanted) for x, dark in enumerate(row) if dark]
    offset_mm, _ = re.findall(r"\((\d+) (\d+\.?\d*)\)", path.attrib["transform"])[0]
    module_mm = float(re.findall(r"scale\((\d+\.\d+)", path.attrib["transform"])[0])
    assert float(offset_mm) >= 4 * module_mm


@pytest.mark.parametrize(
    "name", ["3-101", "1栋1单元501", "幸福路二百三十一弄十二号三单元一千零二室"]
)
def test_the_name_stays_on_the_label_however_long_it_is(name: str) -> None:
    drawing = svg(DoorLabel(CODE, name, "", ""), "zh")
    [size] = re.findall(r'<text font-size="([\d.]+)"', drawing)
    lines = re.findall(r'<tspan x="([\d.]+)" y="([\d.]+)">(.*?)</tspan>', drawing)
    assert "".join(line for _, _, line in lines) == name
    for left, bottom, line in lines:
        letters = sum(1 if letter.isascii() else 2 for letter in line)
        assert float(left) + letters * float(size) * 0.6 <= 88
        assert float(bottom) - float(size) >= 0


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "到门前请扫码"), ("en", "Scan at the door")]
)
def test_a_sheet_has_every_label_and_the_dates_outside_of_it(language: str, words: str) -> None:
    page = sheet([DOOR, DoorLabel(CODE, "<&>", "a", "b")], language)
    assert page.count("<svg") == 2
    assert page.count(words) == 2
    assert "&lt;&amp;&gt;" in page
    assert "<&>" not in page
    for label in re.findall(r"<svg.*?</svg>", page, re.S):
        assert "11月29日" not in label, "passers-by need not know how long"
    assert "11月29日 09:00" in page
