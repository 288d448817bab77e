"""Every measurement, tag and field that goes to InfluxDB, as data. Pure.

What stands here is what is written and nothing else: the lines are made by it, the dashboards ask
by its names, `docs/history.md` is made from it. A measurement's tags and a field's type
are fixed for ever, for the first writer of a field fixes its type in every shard, and InfluxDB 3
never changes a table's tags. So what is added gets a new name; what has gone is not used again.

No tag and no field carries an identity. `site`, `gateway` and `seal` are random ids. Grids,
buildings and batches are named by a key that is drawn once for the site, and the console has the
legend; a case is named by its number.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from gateway.core.evidence import Evidence
from gateway.core.reasons import REFUSALS, Reason


class Type(StrEnum):
    """How InfluxDB stores a field. Whether something is so is an integer: `sum` counts it then."""

    INT = "integer"
    FLOAT = "float"
    TEXT = "string"


class Tag(NamedTuple):
    """What points are grouped by. Every point has every tag; `-` says that there is none."""

    name: str
    meaning: str


class Field(NamedTuple):
    """A value of a point. One that is not known is left out of the point."""

    name: str
    type: Type
    unit: str  # "ms", "mV", "dBm", "bytes", "days", "s", "0/1"; empty of a count and of a text
    meaning: str


class Measurement(NamedTuple):
    """Points of one kind.

    `time` says what a point's time is. The nanoseconds below its millisecond keep two points of one
    series apart, and are the same whenever the point is written again.
    """

    name: str
    meaning: str
    time: str
    tags: tuple[Tag, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of this name. KeyError if there is none."""
        return {field.name: field for field in self.fields}[name]


NO_NEWS: Final = (
    Reason.DUPLICATE,
    Reason.HELD_BACK,
    Reason.NO_DOOR,
    Reason.NO_ORDER,
    Reason.ORDER_NOT_BEGUN,
    Reason.ORDER_OVER,
)
COUNTED: Final = (*sorted(REFUSALS), *NO_NEWS)  # what the table `refusals` counts, a field each

SITE: Final = Tag("site", "the site's random id")
GATEWAY: Final = Tag("gateway", "the gateway's id; a site has one, so it is the site's")
SEAL: Final = Tag("seal", "the seal's random id")
NONE: Final = "-"  # the value of a tag where there is none

GRID: Final = Tag("grid", "the door's grid, by its name in the legend")
BUILDING: Final = Tag("building", "the door's building, by its name in the legend")
BATCH: Final = Tag("batch", "the seal's batch, by its name in the legend")
REASON: Final = Tag("reason", "why the case was raised (core.reasons.Reason)")
STEP: Final = Tag(
    "step", "the step of the ladder: 0 of those told first, 1 of those after them …; else `-`"
)
ROLE: Final = Tag("role", "whose duty it was: warden, deputy, captain, centre, installer; else `-`")

_INT, _FLOAT, _TEXT, _IS = Type.INT, Type.FLOAT, Type.TEXT, "0/1"

SEAL_EVENT: Final = Measurement(
    "seal_event",
    "one report of a seal: an edge, tampering, a heartbeat",
    "when the gateway committed it; of one that waited 10 s or more in its seal, when its edge was",
    (SITE, GATEWAY, SEAL),
    (
        Field("state", _INT, _IS, "1: the door is open. Only of a seal on a door"),
        Field("opened", _INT, _IS, "it says that the door opened"),
        Field("closed", _INT, _IS, "it says that the door shut"),
        Field("tamper", _INT, _IS, "the cover is off, or a foreign magnet is near"),
        Field("edges", _INT, "", "the seal's own count of edges"),
        Field("bounces", _INT, "", "how often the contact bounced at this edge"),
        Field("seq", _INT, "", "the report's number; 0 of a heartbeat"),
        Field("ev", _TEXT, "", "first, opened, closed, edge, tamper or heartbeat; for tables"),
        Field(
            "battery_mv",
            _INT,
            "mV",
            "the battery, the lowest of late with the radio on; a seal on mains has none",
        ),
        Field("signal_dbm", _INT, "dBm", "how strongly the seal's transmission was heard"),
        Field("firmware", _TEXT, "", "the seal's release, where it said so since its last start"),
        Field("age_ms", _INT, "ms", "how old the edge was when the seal sent it"),
    ),
)

