"""A slice of `make day`, for every run of the tests: one board, from bare to another Wi-Fi.

The whole story, with what goes wrong in it, takes a quarter of an hour (tests/day/story.py)."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import neighbours
from tests.day.story import NEW_WIFI, Day, Size, begun
from tests.provisioning.flash_site import esptool_on_path

IMAGE_BYTES = 300_000  # as little as an image may have


@pytest.fixture
def day(tmp_path: Path, micropython: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    mosquitto = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    esptool_on_path(monkeypatch)
    folder = tmp_path / "site"
    folder.mkdir()
    size = Size((1,), 1, IMAGE_BYTES)
    started = begun(mosquitto, micropython, folder, size, random.Random(1))  # noqa: S311
    yield started
    started.ends()
    started.site.gateway.stop()
    started.site.broker.stop()


def test_a_bare_board_is_flashed_tested_at_its_door_and_follows_to_another_wifi(day: Day) -> None:
    day.founds()
    day.step("flashed", lambda: day.flash(0))
    day.step("commissioned", day.commission)
    day.step("Wi-Fi", day.change_wifi)
    assert [step.n for step in day.steps[-3:]] == [1, 1, 1]
    assert all(took_s < 180 for took_s in day.steps[-2].each_s)
    said = "".join(told.text for told in day.installer.said)
    assert said.count("✓ Sealed, in") == 1
    assert f"1 of 1 seal on {NEW_WIFI}" in said
