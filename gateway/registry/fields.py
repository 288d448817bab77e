"""Cells of the on-call schedule: roles, days of the week, and what a clock on the wall shows."""

import re
import unicodedata

from gateway.core import local_time
from gateway.core.doors.permits import WINDOWS_MAX
from gateway.core.local_time import EVERY_DAY
from gateway.core.paging.schedule import Role

HEARTBEAT_S_MAX = 3_600
SHORT_CHARACTERS_MAX = 64
CLASS_CHARACTERS_MAX = 32
TAKEN_BACK = ("-", "无")  # an empty cell says nothing; this says that there is none

_ROLES = {
    **{role.value: role for role in Role},
    "center": Role.CENTRE,
    "网格员": Role.WARDEN,
    "副网格员": Role.DEPUTY,
    "网格长": Role.CAPTAIN,
    "网格中心": Role.CENTRE,
    "安装员": Role.INSTALLER,
}
_DAYS = {
    name: day
    for day, names in enumerate(
        (
            "mon monday 1 一 周一 星期一",
            "tue tuesday 2 二 周二 星期二",
            "wed wednesday 3 三 周三 星期三",
            "thu thursday 4 四 周四 星期四",
            "fri friday 5 五 周五 星期五",
            "sat saturday 6 六 周六 星期六",
            "sun sunday 7 日 周日 星期日 周天 星期天",
        )
    )
    for name in names.split()
}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
_SPOILED = re.compile(r"\d{1,2}月\d{1,2}日|\d{1,2}-[A-Z][a-z]{2}")


def role(text: str) -> Role:
    """What a person is in a grid."""
    try:
        return _ROLES[unicodedata.normalize("NFKC", text).lower()]
    except KeyError:
        raise ValueError(f"allowed are {', '.join(Role)}") from None


def days(text: str) -> int:
    """Days of the week as a bit each: Mon-Fri, 1-5, or Mon,Wed,Sun."""
    if _SPOILED.fullmatch(text):
        raise ValueError(
            "a spreadsheet has changed it; format the column as text and type it again"
        )
    text = re.sub(r"\s*[-–—至~]\s*", "-", unicodedata.normalize("NFKC", text).lower())
    if text in ("daily", "每天"):
        return EVERY_DAY
    found = 0
    for part in re.split(r"[,;、\s]+", text):
        begins, dash, ends = part.partition("-")
        if begins not in _DAYS or (dash and ends not in _DAYS):
            raise ValueError("allowed are Mon-Fri, 1-5, Mon,Wed,Sun and daily")
        day, last = _DAYS[begins], _DAYS[ends or begins]
        for number in range(day, last + 1 if last >= day else last + 8):  # Fri-Mon goes round
            found |= 1 << number % 7
    return found


def begins_min(text: str) -> int:
    """When a shift begins, in minutes after midnight."""
    return _minute(text, 23 * 60 + 59)


def ends_min(text: str) -> int:
    """When it ends; 24:00 is the day's end."""
    return _minute(text, 24 * 60)


def windows(text: str) -> tuple[tuple[int, int], ...]:
    """Hours of a day: 07:00-08:30, several with commas between. One may reach over midnight."""
    parts = re.split(r"[,;、\s]+", unicodedata.normalize("NFKC", text))
    found = []
    for part in parts:
        begins, dash, ends = re.sub(r"[–—至~]", "-", part).partition("-")
        if not dash:
            raise ValueError("allowed are hours such as 07:00-08:30,11:30-13:00")
        found.append((begins_min(begins), ends_min(ends) % local_time.DAY_MIN))
    if len(found) > WINDOWS_MAX:
        raise ValueError(f"allowed are up to {WINDOWS_MAX} windows of a day")
    return tuple(found)


def heartbeat_ms(text: str) -> int:
    """How often a seal promised a heartbeat, in seconds; 0 if it is taken back."""
    text = unicodedata.normalize("NFKC", text)
    if text in TAKEN_BACK:
        return 0
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= HEARTBEAT_S_MAX:
        raise ValueError(f"allowed are 1 to {HEARTBEAT_S_MAX} seconds")
    return int(text[:9]) * 1_000


def a_class(text: str) -> str:
    """The name of a class of doors in the settings."""
    return _short(text, CLASS_CHARACTERS_MAX)


def a_batch(text: str) -> str:
    """Which seals were made together."""
    return _short(text, CLASS_CHARACTERS_MAX)


def a_place(text: str) -> str:
    """A building, a stair, an access point."""
    return _short(text, SHORT_CHARACTERS_MAX)


def _short(text: str, limit: int) -> str:
    """The text; empty if it is taken back."""
    if text in TAKEN_BACK:
        return ""
    if _SPOILED.fullmatch(text):
        raise ValueError(
            "a spreadsheet has changed it; format the column as text and type it again"
        )
    if len(text) > limit or not text.isprintable():
        raise ValueError(f"allowed is one line of up to {limit} characters")
    return text


def _minute(text: str, latest: int) -> int:
    match = _CLOCK.fullmatch(unicodedata.normalize("NFKC", text))
    minute = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or not 0 <= minute <= latest:
        raise ValueError(f"allowed are 00:00 to {latest // 60}:{latest % 60:02}")
    return minute
