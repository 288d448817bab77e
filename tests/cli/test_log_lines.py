"""The log is read line by line, so each line says when it was and whose it is."""

import json
import logging
import sys

import pytest

from gateway.cli.log_lines import JsonFormatter, LineFormatter
from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.reasons import Reason
from gateway.engine.event_log import EventLog
from gateway.store.outbox import Entry


def _record(message: str, **more: object) -> logging.LogRecord:
    record = logging.LogRecord("menshen.events", logging.INFO, "", 0, "%s", (message,), None)
    record.__dict__ |= more
    return record


def test_j9_many_lines_of_one_message_have_the_same_head() -> None:
    formatter = LineFormatter("%(levelname)s %(name)s: %(message)s")
    text = formatter.format(_record("page a: due\ncase b is raised\npage a: taken"))
    heads = ("INFO menshen.events: ",) * 3
    lines = ("page a: due", "case b is raised", "page a: taken")
    assert text.split("\n") == [head + line for head, line in zip(heads, lines, strict=True)]


def test_one_line_and_a_traceback_stay_as_they_are() -> None:
    formatter = LineFormatter("%(name)s: %(message)s")
    assert formatter.format(_record("up")) == "menshen.events: up"
    try:
        int("no")
    except ValueError:
        broken = _record("a\nb", exc_info=sys.exc_info())
    first, second, *trace = formatter.format(broken).split("\n")
    assert (first, second) == ("menshen.events: a", "menshen.events: b")
    assert trace[0].startswith("Traceback")
    assert trace[-1].startswith("ValueError")


def test_as_json_each_thing_that_happened_is_an_object_with_its_ids(
    caplog: pytest.LogCaptureFixture,
) -> None:
    happened = EventLog()
    happened.effect(OpeningBegan("o-1", 5, 5, Reason.NO_PERMIT, None))
    happened.effect(OpeningEnded("o-1", 5, 9, 2, False))
    page = ("p-1", "c-1", "d", "w17", "inbox", "", "en", "no_permit", 5, 6, 6)
    happened.page(Entry(7, *page))
    happened.attempt(Entry(7, *page, tries=1, error="gate.example answered 503"))
    with caplog.at_level(logging.INFO, "menshen.events"):
        happened.write()
    (record,) = caplog.records
    told = [json.loads(line) for line in JsonFormatter().format(record).split("\n")]
    assert [one["event"] for one in told] == ["opening_began", "opening_ended", "page", "page"]
    assert (told[0]["opening"], told[0]["reason"], told[0]["level"]) == ("o-1", "no_permit", "info")
    assert (told[3]["to"], told[3]["state"], told[3]["tries"]) == ("w17", "failed", 1)
    assert told[2]["message"] == "page p-1 of case c-1 to w17 by inbox, no_permit: due"
    assert record.getMessage().split("\n") == [one["message"] for one in told]


def test_as_json_all_else_is_one_object_with_its_trace() -> None:
    try:
        int("门")
    except ValueError:
        record = logging.LogRecord(
            "menshen", logging.ERROR, "f", 1, "%s\nis gone", ("a",), sys.exc_info()
        )
    record.created = 1_790_000_000.25
    told = json.loads(JsonFormatter().format(record))
    assert (told["time"], told["message"]) == ("2026-09-21T14:13:20.250Z", "a\nis gone")
    assert "ValueError" in told["exception"]
