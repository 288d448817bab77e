"""The log is read line by line, so each line says when it was and whose it is."""

import logging
import sys

from gateway.cli.log_lines import LineFormatter


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
