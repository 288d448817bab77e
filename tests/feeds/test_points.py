"""From a journal row to a line: what stands in it, and what never does."""

import msgspec
import pytest

from gateway.core.actor import actor_of
from gateway.core.events import CaseReported, ReportCame
from gateway.core.model import Contact
from gateway.core.outcome import Outcome
from gateway.feeds import influx_points
from gateway.feeds.influx_points import (
    COUNTED,
    Figures,
    Row,
    UnreadableRow,
    event_line,
    stats_line,
    tags,
)

SITE = tags("5e1a")
SEAL = "00000000000000a0"
AT_MS = 1_790_000_000_000
HEAD = f"seal_event,site=5e1a,gateway=5e1a,seal={SEAL} "


def row(number: int = 7, on_door: bool = True, **report: object) -> Row:
    plain = {"seal_id": SEAL, "seq": 3, "contact": Contact.OPEN, "edges": 9, "edge": True}
    event = ReportCame(**{**plain, **report})  # type: ignore[arg-type]
    return Row(number, AT_MS, on_door, msgspec.json.encode(event))


def fields(line: str) -> dict[str, str]:
    return dict(field.split("=") for field in line.split(" ")[1].split(","))


def test_an_opening_is_one_line_at_the_time_of_its_commit() -> None:
    line = event_line(SITE, row(age_ms=40, battery_mv=2_950, bounces=4))
    assert line == (
        HEAD + "opened=1i,closed=0i,tamper=0i,edges=9i,bounces=4i,seq=3i,"
        f'ev="opened",state=1i,battery_mv=2950i,age_ms=40i {AT_MS * 10**6 + 7}'
    )


def test_a_report_that_waited_in_its_seal_is_put_where_its_edge_was() -> None:
    line = event_line(SITE, row(age_ms=3_600_000))
    assert line.endswith(f" {(AT_MS - 3_600_000) * 10**6 + 7}")
    heartbeat = event_line(SITE, row(edge=False, age_ms=3_600_000))
    assert heartbeat.endswith(f" {AT_MS * 10**6 + 7}"), "a heartbeat is as old as its arrival"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({}, {"opened": "1i", "closed": "0i", "state": "1i", "ev": '"opened"'}),
        ({"contact": Contact.SHUT}, {"opened": "0i", "closed": "1i", "state": "0i"}),
        ({"edge": False}, {"opened": "0i", "state": "1i", "ev": '"heartbeat"'}),
        ({"first": True}, {"opened": "0i", "state": "1i", "ev": '"first"'}),
        ({"edge": False, "cover": True}, {"tamper": "1i", "ev": '"tamper"'}),
        ({"edge": False, "magnet": True}, {"tamper": "1i", "ev": '"tamper"'}),
    ],
)
def test_every_kind_of_report_says_what_it_is(
    report: dict[str, object], expected: dict[str, str]
) -> None:
    assert expected.items() <= fields(event_line(SITE, row(**report))).items()


def test_what_a_seal_does_not_know_is_left_out() -> None:
    line = event_line(SITE, row(contact=Contact.UNKNOWN, age_ms=None, battery_mv=None))
    assert not {"state", "age_ms", "battery_mv"} & fields(line).keys()
    assert line.endswith(f" {AT_MS * 10**6 + 7}"), "an edge of unknown age is as old as its commit"


def test_a_seal_on_no_door_says_nothing_about_doors() -> None:
    found = fields(event_line(SITE, row(on_door=False, battery_mv=2_950)))
    assert "state" not in found
    assert (found["opened"], found["battery_mv"]) == ("0i", "2950i")


def test_two_reports_of_one_millisecond_have_two_times_and_always_the_same() -> None:
    lines = [event_line(SITE, row(number)) for number in (7, 8, 7)]
    assert lines[0] == lines[2] != lines[1]
    assert lines[0].split()[-1] != lines[1].split()[-1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"type":"report"}',
        msgspec.json.encode(
            CaseReported("c", actor_of("Frau Holle"), "a1", outcome=Outcome.LAWFUL)
        ),
        msgspec.json.encode(ReportCame("a b,c=d", 1, Contact.OPEN, 1, True)),
    ],
)
def test_a_row_that_is_no_report_makes_no_line(body: bytes) -> None:
    with pytest.raises(UnreadableRow, match="row 7") as caught:
        event_line(SITE, Row(7, AT_MS, True, body))
    assert "Holle" not in str(caught.value)


def test_a_site_id_that_would_need_an_escape_is_ours_to_mend() -> None:
    with pytest.raises(ValueError, match="no id"):
        tags("a site\\")


def test_every_counted_reason_is_a_field_and_numbers_keep_their_type() -> None:
    figures = Figures(
        at_ms=AT_MS,
        broker_connected=True,
        echo_ms=None,
        store_ok=True,
        queue_depth=0,
        reports=1,
        commits=1,
        refused=4,
        turned_away=0,
        commit_ms_p50=1,  # an int where a float belongs must still be written as a float
        commit_ms_max=2,
        outbox_due=0,
        outbox_oldest_ms=0,
        cursor_lag=0,
        unwritten=0,
        disk_free=10**12,
        refusals={"wrong_key": 4},
    )
    found = fields(stats_line(SITE, figures))
    assert {f"refused_{reason}" for reason in COUNTED} <= found.keys()
    assert (found["refused_wrong_key"], found["refused_replayed"]) == ("4i", "0i")
    assert (found["commit_ms_p50"], found["store_ok"], found["disk_free"]) == (
        "1.0",
        "1i",
        "1000000000000i",
    )
    assert "echo_ms" not in found


def test_no_two_measurements_share_a_name_with_a_tag() -> None:
    names = fields(event_line(SITE, row())).keys()
    assert not names & {"site", "gateway", "seal"}, "3.x refuses a field of a tag's name"
    assert influx_points.EVENT != influx_points.STATS
