"""`menshen clock`: what the clocks are worth, and a person's word for one."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.cli import check_machine
from gateway.cli.output import now_ms, span
from gateway.core.events import ClockCorrected, ClockDoubted, ClockTrusted, SealBound
from gateway.core.model import Contact, Doubt
from gateway.core.subject import SITE
from gateway.engine import time_service
from gateway.store import journal, pending, states, tables
from gateway.store.database import Store
from tests.cli.written_journal import write
from tests.core.story import HOUR, MINUTE, SEAL, SECOND, Story


def test_b1_a_clock_that_is_believed_is_shown_with_who_vouches(
    menshen: Callable[..., Any], store: Store
) -> None:
    answer = menshen("clock")
    assert answer.code == 0
    assert "its time service vouches" in answer.out
    assert set(menshen("clock", "--json").json) >= {"now_ms", "newest_ms", "behind_ms", "ahead_ms"}


@pytest.mark.parametrize(
    ("vouched", "words"), [(True, "by its time service"), (False, "vouches for it, and nothing")]
)
def test_a_clock_that_nothing_contradicts_is_not_called_well_for_that(
    menshen: Callable[..., Any],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    vouched: bool,
    words: str,
) -> None:
    monkeypatch.setattr(time_service, "is_vouched", lambda: vouched)
    monkeypatch.setattr(check_machine, "TIME_SERVICE", store.path / "no time service here")
    answer = menshen("clock")
    assert (answer.code, " ok" in answer.out) == (0, False)
    assert "The gateway's clock: not in doubt, " in answer.out
    assert words in answer.out
    assert menshen("clock", "--json").json["vouched"] is vouched
    (checked,) = [part for part in menshen("check", "--json").json if part["part"] == "clock"]
    assert words in checked["text"]


def test_b1_a_clock_in_doubt_fails_here_and_in_check_and_both_say_what_to_do(
    menshen: Callable[..., Any], store: Store
) -> None:
    row = {"name": states.CLOCK, "state": states.encode(Doubt(3 * HOUR, 0))}
    with store.writing() as connection:
        connection.execute(insert(tables.states), row)
    answer = menshen("clock")
    assert answer.code == 1
    (checked,) = [part for part in menshen("check", "--json").json if part["part"] == "clock"]
    assert checked["mark"] == "fail"
    for words in (answer.out, checked["text"]):
        assert f"{span(3 * HOUR)} behind" in words
        assert "menshen clock --trust" in words


def test_b1_a_persons_word_waits_for_the_gateway(menshen: Callable[..., Any], store: Store) -> None:
    for word in ("--trust", "--correct"):
        before_ms = now_ms()
        assert menshen("clock", word).code == 0
        with store.reading() as connection:
            *_, (_, subject, event) = pending.pending_events(connection, 0)
        assert subject == SITE
        assert isinstance(event, ClockTrusted)
        assert before_ms <= event.machine_ms <= now_ms()


def test_b1_coverage_adds_a_correction_to_the_rows_that_it_is_about(
    menshen: Callable[..., Any], store: Store
) -> None:
    """The gateway was an hour behind while it saw the door: so it saw it an hour later."""
    story = Story()
    story.journal[0] = (story.now_ms, SealBound(SEAL, 100 * SECOND))
    for _ in range(36):
        story.after(100 * SECOND).heartbeat(Contact.SHUT)
    write(store, "d1", story)
    (before,) = menshen("coverage", "d1", "--json").json
    with store.reading() as connection:
        newest_id, newest_ms = journal.newest(connection)
    first_id = newest_id - 36  # what it heard
    correction = ClockCorrected(HOUR, first_id, newest_id)
    row = journal.row_of(newest_id + 1, newest_ms + HOUR, SITE, correction, None)
    with store.writing() as connection:
        connection.execute(insert(tables.journal), row)
    (after,) = menshen("coverage", "d1", "--json").json
    assert _shut(after) == [(from_ms + HOUR, to_ms + HOUR) for from_ms, to_ms in _shut(before)]


def test_b1_coverage_claims_less_while_the_clock_is_in_doubt(
    menshen: Callable[..., Any], store: Store
) -> None:
    """Each heartbeat may have come within ten minutes: shut is claimed as far as that is sure."""
    story = Story()
    story.journal[0] = (story.now_ms, SealBound(SEAL, 100 * SECOND))
    for _ in range(36):
        story.after(100 * SECOND).heartbeat(Contact.SHUT)
    doubted = journal.row_of(1, story.now_ms, SITE, ClockDoubted(0, 10 * MINUTE), None)
    with store.writing() as connection:
        connection.execute(insert(tables.journal), doubted)
    write(store, "d1", story)
    (order,) = menshen("coverage", "d1", "--json").json
    assert order["totals_ms"]["seen_shut"] == 0, "a gap of ten minutes may lie between any two"


def _shut(order: dict[str, Any]) -> list[tuple[int, int]]:
    spans = order["spans"]
    return [(span["from_ms"], span["to_ms"]) for span in spans if span["seen"] == "seen_shut"]