CASE_EVENT: Final = Measurement(
    "case_event",
    "one thing that befell a case: raised, paged, escalated … closed",
    "when the gateway took it; `step`: the furthest told by then; `role`: of who did it",
    (
        SITE,
        GATEWAY,
        GRID,
        REASON,
        Tag("event", "what befell it (core.cases.milestones.Happened)"),
        STEP,
        ROLE,
    ),
    (
        Field("case", _TEXT, "", "its number, as the console shows it and finds it: 482-917"),
        Field("cases", _INT, "", "1, so that `sum` counts"),
        Field("new", _INT, _IS, "of raised: 1: for the first time"),
        Field("after_ms", _INT, "ms", "since the case was raised"),
        Field("edge_ms", _INT, "ms", "since what raised it happened"),
        Field("openings", _INT, "", "how often it was raised"),
        Field("outcome", _TEXT, "", "of closed: how it was reported (core.outcome.Outcome)"),
        Field("false_page", _INT, _IS, "of closed: 1: there was nothing to see at the door"),
        Field("by_person", _INT, _IS, "a person did it, and no rule"),
        Field("proved", _INT, _IS, "of on_site: the door's code proves it"),
    ),
)

DELIVERY: Final = Measurement(
    "delivery",
    "one page on its way to one person by one channel, once it went out or was given up; "
    "written anew onto itself when its receipt comes",
    "when it was made",
    (
        SITE,
        GATEWAY,
        Tag("channel", "inbox, push, webhook, apprise …"),
        STEP,
        ROLE,
        REASON,
    ),
    (
        Field("case", _TEXT, "", "the case's number; not of a test, nor of a page about several"),
        Field("pages", _INT, "", "1, so that `sum` counts"),
        Field("sent", _INT, _IS, "it went out"),
        Field("received", _INT, _IS, "the person's handheld signed for it"),
        Field("seen", _INT, _IS, "the person acted on it"),
        Field("gave_up", _INT, _IS, "it failed for good: a dead letter"),
        Field("ended", _INT, _IS, "it was not needed any more before it went out"),
        Field("tries", _INT, "", "how often it was tried"),
        Field("failures", _INT, "", "how many of the tries failed"),
        Field("cause", _TEXT, "", "of the latest failure: one word (feeds.delivery_cause)"),
        Field(
            "edge_commit_ms",
            _INT,
            "ms",
            "from what happened to the commit; of the first round's first step",
        ),
        Field("commit_sent_ms", _INT, "ms", "from the commit until the channel had taken it"),
        Field("sent_receipt_ms", _INT, "ms", "from then until the handheld's receipt"),
        Field(
            "edge_sent_ms",
            _INT,
            "ms",
            "from what happened until the channel had taken it; likewise",
        ),
        Field("edge_receipt_ms", _INT, "ms", "from what happened to the receipt; likewise"),
    ),
)

