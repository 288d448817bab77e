"""`menshen what-if`: a real journal under other rules, beside the rules that hold."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.core.rules import Rulebook, Rules
from gateway.replay.replay import Replay, journaled
from gateway.replay.what_if import Comparison, what_if
from gateway.store.database import Store
from tests.cli.written_journal import write
from tests.core.story import DAY, HOUR, MINUTE, NOON, SECOND, Story


def burst() -> Story:
    """Three openings, 15 s apart: two pages, then a case of chatter that settles with nobody."""
    story = Story().after(HOUR)
    for _ in range(3):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(10 * SECOND)
    return story.after(HOUR)


def compare(store: Store, changed: Rules, from_ms: int = 0, to_ms: int = NOON + DAY) -> Comparison:
    with store.reading() as connection:
        return what_if(journaled(connection), Replay(Rulebook()), Rulebook(changed), from_ms, to_ms)


def reasons(pages: list[Any]) -> list[str]:
    return [str(page.reason) for page in pages]


def test_the_same_rules_raise_the_same_pages(store: Store) -> None:
    write(store, "d1", burst())
    compared = compare(store, Rules())
    assert reasons(compared.both) == ["no_permit", "no_permit", "chatter"]
    assert (compared.not_raised, compared.also_raised, compared.unmet) == ([], [], [])
    assert compared.to_the_end


def test_more_openings_to_a_chatter_turn_the_fault_into_an_opening(store: Store) -> None:
    write(store, "d1", burst())
    compared = compare(store, Rules(chatter_openings=4))
    assert reasons(compared.both) == ["no_permit", "no_permit"]
    assert reasons(compared.not_raised) == ["chatter"]
    assert reasons(compared.also_raised) == ["no_permit"]
    assert compared.also_raised[0].at_ms == compared.not_raised[0].at_ms


def test_a_deadline_of_the_other_life_comes_by_itself(store: Store) -> None:
    """It settles sooner, with the door open, where no event of the journal stands."""
    story = Story().after(HOUR)
    for _ in range(3):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(10 * SECOND)
    story.opens()
    opened_ms = story.now_ms
    story.after(4 * MINUTE).shuts()
    story.after(HOUR)
    write(store, "d1", story)
    compared = compare(store, Rules(settle_ms=MINUTE))
    (page,) = compared.also_raised
    assert (page.reason, page.since_ms) == ("no_permit", opened_ms)
    assert page.at_ms == opened_ms + MINUTE


def test_before_the_first_day_the_rules_that_hold_make_both_lives(store: Store) -> None:
    story = burst()
    write(store, "d1", story)
    compared = compare(store, Rules(chatter_openings=4), from_ms=story.now_ms)
    assert (compared.both, compared.not_raised, compared.also_raised) == ([], [], [])
    assert not compare(store, Rules(), to_ms=story.now_ms - 2 * HOUR).to_the_end


def test_an_act_on_a_case_that_was_never_raised_meets_none_and_changes_nothing(
    store: Store,
) -> None:
    story = Story().after(HOUR)
    for _ in range(10):
        story.refused()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    story.report_outcome(case_id)
    write(store, "d1", story)
    compared = compare(store, Rules(burst_count=50))
    assert reasons(compared.not_raised) == ["refusals"]
    assert [(act.kind, act.case_id) for act in compared.unmet] == [
        ("acknowledged", case_id),
        ("reported", case_id),
    ]


@pytest.fixture
def other(folder: Path) -> Path:
    path = folder / "other.toml"
    path.write_text("[rules]\nchatter_openings = 4\n")
    return path


def test_the_command_shows_both_sides_and_writes_nothing(
    menshen: Callable[..., Any], store: Store, other: Path, folder: Path
) -> None:
    write(store, "d1", burst())
    before = dump(store)
    answer = menshen("what-if", "--from", "2020-05-01", "--to", "2020-07-01", "--rules", other)
    assert answer.code == 0
    assert "2 pages under both, 1 only now, 1 only then." in answer.out
    assert "3-201" in answer.out
    plain = menshen("what-if", "--from", "2020-05-01", "--rules", other, "--json").json
    assert plain["counts"] == {
        "both": {"no_permit": 2},
        "not_raised": {"chatter": 1},
        "also_raised": {"no_permit": 1},
    }
    assert plain["also_raised"][0]["label"] == "3-201"
    assert plain["stored_otherwise"] == {
        "doors": [],
        "households": [],
        "people": [],
        "site": [],
        "journal": [],
    }
    assert dump(store) == before


def test_a_journal_that_was_lived_under_other_rules_is_told(
    menshen: Callable[..., Any], store: Store
) -> None:
    story = Story(Rules(chatter_openings=4)).after(HOUR)
    for _ in range(3):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(10 * SECOND)
    write(store, "d1", story)
    plain = menshen("what-if", "--from", "2020-05-01", "--json").json
    assert plain["stored_otherwise"]["doors"] == ["d1"]
    assert "of 1 door (3-201) is not" in menshen("what-if", "--from", "2020-05-01").out


def test_wrong_rules_and_wrong_times_are_told(
    menshen: Callable[..., Any], store: Store, other: Path
) -> None:
    other.write_text("[rules]\nchatter_openings = 1\n")
    answer = menshen("what-if", "--from", "2020-05-01", "--rules", other)
    assert answer.code == 2
    assert "rules.chatter_openings is 1; allowed is 2 to 20" in answer.err
    other.write_text("[rule]\nchatter_openings = 4\n")
    answer = menshen("what-if", "--from", "2020-05-01", "--rules", other)
    assert (answer.code, "has no section [rules]" in answer.err) == (2, True)
    assert menshen("what-if", "--from", "yesterday").code == 2
    assert menshen("what-if", "--from", "2020-05-02", "--to", "2020-05-01").code == 2


def test_the_secrets_of_the_site_do_not_disturb_a_file_of_rules(
    menshen: Callable[..., Any], store: Store, other: Path, settings: Path, monkeypatch: Any
) -> None:
    settings.write_text(settings.read_text().replace("[broker]", '[broker]\nuser = "menshen"'))
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD", "secret")
    assert menshen("what-if", "--from", "2020-05-01", "--rules", other).code == 0


def dump(store: Store) -> str:
    """Every row of the database, as one number."""
    with store.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        return hashlib.sha256("\n".join(raw.iterdump()).encode()).hexdigest()
