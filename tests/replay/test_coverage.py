"""The ledger: what was seen, what was not, and never a word that the truth contradicts."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.core.events import (
    DoorClassed,
    Event,
    ReportCame,
    ReportHeld,
    RulesSet,
    SealBound,
)
from gateway.core.model import Contact
from gateway.core.rules import Rulebook, Rules
from gateway.replay.coverage import Ledger, ledger
from tests.core.story import HOUR, MINUTE, NOON, SEAL, SECOND, Story

HEARTBEAT = 100 * SECOND
SHUT, OPEN, NOT_SEEN = Contact.SHUT, Contact.OPEN, Contact.UNKNOWN


def made(
    story: Story,
    from_ms: int = NOON,
    to_ms: int | None = None,
    heartbeat_ms: int | None = HEARTBEAT,
) -> Ledger:
    """Of a story whose seals had all promised one batch."""
    events = [
        (
            at_ms,
            replace(event, heartbeat_ms=heartbeat_ms) if isinstance(event, SealBound) else event,
        )
        for at_ms, event in story.journal
    ]
    return ledger(events, (from_ms, to_ms or story.now_ms))


def seen(its: Ledger) -> list[tuple[int, Contact]]:
    """Whole seconds of each span, and how the door was seen."""
    return [((span.to_ms - span.from_ms) // SECOND, span.seen) for span in its.spans]


def heartbeats(story: Story, contact: Contact, count: int) -> Story:
    for _ in range(count):
        story.after(HEARTBEAT).heartbeat(contact)
    return story


def flutters(story: Story) -> Story:
    """Three openings in half a minute: by the usual rules, a contact at fault."""
    for _ in range(3):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(5 * SECOND)
    return heartbeats(story, SHUT, 1)


def test_heartbeats_of_equal_count_show_the_door_as_it_stands() -> None:
    assert seen(made(heartbeats(Story(), SHUT, 3))) == [(300, SHUT)]


def test_one_lost_heartbeat_is_allowed_and_two_are_not() -> None:
    assert seen(made(heartbeats(Story().after(HEARTBEAT), SHUT, 1))) == [(200, SHUT)]
    assert seen(made(heartbeats(Story().after(2 * HEARTBEAT), SHUT, 1))) == [(300, NOT_SEEN)]


def test_an_opening_is_seen_from_its_edge_to_its_edge() -> None:
    story = heartbeats(Story(), SHUT, 1).after(30 * SECOND)
    story.opens()
    story.after(20 * SECOND).shuts()
    heartbeats(story, SHUT, 1)
    assert seen(made(story)) == [(130, SHUT), (20, OPEN), (100, SHUT)]


def test_an_edge_that_is_told_late_counts_from_when_it_was() -> None:
    story = heartbeats(Story(), SHUT, 1).after(90 * SECOND)
    story.opens(age_ms=60 * SECOND)
    story.heartbeat(OPEN)
    assert seen(made(story)) == [(130, SHUT), (60, OPEN)]


def test_after_the_last_report_nothing_is_claimed() -> None:
    story = heartbeats(Story(), SHUT, 1)
    assert seen(made(story, NOON, NOON + 150 * SECOND)) == [(100, SHUT), (50, NOT_SEEN)]


def test_openings_that_only_the_counter_shows_have_no_time() -> None:
    story = Story().after(HEARTBEAT)
    story.heartbeat(SHUT, edges=4)
    its = made(story)
    assert seen(its) == [(100, NOT_SEEN)]
    (untimed,) = its.untimed
    assert (untimed.openings, untimed.from_ms, untimed.to_ms) == (2, NOON, NOON + HEARTBEAT)


def test_a_report_that_may_have_waited_leaves_the_doubt_unseen() -> None:
    story = Story().after(HEARTBEAT)
    story.opens(waited_ms=40 * SECOND)
    story.after(10 * SECOND).heartbeat(OPEN)
    assert seen(made(story)) == [(60, SHUT), (40, NOT_SEEN), (10, OPEN)]


def test_a_copy_that_shows_an_edge_to_be_older_takes_back_what_was_claimed() -> None:
    story = heartbeats(Story(), SHUT, 1).after(90 * SECOND)
    story.opens()
    assert seen(made(story)) == [(190, SHUT)]
    edge_ms = story.now_ms - 60 * SECOND
    story.after(10 * SECOND).tell(ReportHeld(SEAL, story.seq, edge_ms))
    story.heartbeat(OPEN)
    assert seen(made(story)) == [(130, SHUT), (70, OPEN)]
    story.tell(ReportHeld(SEAL, story.seq, edge_ms - 10 * SECOND, waited_ms=20 * SECOND))
    assert seen(made(story)) == [(100, SHUT), (20, NOT_SEEN), (80, OPEN)]


def test_nothing_is_claimed_across_a_restart() -> None:
    story = Story().after(HEARTBEAT)
    story.report(SHUT, edges=0, first=True)
    heartbeats(story, SHUT, 1)
    assert seen(made(story)) == [(100, NOT_SEEN), (100, SHUT)]


def test_nothing_is_claimed_across_a_missing_number() -> None:
    story = Story()
    story.opens()
    story.after(10 * SECOND).shuts()
    story.seq += 1
    story.after(60 * SECOND).opens()
    story.after(10 * SECOND).heartbeat(OPEN)
    assert seen(made(story)) == [(10, OPEN), (60, NOT_SEEN), (10, OPEN)]


def test_a_tampered_seal_sees_nothing() -> None:
    story = heartbeats(Story(), SHUT, 1).after(HEARTBEAT)
    story.heartbeat(SHUT, magnet=True)
    heartbeats(story, SHUT, 2)
    assert seen(made(story)) == [(100, SHUT), (200, NOT_SEEN), (100, SHUT)]


def test_a_contact_that_chatters_is_not_seen_until_it_settles() -> None:
    story = heartbeats(Story(), SHUT, 1)
    since_ms = story.now_ms
    heartbeats(flutters(story), SHUT, 7)
    its = made(story)
    assert its.spans[1].from_ms == since_ms
    assert its.spans[1].seen is NOT_SEEN
    assert its.spans[1].to_ms - since_ms >= 5 * MINUTE
    assert its.spans[-1].seen is SHUT


def test_a_new_seal_knows_nothing_of_the_time_before_it() -> None:
    story = heartbeats(Story(), SHUT, 1)
    story.tell(SealBound("another"))
    story.after(HEARTBEAT).tell(ReportCame("another", 0, SHUT, 0, False))
    assert seen(made(story)) == [(100, SHUT), (100, NOT_SEEN)]


def test_the_rules_hold_that_held_then_and_not_those_of_today() -> None:
    patient = RulesSet(Rulebook(Rules(chatter_openings=99)))
    told = Story()
    told.journal.insert(0, (NOON, patient))
    assert made(flutters(told)).total_ms(NOT_SEEN) == 0
    assert made(flutters(Story())).total_ms(NOT_SEEN) > 0
    late = flutters(Story())
    late.journal.append((late.now_ms, patient))  # set afterwards: it judges nothing of before
    assert made(late) == made(flutters(Story()))


def test_the_class_of_the_door_holds_from_when_it_was_said() -> None:
    rulebook = RulesSet(Rulebook(Rules(), {"lobby": Rules(chatter_openings=99)}))
    story = Story()
    story.journal.insert(0, (NOON, rulebook))
    assert made(flutters(story)).total_ms(NOT_SEEN) > 0
    story = Story()
    story.journal[:0] = [(NOON, rulebook), (NOON, DoorClassed("lobby"))]
    assert made(flutters(story)).total_ms(NOT_SEEN) == 0


def test_the_heartbeat_holds_that_the_seal_had_promised_then() -> None:
    story = Story().after(HOUR)
    story.heartbeat(SHUT)
    assert seen(made(story)) == [(3_600, NOT_SEEN)]
    assert seen(made(story, heartbeat_ms=HOUR)) == [(3_600, SHUT)]


def test_a_slower_heartbeat_allows_nothing_before_it_was_promised() -> None:
    story = Story()
    story.tell(SealBound(SEAL, HEARTBEAT))
    story.after(HEARTBEAT).heartbeat(SHUT)
    story.tell(SealBound(SEAL, HOUR))
    for _ in range(2):
        story.after(HOUR).heartbeat(SHUT)
    its = ledger(story.journal, (NOON + HEARTBEAT, story.now_ms))
    assert seen(its) == [(3_600, NOT_SEEN), (3_600, SHUT)]


def test_of_a_seal_that_promised_no_heartbeat_nothing_is_claimed_and_that_is_told() -> None:
    its = made(heartbeats(Story(), SHUT, 3), heartbeat_ms=None)
    assert seen(its) == [(300, NOT_SEEN)]
    assert its.unpromised == 3  # in the span, which ends with the fourth


class World:
    """A door, its seal with a small spool, and a radio: the truth, and what the gateway hears."""

    def __init__(self, gaps: list[int], outages: list[tuple[int, int]], chance: Random) -> None:
        self.chance = chance
        self.moves: list[int] = []
        at_ms = NOON
        for gap in gaps:
            at_ms += gap * SECOND
            self.moves.append(at_ms)
        self.end_ms = at_ms + 10 * MINUTE
        self.outages: list[tuple[int, int]] = []
        off_ms = NOON
        for before, length in outages:
            off_ms += before * SECOND
            self.outages.append((off_ms, off_ms + length * SECOND))
            off_ms += length * SECOND
        self.spool: list[tuple[int, int | None, Contact, int, bool]] = []
        self.seq = self.edges = 0
        self.heard: list[tuple[int, int, Event]] = []
        self.weather = chance.random()

    def truth(self, at_ms: int) -> Contact:
        return (SHUT, OPEN)[sum(move <= at_ms for move in self.moves) % 2]

    def runs(self, at_ms: int) -> bool:
        return not any(start <= at_ms < end for start, end in self.outages)

    def live(self) -> list[tuple[int, Event]]:
        """Every second or so of the seal's life; the journal that comes of it."""
        self.keep(NOON, first=True)
        moves = set(self.moves)
        boots = {end for _, end in self.outages}
        next_heartbeat_ms = NOON
        for at_ms in range(NOON, self.end_ms, SECOND):
            if not self.runs(at_ms):
                continue
            if at_ms in boots:
                self.spool = [(s, None, c, n, f) for s, _, c, n, f in self.spool if not f]
                self.keep(at_ms, first=True)
            elif at_ms in moves:
                self.edges += 1
                self.keep(at_ms)
            if self.spool and (at_ms // SECOND) % 7 == 0:
                self.try_oldest(at_ms)
            elif not self.spool and at_ms >= next_heartbeat_ms:
                said = ReportCame(SEAL, 0, self.truth(at_ms), self.edges, False)
                self.send(at_ms, said)
                next_heartbeat_ms = at_ms + HEARTBEAT
        self.heard.sort(key=lambda heard: heard[:2])
        bound: tuple[int, Event] = (NOON, SealBound(SEAL, HEARTBEAT))
        return [bound, *((at_ms, event) for at_ms, _, event in self.heard)]

    def keep(self, at_ms: int, first: bool = False) -> None:
        self.seq += 1
        self.spool.append((self.seq, at_ms, self.truth(at_ms), self.edges, first))
        del self.spool[:-4]  # a small ring: the oldest gives way

    def try_oldest(self, at_ms: int) -> None:
        seq, when_ms, contact, edges, first = self.spool[0]
        age_ms = None if when_ms is None else at_ms - when_ms
        said = ReportCame(SEAL, seq, contact, edges, True, first=first, age_ms=age_ms)
        if self.send(at_ms, said):
            self.spool.pop(0)

    def send(self, at_ms: int, said: ReportCame) -> bool:
        """Whether it arrives; a broker may keep it for a while, and then says how long at most."""
        if self.chance.random() < 0.6 * self.weather:
            return False
        delay_ms = self.chance.choice([0, 0, 0, 5, 50, 400]) * SECOND
        doubt_ms = self.chance.choice([0, 30]) * SECOND if delay_ms else 0
        late = ReportCame(
            **{name: getattr(said, name) for name in said.__struct_fields__}
            | {"waited_ms": delay_ms + doubt_ms}
        )
        self.heard.append((at_ms + delay_ms, len(self.heard), late))
        return True

    def contradicted(self, its: Ledger) -> list[object]:
        """Claims that are not true throughout, second by second."""
        return [
            span
            for span in its.spans
            if span.seen is not NOT_SEEN
            and any(
                self.truth(at_ms) is not span.seen
                for at_ms in range(span.from_ms, span.to_ms, SECOND)
            )
        ]


@settings(max_examples=120, deadline=None, print_blob=True)
@given(
    gaps=st.lists(st.integers(1, 400), max_size=12),
    outages=st.lists(st.tuples(st.integers(30, 900), st.integers(1, 300)), max_size=4),
    chance=st.randoms(use_true_random=False),
)
def test_no_claim_that_the_truth_contradicts(
    gaps: list[int], outages: list[tuple[int, int]], chance: Random
) -> None:
    world = World(gaps, outages, chance)
    its = ledger(world.live(), (NOON, world.end_ms))
    assert world.contradicted(its) == []
    assert its.spans[0].from_ms == NOON
    assert its.spans[-1].to_ms == world.end_ms
    total_ms = sum(its.total_ms(contact) for contact in Contact)
    assert total_ms == world.end_ms - NOON


def test_in_good_weather_most_of_the_time_is_seen() -> None:
    """The ledger is not right by claiming nothing."""
    world = World([HOUR // SECOND, 300, 900, 200, 1800, 60], [], Random(1))  # noqa: S311
    world.weather = 0.0
    world.chance.choice = lambda options: options[0]  # type: ignore[method-assign, assignment]
    its = ledger(world.live(), (NOON, world.end_ms))
    assert world.contradicted(its) == []
    assert its.total_ms(OPEN) == (300 + 200 + 60) * SECOND
    assert its.total_ms(NOT_SEEN) < 2 * HEARTBEAT
