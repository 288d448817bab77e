"""The fleet's seal does what the real one does, report for report, whatever happens to the two.

Each life has a printed seed; MENSHEN_SEED repeats one, MENSHEN_LIVES lives so many. What is simpler
in the simulated seal by design, and taken out of the comparison, is just this:

- it is linked whenever it has power: so the real one throws no dice before its first connection,
  and nothing stays unanswered until it would drop one; what becomes of reports in a longer darkness
  is compared by what the gateway takes, and not by when it was sent;
- its heartbeats keep to a grid without jitter, and cross an air of their own, without counters: so
  each of the real one's is laid beside what the other would say in that moment;
- its contact does not bounce, it has no battery, and it never sleeps: so the real one is on mains.
"""

import os
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from random import Random, SystemRandom

import pytest

from gateway.simulate import seal as simulated
from sealnode import node, spool
from sealnode import seal as real
from sealwire.report import AGE_MS_MAX
from tests.simulate.seal_life import START_MS, Life, Record
from tests.simulate.two_seals import RealLife, SimulatedLife

LIVES = int(os.environ.get("MENSHEN_LIVES", "25"))
SEED = os.environ.get("MENSHEN_SEED")
SECOND_MS, HOUR_MS, DAY_MS = 1_000, 3_600_000, 86_400_000
PAUSES_MS = ((60, 400), (60, 400), (500, 5_000), (5_000, 60_000), (60_000, 400_000))
BURST = 90  # edges: more than a spool holds
LIGHT_MS = 150_000  # so long after a darkness, a node has a connection, and all is told


@pytest.fixture
def flash() -> Iterator[Path]:
    """A folder in memory where the machine has one: the real seal writes at every edge."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def random_life(seed: int) -> Life:
    """A door that is used at all hours, tampered with and cut off, in a bad air."""
    chance = Random(seed)  # noqa: S311 - repeatable on purpose
    heartbeat_ms = chance.choice((60, 100, 300)) * SECOND_MS
    acts, dark, at_ms = [(START_MS, "power", 1)], [], START_MS
    state = {"edge": 0, "cover": 0, "magnet": 0, "power": 1}
    for _ in range(chance.randint(20, 150)):
        at_ms += chance.randint(*chance.choice(PAUSES_MS))
        if chance.random() < 0.03:
            dark.append((at_ms, at_ms + chance.randint(1_000, 60_000)))
            for _ in range(chance.choice((0, 10, BURST))):
                at_ms += chance.randint(60, 300)
                state["edge"] ^= 1
                acts.append((at_ms, "edge", state["edge"]))
            continue
        what = chance.choices(("edge", "cover", "magnet", "power"), (20, 1, 1, 3))[0]
        state[what] ^= 1
        acts.append((at_ms, what, state[what]))
        acts.append((at_ms + chance.randint(1, 59), "reading", 0))
    return Life(
        seed,
        heartbeat_ms,
        at_ms + HOUR_MS,
        acts,
        dark,
        loss=chance.choice((0.0, 0.1, 0.4)),
        throw=chance.choice((0.0, 0.5, 0.99)),
        edges_before=chance.choice((0, 0, 65_500)),
    )


def both(truth: Life, folder: Path) -> tuple[Record, Record]:
    theirs = RealLife(truth, folder).live()
    ours = SimulatedLife(truth, [heartbeat.at_ms for heartbeat in theirs.heartbeats]).live()
    return theirs, ours


def first_difference(theirs: list, ours: list) -> str:  # type: ignore[type-arg]
    """Where two lists part, for whoever reads the failure."""
    for n, (their, our) in enumerate(zip_longest(theirs, ours)):
        if their != our:
            before = "\n".join(f"  both {said}" for said in theirs[max(0, n - 3) : n])
            return f"after\n{before}\n  real {their}\n  ours {our}"
    return ""


def any_seed() -> int:
    """A seed nobody has chosen, or the one that was asked for; printed either way."""
    seed = int(SEED) if SEED else SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    return seed


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
def test_whatever_happens_both_send_the_same_at_the_same_time(flash: Path, number: int) -> None:
    theirs, ours = both(random_life(any_seed()), flash)
    assert theirs.lost_links == 0
    assert first_difference(theirs.sent, ours.sent) == ""
    assert first_difference(theirs.heartbeats, ours.heartbeats) == ""
    assert theirs.readings == ours.readings
    assert theirs.taken == ours.taken
    assert theirs.dropped == ours.dropped


def life_with_darkness(seed: int) -> Life:
    """A seal that is cut off for hours and days while its door is used and its power comes and
    goes: its node drops connections and seeks new ones, and is left alone when it is light."""
    chance = Random(seed)  # noqa: S311 - repeatable on purpose
    acts, dark, at_ms = [(START_MS, "power", 1)], [], START_MS
    state = {"edge": 0, "cover": 0, "magnet": 0, "power": 1}
    for _ in range(chance.randint(1, 4)):
        at_ms += chance.randint(LIGHT_MS, HOUR_MS)
        from_ms = at_ms
        for _ in range(chance.choice((1, 10, BURST))):
            what = chance.choices(("edge", "cover", "magnet", "power"), (20, 1, 1, 2))[0]
            state[what] ^= 1
            acts.append((at_ms, what, state[what]))
            at_ms += chance.randint(60, chance.choice((1_000, 60_000, HOUR_MS)))
        at_ms += chance.randint(1_000, HOUR_MS)
        if not state["power"]:
            state["power"] = 1
            acts.append((at_ms - 500, "power", 1))
        dark.append((from_ms, at_ms))
    throw = chance.choice((0.0, 0.5, 0.99))
    return Life(seed, 100_000, at_ms + HOUR_MS, acts, dark, throw=throw, patient=False)


def told(record: Record) -> list[tuple[object, ...]]:
    """What the gateway took, each with when it was, as far as that is known; not when it came."""
    return [
        (*one[3:8], None if one.age_ms is None else one.at_ms - one.age_ms, *one[9:])
        for one in record.taken
    ]


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
def test_after_a_long_darkness_the_gateway_hears_the_same_of_both(flash: Path, number: int) -> None:
    theirs, ours = both(life_with_darkness(any_seed()), flash)
    assert first_difference(told(theirs), told(ours)) == ""
    assert theirs.dropped == ours.dropped


def test_an_age_of_more_than_49_days_is_told_as_49_days_by_both(flash: Path) -> None:
    dark = [(START_MS + HOUR_MS, START_MS + 50 * DAY_MS)]
    acts = [(START_MS, "power", 1), (START_MS + 2 * HOUR_MS, "edge", 1)]
    truth = Life(1, 3_600_000, dark[0][1] + HOUR_MS, acts, dark, throw=0.5, patient=False)
    theirs, ours = both(truth, flash)
    assert theirs.lost_links > 100
    assert theirs.taken[-1].age_ms == ours.taken[-1].age_ms == AGE_MS_MAX


def test_both_go_by_the_same_numbers() -> None:
    assert simulated.SPOOL_MAX == spool.ENTRIES_MAX
    assert (simulated.RESEND_MS, simulated.RESEND_MS_MAX) == (node.RESEND_MS, node.RESEND_MS_MAX)
    assert simulated.FORGET_MS == real.FORGET_MS
