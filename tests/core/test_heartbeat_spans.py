"""Heartbeats that change nothing fold into spans, and come out of them as they went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.core.events import (
    ClockDoubted,
    DeadlineCame,
    DoorClassed,
    Event,
    MemoryEnded,
    MessageRefused,
    ReportCame,
    RulesSet,
    SealBound,
    SealUnbound,
)
from gateway.core.heartbeat_spans import (
    BEATS_MAX,
    Beat,
    HeartbeatSpan,
    beats_of,
    ends_all,
    event_of,
    fold,
)
from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState, SiteTurn
from gateway.core.subject import SITE, of_door
from tests.core.story import NOON, SEAL, SECOND

HEARTBEAT = 100 * SECOND
SHUT, OPEN = Contact.SHUT, Contact.OPEN


class Life:
    """A door whose events are folded as they come; its seal was heard once."""

    def __init__(self, heartbeat_ms: int | None = HEARTBEAT) -> None:
        self.turn = SiteTurn(SiteState(Rulebook()))
        self.now_ms, self.next_id = NOON, 1
        self.open: HeartbeatSpan | None = None
        self.ended: list[HeartbeatSpan] = []
        self.told: dict[int, tuple[int, Event]] = {}
        self.tell(SealBound(SEAL, heartbeat_ms))
        self.tell(ReportCame(SEAL, 1, SHUT, 0, True, first=True))

    def tell(self, event: Event) -> None:
        for step in self.turn.apply(self.now_ms, of_door("d"), event):
            if step.subject == of_door("d"):
                self.told[self.next_id] = self.now_ms, step.event
                self.open, ended = fold(self.open, self.next_id, self.now_ms, step)
                self.ended += [ended] if ended else []
            self.next_id += 1

    def beat(self, count: int = 1, every_ms: int = HEARTBEAT, **said: object) -> "Life":
        for _ in range(count):
            self.now_ms += every_ms
            event = ReportCame(SEAL, 0, SHUT, 0, False, battery_mv=3000)
            self.tell(replace(event, **said))  # type: ignore[arg-type]
        return self

    def spans(self) -> list[int]:
        """How many heartbeats each span has, the open one last."""
        return [span.beats for span in (*self.ended, *([self.open] if self.open else []))]


def test_a_run_of_heartbeats_is_one_span_and_gives_each_of_them_back() -> None:
    life = Life().beat(5).beat(3, 90_250, battery_mv=2990).beat(battery_mv=None)
    assert life.open is not None
    span = life.open
    assert (span.beats, span.from_ms, span.to_ms) == (9, NOON + HEARTBEAT, life.now_ms)
    assert (span.gap_max_ms, span.battery_mv, span.edges) == (HEARTBEAT, None, 0)
    given_back = {beat.journal_id: (beat.at_ms, event_of(span, beat)) for beat in beats_of(span)}
    assert given_back == {n: told for n, told in life.told.items() if n >= span.from_id}


def test_one_lost_heartbeat_is_within_a_span_and_two_end_it() -> None:
    assert Life().beat(2).beat(1, 2 * HEARTBEAT).beat(1).spans() == [4]
    assert Life().beat(2).beat(1, 2 * HEARTBEAT + 1).beat(1).spans() == [2, 2]


@pytest.mark.parametrize(
    "said",
    [
        {"waited_ms": 1},
        {"held_ms": 1},
        {"age_ms": None},
        {"age_ms": 5},
        {"cover": True},
        {"magnet": True},
        {"contact": OPEN},
        {"contact": Contact.UNKNOWN},
        {"edges": 2},
        {"bounces": 1},
        {"seq": 2},
        {"seq": 2, "first": True, "edge": True},
        {"seal_id": "another"},
    ],
)
def test_whatever_says_more_than_that_it_is_as_it_was_ends_a_span(said: dict[str, object]) -> None:
    life = Life().beat(3).beat(1, **said)
    assert (life.open, [span.beats for span in life.ended]) == (None, [3])


@pytest.mark.parametrize(
    "event",
    [
        DoorClassed("lobby"),
        SealBound("another", HEARTBEAT),
        SealBound(SEAL, 2 * HEARTBEAT),
        SealUnbound(SEAL),
        MemoryEnded(NOON),
    ],
)
def test_what_touches_what_the_seal_says_ends_a_span(event: Event) -> None:
    life = Life().beat(3)
    life.tell(event)
    assert (life.open, [span.beats for span in life.ended]) == (None, [3])


@pytest.mark.parametrize(
    "event", [DeadlineCame(), MessageRefused(SEAL, Reason.UNPROVED), SealBound(SEAL, HEARTBEAT)]
)
def test_what_is_not_about_the_seal_ends_none(event: Event) -> None:
    life = Life().beat(3)
    life.tell(event)
    assert life.beat(2).spans() == [5]


def test_a_seal_that_promised_nothing_has_no_spans() -> None:
    assert Life(heartbeat_ms=None).beat(5).spans() == []


def test_while_the_clock_is_in_doubt_there_is_none_and_the_site_says_so() -> None:
    life = Life().beat(3)
    doubted = ClockDoubted(behind_ms=5)
    life.turn.apply(life.now_ms, SITE, doubted)
    assert life.beat(3).spans() == [3]
    assert life.open is None
    assert ends_all(doubted)
    assert ends_all(RulesSet(Rulebook()))


def test_a_contact_at_fault_sees_nothing_and_has_none() -> None:
    life = Life().beat(2)
    for edges in range(1, 7):
        life.now_ms += 5 * SECOND
        life.tell(ReportCame(SEAL, 1 + edges, OPEN if edges % 2 else SHUT, edges, True))
    assert life.beat(2, edges=6).spans() == [2]


def test_a_span_is_bounded_and_the_next_goes_on_from_there() -> None:
    life = Life().beat(BEATS_MAX + 3)
    assert life.spans() == [BEATS_MAX, 3]
    assert life.ended[0].to_ms + HEARTBEAT == life.open.from_ms  # type: ignore[union-attr]
    assert len(life.ended[0].packed) < 4 * BEATS_MAX


BATTERIES = st.one_of(st.none(), st.integers(0, 70_000))


@given(
    st.lists(
        st.tuples(st.integers(1, 2**40), st.integers(0, 2 * HEARTBEAT), BATTERIES),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_stands_in_a_span_comes_out_and_no_byte_of_it_can_be_another(
    told: list[tuple[int, int, int | None]],
) -> None:
    life, beats = Life(), []
    for ids, gap_ms, battery_mv in told:
        life.next_id += ids
        beats.append(Beat(life.next_id, life.now_ms + gap_ms, battery_mv))
        life.beat(1, gap_ms, battery_mv=battery_mv)
    assert life.open is not None
    assert list(beats_of(life.open)) == beats
    for cut in range(len(life.open.packed)):
        with pytest.raises(ValueError, match="bytes of a span"):
            list(beats_of(replace(life.open, packed=life.open.packed[:cut])))
