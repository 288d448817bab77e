"""The check that forbids the machine's time zone finds each way to it, and nothing else."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("local_times", ROOT / ".ci" / "local_times.py")
assert spec is not None
assert spec.loader is not None
local_times = importlib.util.module_from_spec(spec)
spec.loader.exec_module(local_times)


def found(code: str) -> bool:
    return bool(list(local_times.wrong(ast.parse(code))))


@pytest.mark.parametrize(
    "code",
    [
        "at.astimezone()",
        "datetime.fromtimestamp(5, UTC).astimezone(tz=None)",
        "datetime.now()",
        "datetime.datetime.now(None)",
        "datetime.fromtimestamp(at_ms / 1000)",
        "datetime.utcnow()",
        "date.today()",
        "time.localtime()",
        "time.localtime(5)",
        "time.strftime('%H:%M')",
        "time.ctime(5)",
        "time.mktime(parts)",
        "from time import strftime\nstrftime('%H:%M')",
        "from time import localtime as here\nhere(5)",
    ],
)
def test_what_goes_by_the_machines_zone_is_found(code: str) -> None:
    assert found(code)


@pytest.mark.parametrize(
    "code",
    [
        "at.astimezone(zone)",
        "datetime.now(UTC)",
        "datetime.fromtimestamp(at_ms / 1000, tz=zone)",
        "time.strftime('%H:%M', time.gmtime())",
        "time.time()",
        "time.monotonic()",
        "clock.now()",
        "at.strftime('%H:%M')",
        "self.today()",
    ],
)
def test_what_names_a_zone_or_needs_none_is_not(code: str) -> None:
    assert not found(code)


def test_a_file_is_told_by_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("import time\n\n\nprint(time.localtime())\n")
    assert local_times.main([str(tmp_path)]) == 1
    assert "a.py:4: time.localtime goes by" in capsys.readouterr().out
    (tmp_path / "a.py").write_text("import time\n")
    assert local_times.main([str(tmp_path)]) == 0
