"""What one field may hold: the text of a cell, or of an option of a command, to its value.

Each reader returns the value, or raises ValueError with the end of the sentence "… is not allowed:
". Excel is the usual author: it drops leading zeros, makes dates of door numbers, and writes
2026/3/1 8:00 where people typed something else.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from gateway.channels.kinds import problem_of
from gateway.core.doors.permits import WINDOWS_MAX
from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.local_time import DAY_MIN, EVERY_DAY
from gateway.core.paging.schedule import Role
from gateway.registry.permits import LONGEST_MINUTES_MAX, OPENINGS_MAX
from sealwire import ccm, topics

TEXT_CHARACTERS_MAX = 200
PLACE_CHARACTERS_MAX = 64
CLASS_CHARACTERS_MAX = 32
CHANNELS_MAX = 8
HEARTBEAT_S_MAX = 3_600
YEARS = range(2020, 2101)
PASSWORD_CHARACTERS_MIN = 22  # 128 random bits; a seal's password is never a person's word
TAKEN_BACK = ("-", "无")  # an empty cell says nothing; this says that there is none
_DIGITS_MAX = 9  # of a number, read; more are too many anyway

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DATES = r"\d{1,2}月\d{1,2}日|\d{1,2}-[A-Z][a-z]{2}"
_DATED = re.compile(_DATES)
_SPOILED = re.compile(rf"\d+(\.\d+)?E\+\d+|{_DATES}|#[A-Z/0!?]+")
_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
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


def tidy(text: str) -> str:
    """A cell without the spaces around it, full-width and unbreakable ones included."""
    return text.strip(" \t\r\n\u3000\xa0\ufeff")


# Names and words.


def an_id(text: str) -> str:
    """A name for machines: what stands in addresses and files."""
    text = _plain(text)
    _need_unspoiled(text, _SPOILED)
    if _ID.fullmatch(text) is None:
        raise ValueError(
            "allowed are 1 to 64 of A-Z a-z 0-9 . _ - beginning with a letter or digit"
        )
    return text


def words(text: str) -> str:
    """A name or a reason for people, on one line."""
    _need_unspoiled(text, _SPOILED)
    return _line(text, TEXT_CHARACTERS_MAX)


def a_class(text: str) -> str:
    """The name of a class of doors in the settings; empty if it is taken back."""
    return _short(text, CLASS_CHARACTERS_MAX)


def a_batch(text: str) -> str:
    """Which seals were made together; empty if it is taken back."""
    return _short(text, CLASS_CHARACTERS_MAX)


def a_place(text: str) -> str:
    """A building, a stair, an access point; empty if it is taken back."""
    return _short(text, PLACE_CHARACTERS_MAX)


# Of a person.


def role(text: str) -> Role:
    """What a person is in a grid."""
    try:
        return _ROLES[_plain(text).lower()]
    except KeyError:
        raise ValueError(f"allowed are {', '.join(Role)}") from None


def language(text: str) -> str:
    """A language that the catalogues have."""
    text = text.lower()
    if text not in ("zh", "en"):
        raise ValueError("allowed are zh and en")
    return text


def channels(text: str) -> tuple[str, ...]:
    """Channel addresses with spaces between them; none for one who is not told any more."""
    if text in TAKEN_BACK:
        return ()
    addresses = tuple(dict.fromkeys(text.split()))
    if len(addresses) > CHANNELS_MAX:
        raise ValueError(f"allowed are up to {CHANNELS_MAX} channels")
    for address in addresses:
        problem = problem_of(address)
        if problem is not None:
            raise ValueError(f"{problem}, with spaces between")
    return addresses


# Of a seal.


def seal_id(text: str) -> str:
    """A seal's id, as printed on its label: in groups, with the code's prefix, or plain."""
    text = _plain(text)
    _need_unspoiled(text, _SPOILED)
    text = text.removeprefix("menshen:seal:").replace(" ", "").lower()
    if not topics.is_id(text):
        raise ValueError("allowed are 16 hexadecimal digits, as on the label")
    return text


def key(text: str) -> bytes:
    """A seal's key, of 32 bytes."""
    try:
        key_bytes = bytes.fromhex(text)
    except ValueError:
        key_bytes = b""
    if len(key_bytes) != ccm.KEY_BYTES:
        raise ValueError(f"allowed are {2 * ccm.KEY_BYTES} hexadecimal digits")
    return key_bytes


def password(text: str) -> str:
    """A seal's password at the broker: random, for only its quick hash is kept."""
    if len(text) < PASSWORD_CHARACTERS_MIN or not text.isascii() or not text.isprintable():
        raise ValueError(
            f"allowed are {PASSWORD_CHARACTERS_MIN} or more random characters of ASCII"
        )
    return text


def heartbeat_ms(text: str) -> int:
    """How often a seal promised a heartbeat: seconds, as milliseconds; 0 if it is taken back."""
    return (
        0 if _plain(text) in TAKEN_BACK else _number(text, HEARTBEAT_S_MAX, "seconds") * SECOND_MS
    )


