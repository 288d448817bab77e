"""The label: a code that says who the seal is, an id to read aloud, and no secret."""

import base64
import re
import struct
import zlib
from xml.etree import ElementTree

import pytest
import segno

from gateway.provisioning import label
from gateway.provisioning.label_sheet import SealLabel, pdf

SEAL_ID = "1f3a9c0b7d2e4856"
SVG = "{http://www.w3.org/2000/svg}"


def one_sheet(seal_id: str) -> bytes:
    return pdf([SealLabel(seal_id)])


def test_the_id_is_read_aloud_in_groups_of_four() -> None:
    assert label.text(SEAL_ID) == "1f3a 9c0b 7d2e 4856"


def test_the_code_says_the_id_and_nothing_else() -> None:
    """As any reader would see it: the modules drawn are those of `menshen:seal:<id>`."""
    wanted = segno.make_qr("menshen:seal:" + SEAL_ID, error="m", boost_error=False).matrix
    drawing = ElementTree.fromstring(label.svg(SEAL_ID))  # noqa: S314 - our own
    (path,) = drawing.iter(f"{SVG}path")
    drawn = [
        tuple(map(int, square.removesuffix("h1v1h-1z").split()))
        for square in path.attrib["d"].split("M")[1:]
    ]
    assert drawn == [(x, y) for y, row in enumerate(wanted) for x, dark in enumerate(row) if dark]


def test_the_printed_label_shows_the_id_and_keeps_the_code_quiet_around() -> None:
    drawing = ElementTree.fromstring(label.svg(SEAL_ID))  # noqa: S314 - our own
    words = [element.text for element in drawing.iter(f"{SVG}text")]
    assert words[-2:] == ["1f3a 9c0b", "7d2e 4856"]
    assert (drawing.attrib["width"], drawing.attrib["height"]) == ("62mm", "29mm")
    (path,) = drawing.iter(f"{SVG}path")
    offset_mm, module_mm = re.findall(r"\((\d+\.\d+)", path.attrib["transform"])
    assert float(offset_mm) >= 4 * float(module_mm)


def test_the_picture_is_a_png_of_whole_modules() -> None:
    picture = label.png(SEAL_ID)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == ((29 + 2 * 4) * 8,) * 2


def test_a_terminal_shows_code_and_id() -> None:
    shown = label.terminal(SEAL_ID)
    assert "seal 1f3a 9c0b 7d2e 4856" in shown
    assert shown.count("\n") > 15


ADDRESS = "https://menshen.example.org"


def test_where_phones_reach_the_console_the_code_is_a_link_to_the_seals_page() -> None:
    link = f"{ADDRESS}/seals/{SEAL_ID}"
    assert label.content(SEAL_ID, ADDRESS) == link
    wanted = segno.make_qr(link, error="m", boost_error=False).matrix
    assert label.qr(SEAL_ID, ADDRESS).matrix == wanted
    drawing = ElementTree.fromstring(label.svg(SEAL_ID, ADDRESS))  # noqa: S314 - our own
    (path,) = drawing.iter(f"{SVG}path")
    offset_mm, module_mm = re.findall(r"\((\d+\.\d+)", path.attrib["transform"])
    assert float(offset_mm) >= 4 * float(module_mm), "quiet around the larger code too"


def test_24_labels_fill_a_sheet_and_the_25th_begins_another() -> None:
    labels = [SealLabel(f"{number:016x}", f"3栋{number}") for number in range(25)]
    sheets = pdf(labels, ADDRESS)
    assert sheets.startswith(b"%PDF-")
    assert sheets.count(b"/MediaBox") == 2
    assert pdf(labels[:24], ADDRESS).count(b"/MediaBox") == 1
    assert pdf(labels, ADDRESS) == sheets, "the same labels give the same bytes"


@pytest.mark.parametrize("wrong", ["", "1F3A9C0B7D2E4856", "1f3a9c0b7d2e485", SEAL_ID + "0"])
def test_what_is_no_id_gets_no_label(wrong: str) -> None:
    for make in (label.text, label.svg, label.png, label.terminal, one_sheet):
        with pytest.raises(ValueError, match="is no seal's id"):
            make(wrong)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("五爱花园四期12号楼3单元2101室（东门）", ["五爱花园四期12号楼", "3单元2101室（东门）"]),
        ("第三网格 7幢乙单元 1204", ["第三网格 7幢乙单元", "1204"]),
        ("12345678", ["1234", "5678"]),
        ("7", ["7", ""]),
    ],
)
def test_a_long_name_breaks_where_it_can_be_read(name: str, lines: list[str]) -> None:
    assert label.halves(name, len) == lines


@pytest.mark.parametrize(
    ("door", "rows"), [("1栋1单元501", 1), ("五爱花园四期12号楼3单元2101室（东门）", 2)]
)
def test_no_door_is_printed_too_small_to_be_read(door: str, rows: int) -> None:
    """What fits in no line of six points stands in two."""
    (drawn,) = (text for text in _streams(pdf([SealLabel(SEAL_ID, door)])) if "BT" in text)
    assert min(map(float, re.findall(r"/F\S+ ([\d.]+) Tf", drawn))) >= 6.0
    assert len(set(re.findall(r"1 0 0 1 \S+ (\S+) Tm", drawn))) == 4 + rows


def _streams(sheets: bytes) -> list[str]:
    found = re.findall(
        rb"ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", sheets, re.DOTALL
    )
    packed = (base64.a85decode(b"<~" + one.strip(), adobe=True) for one in found)
    return [zlib.decompress(one).decode("latin-1") for one in packed]
