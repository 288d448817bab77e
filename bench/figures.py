"""The figures: what is measured, what must hold, and what the bare broker does beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# What each figure is called for people, its goal, and which figure of the floor stands beside it.
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("reports_per_s", "reports a second, committed and answered", ">= 5000", "floor_reports_per_s"),
    ("page_p50_ms", "report at the broker -> page, median, ms", "<= 3", "floor_p50_ms"),
    ("page_p99_ms", "report at the broker -> page, 99 of 100, ms", "<= 12", "floor_p99_ms"),
    ("page_max_ms", "the slowest page, ms", "", ""),
    ("page_p50_ms_10", "the same at 10 reports a second, median, ms", "<= 3", ""),
    ("pages_held_per_s", "pages a second that are held", "", ""),
    ("cpu_s_per_1000", "processor time for 1,000 reports at 100/s, s", "", ""),
    ("last_page_after_outage_s", "receiver back after 20 s -> the last page, s", "<= 1", ""),
    ("commit_ms_p50", "a commit of it, median, ms", "", ""),
    ("commit_ms_max", "the slowest commit, ms", "", ""),
    ("rss_mb", "memory of the gateway with 1,000 seals, MB", "<= 120", ""),
    ("console_rss_mb", "memory of its console, MB", "", ""),
    ("phone_page_p99_ms_50_walls", "50 walls open: a warden's page, ms", "<= 200", ""),
    ("ack_p99_ms_50_walls", "50 walls open: an acknowledgement, ms", "<= 200", ""),
    ("page_p99_ms_alone", "report -> page at 20/s, nobody looks, ms", "", ""),
    ("page_p99_ms_50_walls", "the same with 50 walls open, ms", "", ""),
    ("page_p99_ms_storm", "the same, and strangers storm it, ms", "", ""),
    ("phones_mb", "500 phones live over HTTPS: memory of both more, MB", "<= 60", ""),
    ("page_p99_500_phones_ratio", "report -> page, p99: with 500 phones / without", "<= 1.2", ""),
    ("phone_page_p99_ms_500_phones", "a warden's page with 500 phones live, ms", "<= 200", ""),
    ("first_load_kb", "a phone's first load of a case, the app included, kB", "<= 150", ""),
    ("first_load_3g_s", "that first load on 3G (400 ms, 400 kbit/s), s", "", ""),
    ("case_page_3g_s", "a case's page on 3G, the app installed, s", "<= 1", ""),
    ("case_page_3g_new_line_s", "the same with a connection to be made first, s", "", ""),
    ("case_page_kept_s", "the same from the phone, s", "<= 0.3", ""),
    ("gateway_cores", "cores that the gateway takes at that rate", "", ""),
    ("broker_cores", "cores that the broker takes at that rate", "", ""),
    ("start_s_at_12m_rows", "a start on a journal of 12 million rows, s", "<= 1", ""),
    ("first_start_s_50k", "the first start after enrolling 50,000 doors, s", "<= 10", ""),
    ("other_cores", "cores busy with other work meanwhile", "<= 0.2", ""),
    ("core_openings_per_s", "the rules alone: openings a second", ">= 40000", ""),
    ("core_heartbeats_per_s", "the rules alone: heartbeats a second", ">= 100000", ""),
    ("state_bytes_max", "what they keep of a door, bytes", "<= 2048", ""),
)
KEYS = (
    "reports_per_s",
    "page_p50_ms",
    "page_p99_ms",
    "rss_mb",
    "floor_p50_ms",
    "floor_p99_ms",
    "floor_reports_per_s",
)


def table(figures: Mapping[str, float]) -> str:
    """The figures that there are, one a line, with goal and floor."""
    lines = [f"{'':44} {'figure':>10} {'goal':>8} {'':6} {'bare broker':>11}"]
    for key, words, goal, beside in _ROWS:
        if key not in figures and beside not in figures:
            continue
        value, floor = figures.get(key), figures.get(beside)
        verdict = "" if value is None or not goal else _verdict(key, value, goal)
        lines.append(f"{words:44} {_shown(value)} {goal:>8} {verdict:6} {_shown(floor):>11}")
    return "\n".join(lines)


def _verdict(key: str, value: float, goal: str) -> str:
    if holds(value, goal):
        return "holds"
    return "BUSY" if key == "other_cores" else "MISSED"  # busy: the figures above say too little


def holds(value: float, goal: str) -> bool:
    """Whether a figure reaches a goal such as "<= 3"."""
    sign, _, limit = goal.partition(" ")
    return value >= float(limit) if sign == ">=" else value <= float(limit)


def write(
    path: Path,
    figures: Mapping[str, float],
    machine: Mapping[str, object],
    rounds: Sequence[Mapping[str, float]],
) -> None:
    """Write medians, machine and every round as JSON."""
    whole = {
        **{key: figures[key] for key in (*KEYS, *(f for f in figures if f not in KEYS))},
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "machine": machine,
        "rounds": rounds,
    }
    path.write_text(json.dumps(whole, indent=2) + "\n")


def _shown(value: float | None) -> str:
    if value is None:
        return " " * 10
    return f"{value:10,.0f}" if value >= 100 else f"{value:10.2f}"
