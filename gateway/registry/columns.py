"""What one cell of a table may hold, and what a cell is called.

Each reader takes a cell's text and returns its value, or raises ValueError with the end of the
sentence "… is not allowed: ". Excel is the usual author: it drops leading zeros, makes dates of
door numbers, and writes 2026/3/1 8:00 where people typed something else.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from gateway.channels.kinds import is_channel, samples
from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.paging.schedule import Role
from gateway.registry import fields as fields
from gateway.registry.permits import LONGEST_MINUTES, LONGEST_MINUTES_MAX, OPENINGS_MAX
from sealwire import ccm, topics

TEXT_CHARACTERS_MAX = 200
CHANNELS_MAX = 8
YEARS = range(2020, 2101)
PASSWORD_CHARACTERS_MIN = 22  # 128 random bits; a seal's password is never a person's word

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SPOILED = re.compile(r"\d+(\.\d+)?E\+\d+|\d{1,2}月\d{1,2}日|\d{1,2}-[A-Z][a-z]{2}|#[A-Z/0!?]+")
_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, in Chinese too, how it is read, and a sample."""

    name: str
    chinese: str
    read: Callable[..., Any]  # of the text; of a time, with the site's zone after it
    sample: str
    needed: bool = True
    secret: bool = False
    default: Any = None
    field: str = ""  # of the row, where it is called otherwise
    is_time: bool = False


def tidy(text: str) -> str:
    """A cell without the spaces around it, full-width and unbreakable ones included."""
    return text.strip(" \t\r\n\u3000\xa0\ufeff")


def an_id(text: str) -> str:
    """A name for machines: what stands in addresses and files."""
    text = _plain(text)
    _need_unspoiled(text)
    if _ID.fullmatch(text) is None:
        raise ValueError(
            "allowed are 1 to 64 of A-Z a-z 0-9 . _ - beginning with a letter or digit"
        )
    return text


def words(text: str) -> str:
    """A name or a reason for people, on one line."""
    _need_unspoiled(text)
    if len(text) > TEXT_CHARACTERS_MAX or not text.isprintable():
        raise ValueError(f"allowed is one line of up to {TEXT_CHARACTERS_MAX} characters")
    return text


def seal_id(text: str) -> str:
    """A seal's id, as printed on its label: in groups, with the code's prefix, or plain."""
    text = _plain(text)
    _need_unspoiled(text)
    text = text.removeprefix("menshen:seal:").replace(" ", "").lower()
    if not topics.is_id(text):
        raise ValueError("allowed are 16 hexadecimal digits, as on the label")
    return text


def key(text: str) -> bytes:
    """A seal's key."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != ccm.KEY_BYTES:
        raise ValueError(f"allowed are {2 * ccm.KEY_BYTES} hexadecimal digits")
    return found


def password(text: str) -> str:
    """A seal's password at the broker: random, for only its quick hash is kept."""
    if len(text) < PASSWORD_CHARACTERS_MIN or not text.isascii() or not text.isprintable():
        raise ValueError(
            f"allowed are {PASSWORD_CHARACTERS_MIN} or more random letters, digits and signs"
        )
    return text


def language(text: str) -> str:
    """A language that the catalogues have."""
    text = text.lower()
    if text not in ("zh", "en"):
        raise ValueError("allowed are zh and en")
    return text


def channels(text: str) -> tuple[str, ...]:
    """Channel addresses with spaces between them; none for one who is not told any more."""
    if text in fields.TAKEN_BACK:
        return ()
    found = tuple(dict.fromkeys(text.split()))
    if len(found) > CHANNELS_MAX:
        raise ValueError(f"allowed are up to {CHANNELS_MAX} channels")
    if not all(is_channel(channel) for channel in found):
        raise ValueError(f"allowed are {samples()}, with spaces between")
    return found


def openings(text: str) -> int:
    """How many openings a permit allows."""
    return _number(text, OPENINGS_MAX, "openings")


def allowance(text: str) -> int:
    """How many openings a day an order allows without a permit."""
    return 0 if _plain(text) == "0" else _number(text, OPENINGS_MAX, "openings, or 0")


def minutes_ms(text: str) -> int:
    """Whole minutes, as milliseconds."""
    return _number(text, LONGEST_MINUTES_MAX, "minutes") * MINUTE_MS


