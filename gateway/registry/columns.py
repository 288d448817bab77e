"""The tables of a site as people write them: which columns each has, and how a cell is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.paging.schedule import Role
from gateway.registry.contact_addresses import bind_key, make
from gateway.registry.fields import (
    a_batch,
    a_class,
    a_door,
    a_place,
    allowance,
    an_id,
    begins_min,
    channels,
    days,
    ends_min,
    heartbeat_ms,
    key,
    label,
    language,
    minutes_ms,
    openings,
    password,
    role,
    seal_id,
    telephone,
    topic,
    wanted,
    windows,
    words,
    yes,
)
from gateway.registry.permits import LONGEST_MINUTES
from gateway.registry.written_times import beginning_ms, end_ms


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, in Chinese too, how it is read, and a sample.

    `also` are other names that offices give it. A needed one may lack where another says it
    `instead`. An empty cell means `default`; one in which
    somebody has written that there is nothing (—, 无, N/A) means `nothing`.
    """

    name: str
    chinese: str
    read: Callable[..., Any]  # of the text; of a time, with the site's zone after it
    sample: str
    needed: bool = True
    secret: bool = False
    default: Any = None
    field: str = ""  # of the row, where it is called otherwise
    is_time: bool = False
    also: str = ""  # with spaces between
    nothing: Any = None
    instead: str = ""  # the column that may say it in the place of this one

    def names(self) -> tuple[str, ...]:
        """All that a header may call it."""
        return self.name, self.chinese, *self.also.split()


# What lists have beside what a table needs, and nobody has to take out.
PASSED_OVER = frozenset(
    ["序号", "号", "no", "no.", "nr", "#", "备注", "说明", "remark", "remarks", "note", "notes"]
)

_LABEL = "3栋201"  # of the samples
_GRID = "网格号 网格代码 网格 所属网格"
_DOOR = "门号 房门编号 房门号 户号 门"
_WARDEN = "网格员号 人员编号 工号 网格员"
_FROM = "开始时间 开始日期 起 起始 起始时间 起始日期 自 隔离开始 begin start"
_TO = "结束时间 结束日期 止 截止 截止时间 截止日期 至 到 隔离结束 until"


def _from(sample: str) -> Column:
    return Column("from", "开始", beginning_ms, sample, field="from_ms", is_time=True, also=_FROM)


def _to(sample: str) -> Column:
    return Column("to", "结束", end_ms, sample, field="to_ms", is_time=True, also=_TO)


def _grid_id() -> Column:
    return Column("grid_id", "网格编号", an_id, "liangxi-07", also=_GRID)


def _door_id(*, needed: bool = True, nothing: Any = None) -> Column:
    return Column("door_id", "门编号", a_door, _LABEL, needed=needed, nothing=nothing, also=_DOOR)


def _own_door_id() -> Column:
    """A door's own id: best left empty. It is no secret, and an address in it says who is there; so
    a random one is made, and the row is found again by its label."""
    return Column(
        "door_id", "门编号", an_id, "", also=_DOOR, default="", nothing="", instead="label"
    )


def _whose() -> Column:
    """The door of whose household something is, where its own column does not say it."""
    return Column(
        "door_id", "门编号", a_door, _LABEL, also=_DOOR, default="", nothing="", instead="household"
    )


def _household(sample: str = "", **unsaid: Any) -> Column:
    also = "住户编号 住户号 户编号 家庭编号 household_id"
    unsaid = unsaid or {"default": "", "nothing": ""}
    field = "household_id"
    return Column("household", "住户", an_id, sample, False, field=field, also=also, **unsaid)


def _warden_id() -> Column:
    return Column("warden_id", "网格员编号", an_id, "wang", also=_WARDEN)


def _longest(default: int | None, sample: str) -> Column:
    return Column(
        "longest_min",
        "最长分钟",
        minutes_ms,
        sample,
        needed=False,
        default=default,
        nothing=default,
        field="longest_ms",
        also="最长时间 最长",
    )


