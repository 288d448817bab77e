"""What silenced doors is laid beside what was found: each word of it, on causes made by hand."""

from gateway.core.rules import Rules
from gateway.simulate.causes import STORM_MS, Answer, Cause, Found, Outages, true_outages
from gateway.simulate.ground_truth import HOUR_MS, MINUTE_MS

STAIR = Cause("stair:0/1", HOUR_MS, 2 * HOUR_MS, frozenset("abcdef"))
PATIENCE_MS = 9 * MINUTE_MS


def judged(*found: Found) -> tuple[int, int, int, int]:
    """How many cases of the one cause: one, split, missed; and how many false."""
    outages = Outages()
    outages.add([STAIR], [STAIR], list(found), PATIENCE_MS)
    return outages.one_case, outages.split, outages.missed, outages.false


def at(minute: int, doors: str) -> Found:
    """Found so many minutes after the stair went dark."""
    return Found(HOUR_MS + minute * MINUTE_MS, tuple(doors))


def test_one_cause_has_one_case_or_several_or_none() -> None:
    assert judged(at(9, "abcdef")) == (1, 0, 0, 0)
    assert judged(at(9, "abc"), at(12, "def")) == (0, 1, 0, 0)
    assert judged() == (0, 0, 1, 0)


def test_what_is_found_before_or_long_after_or_elsewhere_is_false() -> None:
    assert judged(at(-1, "abcdef")) == (0, 0, 1, 1)
    assert judged(at(60 + 9, "abcdef")) == (0, 0, 1, 1)
    assert judged(at(9, "uvwxya")) == (0, 0, 1, 1)


def test_small_short_and_unfinished_causes_are_no_true_outages() -> None:
    few = STAIR._replace(doors=frozenset("ab"))
    short = STAIR._replace(to_ms=STAIR.from_ms + PATIENCE_MS - 1)
    unfinished = STAIR._replace(to_ms=5 * HOUR_MS)
    causes = [few, short, unfinished, STAIR]
    assert true_outages(causes, Rules(), PATIENCE_MS, 5 * HOUR_MS) == [STAIR]


def test_a_storm_lasts_ten_minutes_longer_and_a_late_answer_in_it_is_counted() -> None:
    outages = Outages()
    inside, after = STAIR.to_ms + STORM_MS - 1, STAIR.to_ms + STORM_MS
    late = [Answer(inside, 10_001), Answer(after, 20_000), Answer(STAIR.from_ms - 1, 20_000)]
    outages.add_storm([STAIR], "a", late)
    outages.add_storm([STAIR], "z", [Answer(STAIR.from_ms, 10_000)])
    figures = outages.figures()
    assert figures["storm_pages"] == 2
    assert figures["storm_pages_of_dark_doors"] == 1
    assert figures["storm_answer_ms_max"] == 10_001
    assert figures["storm_answers_over_10_s"] == 1
