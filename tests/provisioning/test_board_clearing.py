"""What `menshen flash` and `retire` leave of what a board was: nothing, also not its bad starts."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gateway.provisioning.board_scripts import CLEAR


class Store:
    """A chip's NVS."""

    committed: dict[str, int] = {"boots": 200}  # noqa: RUF012 - one chip

    def __init__(self, namespace: str) -> None:
        assert namespace == "menshen"  # as firmware/board.py has it
        self.fresh: dict[str, int] = {}

    def set_i32(self, key: str, value: int) -> None:
        self.fresh[key] = value

    def commit(self) -> None:
        self.committed |= self.fresh


def on_a_board(monkeypatch: pytest.MonkeyPatch, esp32: Any) -> dict[str, int]:
    """What the program answers on a board with this `esp32`."""
    said: list[dict[str, int]] = []
    flash = SimpleNamespace(ilistdir=lambda _: [], statvfs=lambda _: (4096, 4096, 200, 150))
    monkeypatch.setitem(sys.modules, "os", flash)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "esp32", esp32)
    exec(compile(CLEAR, "clear", "exec"), {"doomed": [], "folders": [], "answer": said.append})  # noqa: S102
    return said[0]


def test_the_bad_starts_of_what_ran_before_are_not_counted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    esp32 = ModuleType("esp32")
    esp32.NVS = Store  # type: ignore[attr-defined]
    answer = on_a_board(monkeypatch, esp32)
    assert Store.committed == {"boots": 0}
    assert answer == {"block": 4096, "free": 150 * 4096, "total": 200 * 4096}


def test_a_board_without_that_memory_is_cleared_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert on_a_board(monkeypatch, ModuleType("esp32"))["block"] == 4096
