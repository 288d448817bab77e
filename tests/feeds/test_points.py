"""From a journal row to a line: what stands in it, and what never does."""

import msgspec
import pytest

from docs import history
from gateway.core.actor import actor_of
from gateway.core.events import CaseReported, ReportCame
from gateway.core.model import Contact
from gateway.core.outcome import Outcome
from gateway.feeds.influx_line import LineMaker
from gateway.feeds.influx_points import Release, Row, UnreadableRow, event_line, tags
from gateway.feeds.influx_schema import (
    CASE_EVENT,
    GATEWAY_STATS,
    MEASUREMENTS,
    SEAL_EVENT,
    Type,
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


def test_a_report_says_how_it_was_heard_and_of_which_release_its_seal_is() -> None:
    releases = {SEAL: Release("2.0.1", AT_MS - 5)}
    heard = event_line(SITE, row(signal_dbm=-71), releases)
    assert (fields(heard)["signal_dbm"], fields(heard)["firmware"]) == ("-71i", '"2.0.1"')
    before = {SEAL: Release("2.0.1", AT_MS + 5)}
    assert "firmware" not in fields(event_line(SITE, row(), before)), "it had another one then"
    for odd in ('2"', "a b", "\\"):
        assert "firmware" not in fields(event_line(SITE, row(), {SEAL: Release(odd, 0)}))


def test_a_line_by_hand_is_what_the_schema_says() -> None:
    types = {field.name: field.type for field in SEAL_EVENT.fields}
    releases = {SEAL: Release("2.0.1", 0)}
    full = row(battery_mv=1, signal_dbm=-1, bounces=1, age_ms=1)
    found = fields(event_line(SITE, full, releases))
    assert found.keys() == types.keys()
    for name, written in found.items():
        assert written.endswith("i") == (types[name] is Type.INT), name
        assert written.startswith('"') == (types[name] is Type.TEXT), name
    assert [tag.name for tag in SEAL_EVENT.tags] == ["site", "gateway", "seal"]


def test_names_are_used_once_and_none_is_a_tag_and_a_field() -> None:
    for one in MEASUREMENTS:
        names = [*(tag.name for tag in one.tags), *(field.name for field in one.fields)]
        assert len(names) == len(set(names)), "3.x refuses a field of a tag's name"
        assert one.field(one.fields[0].name) == one.fields[0]
    assert len({one.name for one in MEASUREMENTS}) == len(MEASUREMENTS)


def test_the_page_for_engineers_says_every_measurement_tag_and_field() -> None:
    text = history.DOCUMENT.read_text(encoding="utf-8")
    assert history.written(text) == text, "python -m docs.history"


def test_a_line_is_held_to_the_schema() -> None:
    maker = LineMaker(CASE_EVENT, "5e1a")
    tags_of = {"grid": "", "reason": "silent", "event": "raised", "step": "0", "role": "warden"}
    said = {"case": 'a "b"\\\n', "cases": True, "after_ms": 4.0, "outcome": None}
    assert maker.line(tags_of, said, 9) == (
        "case_event,site=5e1a,gateway=5e1a,grid=-,reason=silent,event=raised,step=0,role=warden "
        'case="a \\"b\\"\\\\ ",cases=1i,after_ms=4i 9'
    )
    assert LineMaker(GATEWAY_STATS, "5e1a").line({}, {"echo_ms": 2}, 1).endswith(" echo_ms=2.0 1")
    with pytest.raises(KeyError):
        maker.line(tags_of, {"who": 1}, 9)
    with pytest.raises(KeyError):
        maker.line({}, {"cases": 1}, 9)
    with pytest.raises(ValueError, match="no id"):
        maker.line({**tags_of, "role": "Frau Holle"}, {"cases": 1}, 9)
