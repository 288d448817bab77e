"""Single fields, as people and Excel write them."""

from zoneinfo import ZoneInfo

import pytest

from gateway.registry import fields

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T00:00Z", 1_772_323_200_000),
        ("2026-03-01 08:00+08:00", 1_772_323_200_000),
        ("2026-3-1 8:00:00+0800", 1_772_323_200_000),
        ("2026/3/1 0:00 Z", 1_772_323_200_000),
        ("２０２６-03-01T00:00Z", 1_772_323_200_000),
        ("2026-02-28T20:30-03:30", 1_772_323_200_000),
    ],
)
def test_times_are_read_as_people_and_excel_write_them(text, at):
    assert fields.beginning_ms(text, SHANGHAI) == at
    assert fields.end_ms(text, SHANGHAI) == at


def test_a_day_alone_begins_and_ends_by_the_sites_clocks():
    assert fields.beginning_ms("2026-03-01", SHANGHAI) == 1_772_323_200_000 - 8 * 3_600_000
    assert fields.end_ms("2026/3/1", SHANGHAI) == 1_772_323_200_000 + 16 * 3_600_000
    assert fields.beginning_ms("2026-03-01 08:00", SHANGHAI) == 1_772_323_200_000


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri", 0b0011111),
        ("1-5", 0b0011111),
        ("周一至周五", 0b0011111),
        ("Mon,Wed,Sun", 0b1000101),
        ("六 日", 0b1100000),
        ("fri-mon", 0b1110001),
        ("daily", 0b1111111),
        ("Sunday", 0b1000000),
    ],
)
def test_days_of_the_week_are_read_as_people_write_them(text, days):
    assert fields.days(text) == days


@pytest.mark.parametrize("text", ["1.5E+05", "3月2日", "2-Mar", "#N/A"])
def test_what_a_spreadsheet_has_spoiled_is_no_name(text: str) -> None:
    for read in (fields.an_id, fields.words, fields.seal_id):
        with pytest.raises(ValueError, match="a spreadsheet has changed it"):
            read(text)


def test_a_place_may_have_a_strange_name_but_not_that_of_a_day() -> None:
    assert fields.a_place("#A") == "#A"
    assert fields.a_place("无") == fields.a_class("-") == ""
    with pytest.raises(ValueError, match="a spreadsheet has changed it"):
        fields.a_place("3月2日")


def test_channels_are_named_once_each_and_none_may_be_left() -> None:
    assert fields.channels("inbox apprise:ntfy://x inbox") == ("inbox", "apprise:ntfy://x")
    assert fields.channels("-") == ()
    for text in ("mail", "webhook:ftp://x", "apprise:", "inboxes"):
        with pytest.raises(ValueError, match="allowed are inbox, push, webhook"):
            fields.channels(text)
