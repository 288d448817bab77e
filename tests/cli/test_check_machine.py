"""What `menshen check` says of this machine: settings, database, clock."""

from datetime import UTC

import pytest

from gateway.cli import check_machine
from gateway.cli.check_result import Mark

NOW_MS = 1_900_000_000_000


def test_unwise_settings_are_told(menshen, store, settings):
    settings.write_text('[broker]\nhost = "broker.invalid"\nuser = "gateway"\n')
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "settings"]
    assert result["mark"] == "warn"
    assert "broker.tls is false" in result["text"]
    assert "without MENSHEN_BROKER_PASSWORD" in result["text"]
    settings.write_text('[broker]\ntls = true\nca = "nope.crt"\n')
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "settings"]
    assert (result["mark"], "there is no file" in result["text"]) == ("fail", True)


def test_a_database_that_others_may_read_is_told(store):
    store.path.chmod(0o644)
    assert check_machine.database(store).mark is Mark.WARN


@pytest.mark.parametrize(
    ("newest_ms", "now_ms", "mark", "words"),
    [
        (0, 1_000_000_000_000, Mark.FAIL, "which is long past"),
        (NOW_MS + 3_600_000, NOW_MS, Mark.FAIL, "60 min behind the journal"),
    ],
)
def test_a_clock_that_is_wrong_is_told(newest_ms, now_ms, mark, words):
    result = check_machine.clock(newest_ms, now_ms, UTC)
    assert result.mark is mark
    assert words in result.text
