"""`menshen coverage`: what was seen of a door, as words, a bar a day, and JSON."""

from collections.abc import Callable
from typing import Any

from gateway.core.events import SealBound
from gateway.core.model import Contact
from gateway.store.database import Store
from tests.cli.written_journal import write
from tests.core.story import HOUR, SEAL, SECOND, Story

HEARTBEAT = 100 * SECOND


def an_hour_and_a_doubt() -> Story:
    """Seen shut for 36 heartbeats, open for 20 s, then two openings that only the counter shows."""
    story = Story()
    story.journal[0] = (story.now_ms, SealBound(SEAL, HEARTBEAT))
    for _ in range(36):
        story.after(HEARTBEAT).heartbeat(Contact.SHUT)
    story.opens()
    story.after(20 * SECOND).shuts()
    story.after(HOUR).heartbeat(Contact.SHUT, edges=6)
    return story


def test_json_has_totals_spans_and_openings_without_a_time(
    menshen: Callable[..., Any], store: Store
) -> None:
    story = an_hour_and_a_doubt()
    write(store, "d1", story)
    (order,) = menshen("coverage", "d1", "--json").json
    assert order["order_id"] == "order-1"
    assert order["totals_ms"]["seen_open"] == 20 * SECOND
    assert order["totals_ms"]["seen_shut"] == 36 * HEARTBEAT
    assert sum(order["totals_ms"].values()) == order["to_ms"] - order["from_ms"]
    assert order["openings_time_unknown"] == [
        {"openings": 2, "from_ms": story.now_ms - HOUR, "to_ms": story.now_ms}
    ]


def test_people_read_a_bar_a_day_and_what_is_not_known(
    menshen: Callable[..., Any], store: Store
) -> None:
    write(store, "d1", an_hour_and_a_doubt())
    answer = menshen("coverage", "d1")
    assert answer.code == 0
    assert "seen open 20 s" in answer.out
    assert "2 openings, time unknown, between" in answer.out
    assert "█" in answer.out
    bars = [line for line in answer.out.splitlines() if line.startswith("  2020-")]
    assert 14 <= len(bars) <= 15


def test_a_slower_heartbeat_is_taken_at_its_word(menshen: Callable[..., Any], store: Store) -> None:
    write(store, "d1", Story().after(HOUR))
    story = Story()
    story.journal[0] = (story.now_ms, SealBound(SEAL, HOUR))
    story.after(HOUR).heartbeat(Contact.SHUT)
    write(store, "d2", story)
    (order,) = menshen("coverage", "d2", "--json").json
    assert order["totals_ms"]["seen_shut"] == HOUR


def test_a_door_that_is_none_and_a_door_without_an_order(
    menshen: Callable[..., Any], store: Store
) -> None:
    assert "there is no door d9" in menshen("coverage", "d9").err
    assert "no order has begun" in menshen("coverage", "d2").out
