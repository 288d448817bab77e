"""Times as people say them; and what was fetched for the pages is what was released."""

import hashlib
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.language import times
from gateway.language.catalogue import LOCALES
from gateway.web.app import STATIC

VENDOR = STATIC / "vendor"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON_MS = int(datetime(2026, 3, 1, 12, tzinfo=SHANGHAI).timestamp() * 1000)
MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("span_ms", "en", "zh"),
    [
        (-5, "0 sec", "0秒"),
        (999, "under a second", "不到1秒"),
        (1_999, "1 sec", "1秒"),
        (59_999, "59 sec", "59秒"),
        (90_000, "1 min 30 sec", "1分钟30秒"),
        (3_600_000, "1 hr", "1小时"),
        (90_061_000, "1 day 1 hr", "1天1小时"),
    ],
)
def test_a_span_is_cut_and_never_rounded_up(span_ms: int, en: str, zh: str) -> None:
    assert times.lasting(span_ms, "en") == en
    assert times.lasting(span_ms, "zh") == zh


@pytest.mark.parametrize("language", LOCALES)
def test_what_is_hardly_past_is_just_now_and_is_not_counted(language: str) -> None:
    now = {"zh": "刚刚", "en": "just now"}[language]
    for passed_ms in (-MINUTE_MS, 0, 400, times.JUST_NOW_MS - 1):  # another clock may run ahead
        assert times.ago(NOON_MS, NOON_MS + passed_ms, language) == now
    for passed_ms in (times.JUST_NOW_MS, MINUTE_MS, 24 * 60 * MINUTE_MS):
        assert times.ago(NOON_MS, NOON_MS + passed_ms, language) != now


def test_today_is_told_by_the_clock_and_another_day_by_its_name() -> None:
    assert times.stamp(NOON_MS, NOON_MS + MINUTE_MS, "zh", SHANGHAI) == "12:00:00"
    assert times.stamp(NOON_MS, NOON_MS + 24 * 60 * MINUTE_MS, "zh", SHANGHAI) == "3月1日 12:00"
    assert times.stamp(NOON_MS, NOON_MS + 24 * 60 * MINUTE_MS, "en", SHANGHAI) == "1 Mar 12:00"


def test_a_time_of_another_year_says_which() -> None:
    later_ms = NOON_MS + 400 * 24 * 60 * MINUTE_MS
    assert times.stamp(NOON_MS, later_ms, "zh", SHANGHAI) == "2026年3月1日 12:00"
    assert times.stamp(NOON_MS, later_ms, "en", SHANGHAI) == "1 Mar 2026 12:00"
    assert times.stamp(later_ms, NOON_MS, "en", SHANGHAI) == "5 Apr 2027 12:00"


def test_a_field_reads_what_it_shows() -> None:
    assert times.from_field(times.field(NOON_MS, SHANGHAI), SHANGHAI) == NOON_MS


@pytest.mark.parametrize("text", ["", "now", "2026-13-01T00:00", "2026-03-01", "99999-01-01T00:00"])
def test_a_field_that_holds_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time data|unconverted|month"):
        times.from_field(text, SHANGHAI)


def test_what_was_fetched_is_what_the_note_says() -> None:
    rows = re.findall(
        r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M
    )
    sums = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in VENDOR.iterdir()}
    del sums["README.md"]
    assert dict(rows) == sums


def test_a_day_of_a_form_lasts_from_midnight_to_midnight_by_the_site_s_clock() -> None:
    begins, ends = times.from_day_field("2026-03-29", ZoneInfo("Europe/Berlin"))
    assert ends - begins == 23 * 3_600_000, "the night in which an hour is skipped"
    assert times.day_of(begins, ZoneInfo("Europe/Berlin")) == (begins, ends)
    assert times.day_of(ends - 1, ZoneInfo("Europe/Berlin")) == (begins, ends)
    assert times.day_field(begins, ZoneInfo("Europe/Berlin")) == "2026-03-29"


@pytest.mark.parametrize(
    "text", ["", "20260329", "2026-02-30", "0001-01-01x", "9999-12-31", "今天"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.from_day_field(text, ZoneInfo("Pacific/Kiritimati"))
