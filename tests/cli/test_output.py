"""How commands speak: lengths and times in one unit, numbers with their nouns, a few of many."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from gateway.cli.output import ago, counted, named, say, show, span, when


@pytest.mark.parametrize(
    ("length_ms", "words"),
    [
        (0, "0 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (7_199_999, "119 min"),
        (7_200_000, "2 h"),
        (172_799_999, "47 h"),
        (172_800_000, "2 d"),
    ],
)
def test_a_length_of_time_has_one_unit(length_ms: int, words: str) -> None:
    assert span(length_ms) == words


def test_what_is_to_come_or_never_was_has_words_too() -> None:
    assert ago(None, 1) == "never"
    assert ago(5_000, 2_000) == "0 s ago"  # by another machine's clock
    assert when(None, UTC) == "-"


def test_a_time_is_the_sites() -> None:
    assert when(1_900_000_000_000, ZoneInfo("Asia/Shanghai")) == "2030-03-18 01:46:40"
    assert when(1_900_000_000_000, UTC) == "2030-03-17 17:46:40"


def test_numbers_have_their_nouns_and_long_lists_an_end() -> None:
    assert [counted(number, "seal") for number in (0, 1, 2)] == ["0 seals", "1 seal", "2 seals"]
    assert named(["a", "b"]) == "a, b"
    assert named(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_nothing_that_is_said_is_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]门[/red] :smile: [rules]")
    show(["[bold]label"], [["[red]3-201[/red]"]])
    text = capsys.readouterr().out
    assert text.startswith("[red]门[/red] :smile: [rules]\n")
    assert "[red]3-201[/red]" in text