# Numbers of an order or a permit.


def openings(text: str) -> int:
    """How many openings a permit allows."""
    return _number(text, OPENINGS_MAX, "openings")


def allowance(text: str) -> int:
    """How many openings a day an order allows without a permit."""
    return 0 if _plain(text) == "0" else _number(text, OPENINGS_MAX, "openings, or 0")


def minutes_ms(text: str) -> int:
    """Whole minutes, as milliseconds."""
    return _number(text, LONGEST_MINUTES_MAX, "minutes") * MINUTE_MS


# Times: moments, days of the week, and what a clock on the wall shows.


def beginning_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its first moment."""
    return _time_ms(text, zone, timedelta(0))


def end_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its last moment."""
    return _time_ms(text, zone, timedelta(days=1))


def days(text: str) -> int:
    """Days of the week as a bit each, Monday bit 0: Mon-Fri, 1-5, or Mon,Wed,Sun."""
    _need_unspoiled(text, _DATED)
    text = re.sub(r"\s*[-–—至~]\s*", "-", _plain(text).lower())
    if text in ("daily", "每天"):
        return EVERY_DAY
    bits = 0
    for part in re.split(r"[,;、\s]+", text):
        begins, dash, ends = part.partition("-")
        if begins not in _DAYS or (dash and ends not in _DAYS):
            raise ValueError("allowed are Mon-Fri, 1-5, Mon,Wed,Sun and daily")
        first, last = _DAYS[begins], _DAYS[ends or begins]
        for day in range(first, last + 1 if last >= first else last + 8):  # Fri-Mon goes round
            bits |= 1 << day % 7
    return bits


def begins_min(text: str) -> int:
    """When a shift begins, in minutes after midnight."""
    return _minute(text, DAY_MIN - 1)


def ends_min(text: str) -> int:
    """When it ends, in minutes after midnight; 24:00 is the day's end."""
    return _minute(text, DAY_MIN)


def windows(text: str) -> tuple[tuple[int, int], ...]:
    """Hours of a day, from and to in minutes after midnight: 07:00-08:30, several with commas
    between. One may reach over midnight."""
    pairs = []
    for part in re.split(r"[,;、\s]+", _plain(text)):
        begins, dash, ends = re.sub(r"[–—至~]", "-", part).partition("-")
        if not dash:
            raise ValueError("allowed are hours such as 07:00-08:30,11:30-13:00")
        pairs.append((begins_min(begins), ends_min(ends) % DAY_MIN))
    if len(pairs) > WINDOWS_MAX:
        raise ValueError(f"allowed are up to {WINDOWS_MAX} windows of a day")
    return tuple(pairs)


# What they have in common.


def _plain(text: str) -> str:
    """Full-width digits, Latin characters and signs as their ordinary twins."""
    return unicodedata.normalize("NFKC", text)


def _need_unspoiled(text: str, spoiled: re.Pattern[str]) -> None:
    if spoiled.fullmatch(text) is not None:
        raise ValueError(
            "a spreadsheet has changed it; format the column as text and type it again"
        )


def _short(text: str, limit: int) -> str:
    if text in TAKEN_BACK:
        return ""
    _need_unspoiled(text, _DATED)
    return _line(text, limit)


def _line(text: str, limit: int) -> str:
    if len(text) > limit or not text.isprintable():
        raise ValueError(f"allowed is one line of up to {limit} characters")
    return text


def _number(text: str, limit: int, what: str) -> int:
    text = _plain(text)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:_DIGITS_MAX]) <= limit:
        raise ValueError(f"allowed are 1 to {limit} {what}")
    return int(text[:_DIGITS_MAX])


def _minute(text: str, latest: int) -> int:
    match = _CLOCK.fullmatch(_plain(text))
    minute = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or not 0 <= minute <= latest:
        raise ValueError(f"allowed are 00:00 to {latest // 60}:{latest % 60:02}")
    return minute


def _time_ms(text: str, zone: tzinfo, whole_day: timedelta) -> int:
    """With an offset that, else the site's time zone."""
    match = _TIME.fullmatch(_plain(text))
    if match is None or int(match[1]) not in YEARS:
        raise ValueError("allowed are 2026-03-01, 2026-03-01 08:00 and 2026-03-01T08:00+08:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        on = date(year, month, day) + (whole_day if match[4] is None else timedelta(0))
        at = datetime.combine(on, time(hour, minute, second), zone)
    except ValueError:
        raise ValueError("there is no such day or time") from None
    if match[7] is None:
        return int(at.timestamp() * 1000)
    return int((at.replace(tzinfo=UTC) - _offset(match[7])).timestamp() * 1000)


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return timedelta(0)  # Z
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if offset >= timedelta(days=1):
        raise ValueError("there is no such offset from UTC")
    return offset if match[1] == "+" else -offset