GATEWAY_STATS: Final = Measurement(
    "gateway_stats",
    "the gateway's own health, every ten seconds",
    "when it was measured",
    (SITE, GATEWAY),
    (
        Field("broker_connected", _INT, _IS, "the connection to the broker stands"),
        Field("broker_away_ms", _INT, "ms", "how long it has been away; 0 while it stands"),
        Field("echo_ms", _FLOAT, "ms", "the latest echo through the broker"),
        Field("store_ok", _INT, _IS, "the last commit went through"),
        Field("queue_depth", _INT, "", "messages that wait for the loop"),
        Field("reports", _INT, "", "since the start"),
        Field("commits", _INT, "", "since the start"),
        Field("refused", _INT, "", "messages refused since the start"),
        Field(
            "turned_away", _INT, "", "messages left to the broker for want of room, since the start"
        ),
        Field("commit_ms_p50", _FLOAT, "ms", "the median of the latest 512 commits"),
        Field("commit_ms_max", _FLOAT, "ms", "the worst of them"),
        Field("outbox_due", _INT, "", "pages that wait to go out"),
        Field("outbox_oldest_ms", _INT, "ms", "how long the oldest of them has waited"),
        Field("outbox_dead", _INT, "", "pages of the last seven days that failed for good"),
        Field("cursor_lag", _INT, "", "journal rows that are not in InfluxDB yet"),
        Field("history_lag_ms", _INT, "ms", "how old the oldest of them is"),
        Field("unwritten", _INT, "", "lines that InfluxDB will never take"),
        Field("disk_free", _INT, "bytes", "free where the database lies"),
        Field("disk_days", _FLOAT, "days", "how long that lasts, as the database grew of late"),
        Field("database_bytes", _INT, "bytes", "the database and its log"),
        Field("certificate_days", _FLOAT, "days", "until the first of its certificates ends"),
        Field("clock_doubted", _INT, _IS, "the clock is in doubt, or people are told that it is"),
        Field("clock_behind_ms", _INT, "ms", "how far the clock may be behind"),
        Field("clock_ahead_ms", _INT, "ms", "or ahead"),
        Field("cases_open", _INT, "", "cases that are not closed"),
        Field("cases_untaken", _INT, "", "of these, those that nobody has taken"),
        Field("doors_sealed", _INT, "", "doors with a seal"),
        Field("doors_silent", _INT, "", "of these, those whose seal is lost"),
        Field("doors_open", _INT, "", "of these, those that stand open by what is known"),
        Field(
            "battery_days", _FLOAT, "days", "until the first battery is empty, by its latest weeks"
        ),
        Field("uptime_s", _FLOAT, "s", "since the start"),
        Field("rss_bytes", _INT, "bytes", "the gateway's memory"),
        Field("cpu_s", _FLOAT, "s", "processor time since the start"),
        *(
            Field(f"pages_{evidence}", _INT, "", f"pages since the start that got to: {evidence}")
            for evidence in Evidence
        ),
        *(
            Field(f"refused_{reason}", _INT, "", f"messages since the database was made: {reason}")
            for reason in COUNTED
        ),
    ),
)

SITE_1M: Final = Measurement(
    "site_1m",
    "a minute of the doors of one grid, building and batch; `sum` over these is the site's",
    "the minute's beginning",
    (SITE, GATEWAY, GRID, BUILDING, BATCH),
    (
        Field("doors", _INT, "", "doors with a seal that was ever heard, at the minute's end"),
        Field("heard", _INT, "", "of these, those heard within two of their heartbeats"),
        Field("open_now", _INT, "", "of those heard, those that last said open"),
        Field("tampered", _INT, "", "of those heard, those that last said tamper"),
        Field("reports", _INT, "", "reports in the minute"),
        Field("opened", _INT, "", "edges to open in the minute; of a double door, of each leaf"),
        Field("closed", _INT, "", "edges to shut in the minute"),
        Field("tampers", _INT, "", "reports of tampering in the minute"),
        Field("sealed_ms", _INT, "ms", "door-milliseconds with a seal: 60 000 for a door"),
        Field("covered_ms", _INT, "ms", "of these, those within two heartbeats after a report"),
        Field("battery_min_mv", _INT, "mV", "the lowest battery reported in the minute"),
        Field("signal_min_dbm", _INT, "dBm", "the weakest signal of the minute"),
        Field("age_max_ms", _INT, "ms", "the oldest edge that came in the minute"),
    ),
)

MEASUREMENTS: Final = (SEAL_EVENT, CASE_EVENT, DELIVERY, GATEWAY_STATS, SITE_1M)