TABLES: dict[str, tuple[Column, ...]] = {
    "grids": (
        _grid_id(),
        Column("name", "名称", label, "梁溪七网格", also="网格名称 网格名"),
    ),
    "wardens": (
        _warden_id(),
        Column("name", "姓名", words, "王网格员", also="网格员姓名 名字"),
        _grid_id(),
        Column("language", "语言", language, "zh", needed=False, also="语种"),
        Column(
            "channels",
            "渠道",
            channels,
            "inbox",
            needed=False,
            default=("inbox",),
            nothing=(),
            also="通道 电话通道 通知渠道 通知方式 联系方式 channel",
        ),
        Column(
            "role",
            "岗位",
            role,
            "warden",
            needed=False,
            default=Role.WARDEN,
            nothing=Role.WARDEN,
            also="职务 角色",
        ),
    ),
    "doors": (
        _own_door_id(),
        Column("label", "门牌", label, _LABEL, also="门牌号 房号 房间号 门牌地址 地址 住址"),
        _grid_id(),
        Column(
            "class",
            "类别",
            a_class,
            "",
            needed=False,
            field="door_class",
            nothing="",
            also="类型 门类",
        ),
        Column(
            "building", "楼栋", a_place, "3", needed=False, nothing="", also="栋 幢 楼 楼号 栋号"
        ),
        Column(
            "stair",
            "单元",
            a_place,
            "2",
            needed=False,
            nothing="",
            also="单元号 楼道 楼梯 staircase",
        ),
        Column("point", "接入点", a_place, "ap-7", needed=False, nothing="", also="无线接入点 ap"),
        Column(
            "telephone",
            "电话",
            telephone,
            "138 0013 8000",
            needed=False,
            nothing="",
            also="联系电话 电话号码 住户电话 手机 手机号 手机号码 phone tel mobile",
        ),
        _household("h0001", default=None, nothing=""),
    ),
    "seals": (
        Column("seal_id", "封条编号", seal_id, "00112233445566aa", also="封条号 封条"),
        Column("key", "密钥", key, "00" * 32, secret=True, also="钥匙"),
        _door_id(needed=False, nothing=""),
        Column("broker_password", "口令", password, "", needed=False, secret=True, also="密码"),
        Column("batch", "批次", a_batch, "2026-03", needed=False, nothing="", also="批号"),
        Column(
            "heartbeat_s",
            "心跳秒",
            heartbeat_ms,
            "100",
            needed=False,
            field="heartbeat_ms",
            nothing=0,
            also="心跳 心跳间隔",
        ),
    ),
    "contacts": (
        Column("make", "来源", make, "Zigbee2MQTT", also="系统 接入系统 厂家 maker"),
        Column("address", "设备地址", topic, "front_door_501", also="设备名 设备主题 主题 topic"),
        _door_id(needed=False, nothing=""),
        Column(
            "heartbeat_s",
            "心跳秒",
            heartbeat_ms,
            "3600",
            needed=False,
            field="heartbeat_ms",
            nothing=0,
            also="心跳 心跳间隔",
        ),
        Column(
            "bind_key",
            "绑定密钥",
            bind_key,
            "",
            needed=False,
            secret=True,
            nothing=b"",
            also="bindkey",
        ),
        Column("contact_id", "触点编号", seal_id, "", needed=False, also="触点号"),
    ),
    "orders": (
        _whose(),
        _from("2026-03-01 08:00"),
        _to("2026-03-15"),
        Column(
            "order_id",
            "隔离令编号",
            an_id,
            "o0001",
            needed=False,
            also="隔离令号 通知书编号 隔离令",
        ),
        Column(
            "openings_a_day",
            "每日次数",
            allowance,
            "0",
            needed=False,
            default=0,
            nothing=0,
            also="每天次数 每日开门次数",
        ),
        _longest(None, ""),
        Column(
            "quiet",
            "安静时段",
            windows,
            "",
            needed=False,
            default=(),
            nothing=(),
            also="免打扰时段",
        ),
        Column(
            "health_daily",
            "每日健康报告",
            wanted,
            "",
            needed=False,
            default=False,
            nothing=False,
            also="健康报告 每日报告 每日健康上报",
        ),
        _household(),
    ),
    "permits": (
        _whose(),
        _from("2026-03-02 11:30"),
        _to("2026-03-02 12:30"),
        Column("who", "报备人", words, "李社区", also="申请人 报备单位"),
        Column("why", "事由", words, "送餐", also="原因 理由"),
        Column(
            "openings", "次数", openings, "1", needed=False, default=1, nothing=1, also="开门次数"
        ),
        _longest(LONGEST_MINUTES * MINUTE_MS, "15"),
        Column("permit_id", "报备编号", an_id, "p0001", needed=False, also="报备号"),
        Column("daily", "每日时段", windows, "", needed=False, default=(), nothing=(), also="时段"),
        Column(
            "days",
            "星期",
            days,
            "",
            needed=False,
            default=EVERY_DAY,
            nothing=EVERY_DAY,
            also="周几",
        ),
        _household(),
    ),
    "shifts": (
        _grid_id(),
        Column("role", "岗位", role, "warden", also="职务 角色"),
        _warden_id(),
        Column("days", "星期", days, "Mon-Fri", also="周几"),
        Column("from", "开始", begins_min, "22:00", field="from_min", also=f"上班 {_FROM}"),
        Column("to", "结束", ends_min, "06:00", field="to_min", also=f"下班 {_TO}"),
    ),
    "overrides": (
        _warden_id(),
        _from("2026-03-07"),
        _to("2026-03-08"),
        Column("by", "替班", an_id, "", needed=False, also="替班人 代班 代班人"),
    ),
}

# A column that these tables may have besides: rows that end now, of which only the id is needed.
END = Column("end", "终止", yes, "", needed=False, default=False, nothing=False, also="注销 停用")
ENDABLE = ("grids", "wardens", "doors", "seals", "contacts", "orders", "permits")


def columns_of(kind: str) -> tuple[Column, ...]:
    """All columns that a table may have."""
    return (*TABLES[kind], END) if kind in ENDABLE else TABLES[kind]


def example(kind: str, today: date) -> list[str]:
    """A sample row of a table. Its first day is tomorrow, for what is over is not enrolled.

    Args:
        kind: the table's name, one of TABLES.
        today: the day on the wall.
    """
    days_of = [date.fromisoformat(c.sample[:10]) for c in TABLES[kind] if c.is_time and c.sample]
    later = today + timedelta(days=1) - min(days_of, default=today)
    return [
        f"{date.fromisoformat(column.sample[:10]) + later}{column.sample[10:]}"
        if column.is_time and column.sample
        else column.sample
        for column in TABLES[kind]
    ]
