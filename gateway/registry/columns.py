"""The tables of a site as people write them: which columns each has, and how a cell is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.paging.schedule import Role
from gateway.registry.fields import (
    a_batch,
    a_class,
    a_place,
    allowance,
    an_id,
    beginning_ms,
    begins_min,
    channels,
    days,
    end_ms,
    ends_min,
    heartbeat_ms,
    key,
    language,
    minutes_ms,
    openings,
    password,
    role,
    seal_id,
    windows,
    words,
)
from gateway.registry.permits import LONGEST_MINUTES


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


def id_column(kind: str) -> str:
    """The column that holds the id of a table's rows: "door_id" of "doors"."""
    return kind.removesuffix("s") + "_id"


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
        Column("role", "岗位", role, "warden", needed=False, default=Role.WARDEN),
    ),
    "doors": (
        Column("door_id", "门编号", an_id, "d0001"),
        Column("label", "门牌", words, "3栋201"),
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("class", "类别", a_class, "", needed=False, field="door_class"),
        Column("building", "楼栋", a_place, "3", needed=False),
        Column("stair", "单元", a_place, "2", needed=False),
        Column("point", "接入点", a_place, "ap-7", needed=False),
    ),
    "seals": (
        Column("seal_id", "封条编号", seal_id, "00112233445566aa"),
        Column("key", "密钥", key, "00" * 32, secret=True),
        Column("door_id", "门编号", an_id, "d0001", needed=False),
        Column("broker_password", "口令", password, "", needed=False, secret=True),
        Column("batch", "批次", a_batch, "2026-03", needed=False),
        Column("heartbeat_s", "心跳秒", heartbeat_ms, "100", needed=False, field="heartbeat_ms"),
    ),
    "orders": (
        Column("door_id", "门编号", an_id, "d0001"),
        Column("from", "开始", beginning_ms, "2026-03-01 08:00", field="from_ms", is_time=True),
        Column("to", "结束", end_ms, "2026-03-15", field="to_ms", is_time=True),
        Column("order_id", "隔离令编号", an_id, "o0001", needed=False),
        Column("openings_a_day", "每日次数", allowance, "0", needed=False, default=0),
        Column("longest_min", "最长分钟", minutes_ms, "", needed=False, field="longest_ms"),
        Column("quiet", "安静时段", windows, "", needed=False, default=()),
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
        Column("daily", "每日时段", windows, "", needed=False, default=()),
        Column("days", "星期", days, "", needed=False, default=EVERY_DAY),
    ),
    "shifts": (
        Column("grid_id", "网格编号", an_id, "liangxi-07"),
        Column("role", "岗位", role, "warden"),
        Column("warden_id", "网格员编号", an_id, "wang"),
        Column("days", "星期", days, "Mon-Fri"),
        Column("from", "开始", begins_min, "22:00", field="from_min"),
        Column("to", "结束", ends_min, "06:00", field="to_min"),
    ),
    "overrides": (
        Column("warden_id", "网格员编号", an_id, "wang"),
        Column("from", "开始", beginning_ms, "2026-03-07", field="from_ms", is_time=True),
        Column("to", "结束", end_ms, "2026-03-08", field="to_ms", is_time=True),
        Column("by", "替班", an_id, "", needed=False),
    ),
}
