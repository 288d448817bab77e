"""What the gateways said of themselves in the week: what the site truly was, and a script of what
befell the machines. One figure every five minutes; a real gateway sends one every ten seconds.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import Any

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.effects import SilenceBegan, SilenceEnded
from gateway.core.evidence import Evidence
from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.core.subject import SubjectKind
from gateway.feeds.battery_trend import EMPTY_MV
from gateway.feeds.influx_schema import COUNTED
from gateway.simulate.ground_truth import START_MS
from tests.dashboards.week import TO_MS, SiteWeek, is_open
from tests.dashboards.week_deliveries import PUSH_DOWN, deliveries, evidence

EVERY_MS = 5 * MINUTE_MS
FIRST_MS = START_MS + EVERY_MS - MINUTE_MS  # the last is a minute before the end
TIMES = range(FIRST_MS, TO_MS, EVERY_MS)
Span = tuple[int, int]

GIB = 1 << 30


def _hour(day: int, hour: float) -> int:
    return START_MS + day * DAY_MS + int(hour * HOUR_MS)


# What befalls the three gateways, by the first digit of the site's id.
BROKER_AWAY: dict[str, Span] = {"b": (_hour(3, 3.1), _hour(3, 3.6))}
CLOCK_DOUBTED: dict[str, Span] = {"7": (_hour(4, 14), _hour(4, 15.5))}
HISTORY_LATE: dict[str, Span] = {"e": (_hour(5, 1), _hour(5, 4))}
NOTHING_SENT: dict[str, Span] = {"e": (_hour(7, 10.5), TO_MS)}  # and so to the end
CERTIFICATE_DAYS = {"7": 61.0, "b": 16.0, "e": 300.0}  # at the week's beginning
DISK_DAYS = {"7": 700.0, "b": 410.0, "e": 26.0}
ATTACK: Span = (_hour(1, 20), _hour(1, 20.5))  # at the first site, with a wrong key

Figures = dict[str, Any]


@cache
def figures(site: SiteWeek) -> list[tuple[int, Figures]]:
    """What the site's gateway said, and when."""
    key = site.site_id[0]
    sent = [at_ms for at_ms in TIMES if not _within(at_ms, NOTHING_SENT.get(key))]
    state, pages = _states(site), _pages(site)
    return [(at_ms, _machine(key, at_ms) | state(at_ms) | pages(at_ms)) for at_ms in sent]


def _machine(key: str, at_ms: int) -> Figures:
    """Broker, disk, clock and process: the script."""
    days, minute = (at_ms - START_MS) / DAY_MS, at_ms // EVERY_MS
    away, late = BROKER_AWAY.get(key), HISTORY_LATE.get(key)
    away_ms = at_ms - away[0] if away and _within(at_ms, away) else 0
    late_ms = at_ms - late[0] if late and _within(at_ms, late) else 0
    doubted = _within(at_ms, CLOCK_DOUBTED.get(key))
    attacks = _within(at_ms, ATTACK) and key == "7"
    refused = 120 if key == "7" and at_ms >= ATTACK[1] else 0
    refused = (at_ms - ATTACK[0]) // 15_000 if attacks else refused
    wrong = {reason: 0 for reason in COUNTED} | {Reason.WRONG_KEY: refused}
    wrong[Reason.DUPLICATE] = (minute - START_MS // EVERY_MS) // 150
    return {
        "broker_connected": int(not away_ms),
        "broker_away_ms": away_ms,
        "echo_ms": None if away_ms else 3.0 + minute % 7,
        "store_ok": 1,
        "queue_depth": 40 if attacks else minute % 3,
        "commit_ms_p50": 1.0 + minute % 5 / 10,
        "commit_ms_max": 55.0 if minute % 97 == 0 else 9.0 + minute % 11,
        "cursor_lag": late_ms // 2_000,
        "history_lag_ms": late_ms,
        "unwritten": 0,
        "disk_free": int((22 - days * 0.2) * GIB),
        "disk_days": DISK_DAYS[key] - 2.5 * days,
        "database_bytes": int((0.4 + days * 0.02) * GIB),
        "certificate_days": CERTIFICATE_DAYS[key] - days,
        "clock_doubted": int(doubted),
        "clock_behind_ms": 3_600_000 if doubted else 0,
        "clock_ahead_ms": 0,
        "uptime_s": (at_ms - START_MS) / 1_000 + 86_400.0,
        "rss_bytes": int((118 + days * 1.5) * (1 << 20)),
        "cpu_s": (at_ms - START_MS) / 1_000 * 0.021,
        "turned_away": 0,
        "refused": sum(wrong.values()),
        **{f"refused_{reason}": count for reason, count in wrong.items()},
    }


def _states(site: SiteWeek) -> Callable[[int], Figures]:
    """How the doors and cases stood, as the core had them, at any time."""
    doors = [[(one.at_ms, is_open(one)) for one in door.reports] for door in site.doors]
    silent: dict[str, list[tuple[int, bool]]] = {}
    cases: dict[str, list[tuple[int, CaseState]]] = {}
    for at_ms, step in site.steps:
        if step.subject.kind is SubjectKind.DOOR:
            for effect in step.effects:
                if isinstance(effect, SilenceBegan | SilenceEnded):
                    is_lost = isinstance(effect, SilenceBegan)
                    silent.setdefault(step.subject.id, []).append((at_ms, is_lost))
    for _, found, _ in site.milestones():
        cases.setdefault(found.case_id, []).append((found.at_ms, found.state))
    reports = [one.at_ms for one in site.reports()]
    cells = [door for door in site.doors if not door.on_mains]
    untaken = (CaseState.RAISED, CaseState.PAGED)

    def at(at_ms: int) -> Figures:
        states = [_latest(one, at_ms) for one in cases.values()]
        open_ones = [state for state in states if state not in (None, CaseState.CLOSED)]
        count = bisect_right(reports, at_ms)
        return {
            "doors_sealed": len(doors),
            "doors_open": sum(bool(_latest(one, at_ms)) for one in doors),
            "doors_silent": sum(bool(_latest(one, at_ms)) for one in silent.values()),
            "cases_open": len(open_ones),
            "cases_untaken": sum(state in untaken for state in open_ones),
            "battery_days": min(
                ((door.battery_mv(at_ms) or 0) - EMPTY_MV) / door.falls_mv for door in cells
            ),
            "reports": count,
            "commits": count,
        }

    return at


def _pages(site: SiteWeek) -> Callable[[int], Figures]:
    """What waited, what was given up, and what was proved, at any time."""
    all_of_them = deliveries(site)
    last_try_ms = {one.number: one.sent_ms or PUSH_DOWN[1] for one in all_of_them}

    def at(at_ms: int) -> Figures:
        waiting = [o.made_ms for o in all_of_them if o.made_ms <= at_ms < last_try_ms[o.number]]
        done = [one for one in all_of_them if last_try_ms[one.number] <= at_ms]
        proved = [evidence(one) for one in done]
        return {
            "outbox_due": len(waiting),
            "outbox_oldest_ms": at_ms - min(waiting) if waiting else 0,
            "outbox_dead": sum(one.gave_up for one in done),
            **{f"pages_{kind}": proved.count(kind) for kind in Evidence},
        }

    return at


def _latest(history: list[tuple[int, Any]], at_ms: int) -> Any:
    """The newest value at a time; None before the first."""
    place = bisect_right(history, at_ms, key=lambda one: one[0])
    return history[place - 1][1] if place else None


def _within(at_ms: int, span: Span | None) -> bool:
    return span is not None and span[0] <= at_ms < span[1]
