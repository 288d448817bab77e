"""The check of private names and of sleeping finds each of them, and nothing else."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("house_rules", ROOT / ".ci" / "house_rules.py")
assert spec is not None
assert spec.loader is not None
house_rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(house_rules)


@pytest.mark.parametrize(
    "code",
    [
        "from gateway.core.site import _areas_of",
        "from gateway._hidden import areas",
        "import gateway._hidden",
        "site._areas",
        "self.site._areas",
        "site._areas = []",
        "engine()._wake.set()",
        "getattr(site, '_areas')",
        "monkeypatch.setattr('gateway.core.site._areas_of', None)",
        "monkeypatch.setattr(site, '_areas', [])",
    ],
)
def test_anothers_private_name_is_found(code: str) -> None:
    assert list(house_rules.private_names(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "from __future__ import annotations",
        "from gettext import gettext as _",
        "self._areas",
        "super()._areas",
        "class A:\n    def _eq(self): ...\n    def same(self, other): return other._eq()",
        "class A:\n    def __init__(self): self._n = 0\n    def more(self, b): return b._n",
        "row._mapping",
        "page._replace(number=1)",
        "type(thing).__name__",
        "_areas = 5",
    ],
)
def test_what_is_its_own_or_public_is_not(code: str) -> None:
    assert not list(house_rules.private_names(ast.parse(code)))


def test_who_reads_json_catches_all_that_is_raised_where_it_is_none() -> None:
    code = "try: read()\nexcept {}: pass"
    for half in ("msgspec.DecodeError", "(msgspec.MsgspecError, ValueError)"):
        assert list(house_rules.half_of_no_json(ast.parse(code.format(half))))
    for whole in ("NO_JSON", "(*NO_JSON, OSError)", "msgspec.ValidationError"):
        assert not list(house_rules.half_of_no_json(ast.parse(code.format(whole))))


@pytest.mark.parametrize(
    "code",
    [
        "await asyncio.sleep(0.1)",
        "asyncio.sleep(wait_s)",
        "time.sleep(1)",
        "time.sleep_ms(20)",
        "from time import sleep\nsleep(1)",
        "from asyncio import sleep as rest\nawait rest(1)",
    ],
)
def test_a_sleep_is_found(code: str) -> None:
    assert list(house_rules.sleeps(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["await asyncio.sleep(0)", "clock.sleep(5)", "board.sleep(5000)", "seal.asleep"]
)
def test_what_does_not_pass_time_is_not(code: str) -> None:
    assert not list(house_rules.sleeps(ast.parse(code)))


def test_files_are_told_by_their_lines_and_exceptions_must_be_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(house_rules, "EXCEPTIONS", tmp_path / "exceptions.toml")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text("import time\n\ntime.sleep(1)\nsite._areas\n")
    (tmp_path / "exceptions.toml").write_text("[private_names]\n[sleeps]\n")
    assert house_rules.main(["tests"]) == 1
    shown = capsys.readouterr().out
    assert "tests/a.py:3: time.sleep(1);" in shown
    assert "tests/a.py:4: _areas is another's" in shown
    (tmp_path / "exceptions.toml").write_text(
        '[private_names]\n"tests/a.py: _areas" = "why"\n'
        '[sleeps]\n"tests/a.py: time.sleep(1)" = "why"\n'
    )
    assert house_rules.main(["tests"]) == 0
    (tmp_path / "tests" / "a.py").write_text("site._areas\n")
    assert house_rules.main(["tests"]) == 1
    assert "nothing needs 'tests/a.py: time.sleep(1)'" in capsys.readouterr().out