def beginning_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its first moment."""
    return _time_ms(text, zone, timedelta(0))


def end_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its last moment."""
    return _time_ms(text, zone, timedelta(days=1))


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


def _number(text: str, limit: int, what: str) -> int:
    text = _plain(text)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= limit:
        raise ValueError(f"allowed are 1 to {limit} {what}")
    return int(text[:9])


def _plain(text: str) -> str:
    """Full-width digits, letters and signs as their ordinary twins."""
    return unicodedata.normalize("NFKC", text)


def _need_unspoiled(text: str) -> None:
    if _SPOILED.fullmatch(text) is not None:
        raise ValueError(
            "a spreadsheet has changed it; format the column as text and type it again"
        )


TABLES: dict[str, tuple[Column, ...]] = {
    "grids": (
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("name", "名称", words, "梁溪七网格"),
    ),
    "wardens": (
        Column("warden_id", "网格员编号", an_id, "wang"),
        Column("name", "姓名", words, "王网格员"),
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("language", "语言", language, "zh", needed=False),
        Column("channels", "渠道", channels, "inbox", needed=False, default=("inbox",)),
        Column("role", "岗位", fields.role, "warden", needed=False, default=Role.WARDEN),
    ),
    "doors": (
        Column("door_id", "门编号", an_id, "d0001"),
        Column("label", "门牌", words, "3栋201"),
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("class", "类别", fields.a_class, "", needed=False, field="door_class"),
        Column("building", "楼栋", fields.a_place, "3", needed=False),
        Column("stair", "单元", fields.a_place, "2", needed=False),
        Column("point", "接入点", fields.a_place, "ap-7", needed=False),
    ),
    "seals": (
        Column("seal_id", "封条编号", seal_id, "00112233445566aa"),
        Column("key", "密钥", key, "00" * 32, secret=True),
        Column("door_id", "门编号", an_id, "d0001", needed=False),
        Column("broker_password", "口令", password, "", needed=False, secret=True),
        Column("batch", "批次", fields.a_batch, "2026-03", needed=False),
        Column(
            "heartbeat_s", "心跳秒", fields.heartbeat_ms, "100", needed=False, field="heartbeat_ms"
        ),
    ),
    "orders": (
        Column("door_id", "门编号", an_id, "d0001"),
        Column("from", "开始", beginning_ms, "2026-03-01 08:00", field="from_ms", is_time=True),
        Column("to", "结束", end_ms, "2026-03-15", field="to_ms", is_time=True),
        Column("order_id", "隔离令编号", an_id, "o0001", needed=False),
        Column("openings_a_day", "每日次数", allowance, "0", needed=False, default=0),
        Column("longest_min", "最长分钟", minutes_ms, "", needed=False, field="longest_ms"),
        Column("quiet", "安静时段", fields.windows, "", needed=False, default=()),
    ),
    "permits": (
        Column("door_id", "门编号", an_id, "d0001"),
        Column("from", "开始", beginning_ms, "2026-03-02 11:30", field="from_ms", is_time=True),
        Column("to", "结束", end_ms, "2026-03-02 12:30", field="to_ms", is_time=True),
        Column("who", "报备人", words, "李社区"),
        Column("why", "事由", words, "送餐"),
        Column("openings", "次数", openings, "1", needed=False, default=1),
        Column(
            "longest_min",
            "最长分钟",
            minutes_ms,
            "15",
            needed=False,
            default=LONGEST_MINUTES * MINUTE_MS,
            field="longest_ms",
        ),
        Column("permit_id", "报备编号", an_id, "p0001", needed=False),
        Column("daily", "每日时段", fields.windows, "", needed=False, default=()),
        Column("days", "星期", fields.days, "", needed=False, default=EVERY_DAY),
    ),
    "shifts": (
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("role", "岗位", fields.role, "warden"),
        Column("warden_id", "网格员编号", an_id, "wang"),
        Column("days", "星期", fields.days, "Mon-Fri"),
        Column("from", "开始", fields.begins_min, "22:00", field="from_min"),
        Column("to", "结束", fields.ends_min, "06:00", field="to_min"),
    ),
    "overrides": (
        Column("warden_id", "网格员编号", an_id, "wang"),
        Column("from", "开始", beginning_ms, "2026-03-07", field="from_ms", is_time=True),
        Column("to", "结束", end_ms, "2026-03-08", field="to_ms", is_time=True),
        Column("by", "替班", an_id, "", needed=False),
    ),
}
