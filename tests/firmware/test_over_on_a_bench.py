"""A seal whose order is over: it beats, says nothing of its door, shows it, and watches again."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from sealnode import over
from sealnode.settings import OVER
from sealwire import command
from sealwire.report import EDGE, HEARTBEAT, OPEN, SHUT, TAMPER, UNKNOWN, Report
from tests.firmware.commanding_world import Bench, Command, CommandedSeal

MINUTE_MS = 60_000
IT_IS_OVER = Command(command.OVER, 77, ())
WATCH_AGAIN = Command(command.WATCH, 78, ())

Make = Callable[..., CommandedSeal]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A seal that is awake and has been heard; with a battery if asked."""

    def made(battery: bool = False) -> CommandedSeal:
        bench = Bench(tmp_path, monkeypatch)(battery)
        bench.boot()
        return bench.run(10_000)

    return made


def told(bench: CommandedSeal, asked: Command) -> None:
    """The gateway says it with its answers until a beat shows that it came."""
    bench.broker.asks = asked
    for _ in range(20):
        bench.run(MINUTE_MS // 2)
        last = bench.broker.reports[-1][1]
        if last.kind == HEARTBEAT and (last.contact == UNKNOWN) == (asked is IT_IS_OVER):
            break
    else:
        raise AssertionError("it was told, and does not show it")
    bench.broker.asks = None


def since(bench: CommandedSeal, count: int) -> list[Report]:
    return [said for _, said in bench.broker.reports[count:]]


def moved(bench: CommandedSeal, level: int) -> None:
    """Somebody opens or shuts; a seal that sleeps is woken by it."""
    (bench.board.open_door if level else bench.board.shut_door)(0)
    if bench.seal.asleep:
        bench.board.wake()
        bench.boot(is_cold=False)
    bench.run(5000)


@pytest.mark.parametrize("battery", [False, True])
def test_after_its_order_a_seal_beats_and_says_nothing_of_its_door(
    make: Make, battery: bool
) -> None:
    bench = make(battery)
    told(bench, IT_IS_OVER)
    count, edges = len(bench.broker.reports), bench.seal.spool.edges
    for _ in range(3):
        moved(bench, 1)
        moved(bench, 0)
    bench.run(10 * MINUTE_MS)
    said = since(bench, count)
    assert 4 <= len(said) <= 8, "it beats as ever"
    assert {(one.kind, one.contact, one.edges, one.bounces) for one in said} == {
        (HEARTBEAT, UNKNOWN, edges, 0)
    }
    assert bench.seal.spool.count == 0, "and keeps nothing"


@pytest.mark.parametrize("battery", [False, True])
@pytest.mark.parametrize("is_cold", [False, True])
def test_it_is_over_after_a_power_cut_and_after_sleep(
    make: Make, battery: bool, is_cold: bool
) -> None:
    bench = make(battery)
    told(bench, IT_IS_OVER)
    count = len(bench.broker.reports)
    bench.boot(is_cold)
    moved(bench, 1)
    bench.run(4 * MINUTE_MS)
    assert {one.contact for one in since(bench, count)} == {UNKNOWN}
    assert {one.kind for one in since(bench, count)} == {HEARTBEAT}


@pytest.mark.parametrize("battery", [False, True])
def test_the_next_order_finds_it_watching_and_hears_of_nothing_between(
    make: Make, battery: bool
) -> None:
    bench = make(battery)
    told(bench, IT_IS_OVER)
    moved(bench, 1)
    moved(bench, 0)
    edges = bench.seal.spool.edges
    told(bench, WATCH_AGAIN)
    assert not Path(bench.board.flash, OVER).exists()
    count = len(bench.broker.reports)
    moved(bench, 1)
    bench.run(2 * MINUTE_MS)
    first = next(one for one in since(bench, count) if one.kind == EDGE)
    assert (first.contact, first.edges) == (OPEN, edges + 1)
    assert bench.boot().lamp is None


def test_what_was_seen_under_the_order_is_told_first(make: Make) -> None:
    bench = make()
    bench.broker.loses_receipts = 6
    bench.broker.asks = IT_IS_OVER
    moved(bench, 1)
    bench.run(3 * MINUTE_MS)
    said = since(bench, 0)
    assert [one.contact for one in said if one.kind == EDGE][-1] == OPEN
    assert (said[-1].kind, said[-1].contact) == (HEARTBEAT, UNKNOWN)
    assert bench.seal.spool.count == 0


@pytest.mark.parametrize("battery", [False, True])
def test_the_lamp_flashes_thrice_for_whoever_opens_the_door(make: Make, battery: bool) -> None:
    bench = make(battery)
    moved(bench, 1)
    moved(bench, 0)
    assert not bench.board.lit, "under an order no lamp is lit"
    told(bench, IT_IS_OVER)
    bench.run(2 * over.AGAIN_MS)
    if battery:
        del bench.board.lit[:]
        moved(bench, 1)
    flashes = bench.board.lit[-over.FLASHES :]
    assert len(flashes) == over.FLASHES
    gaps = [later - one for one, later in itertools.pairwise(flashes)]
    assert all(abs(gap - over.LIT_MS - over.DARK_MS) <= 100 for gap in gaps), gaps
    if battery:
        bench.run(10 * MINUTE_MS)
        assert len(bench.board.lit) == over.FLASHES, "a beat lights nothing"
    told(bench, WATCH_AGAIN)
    del bench.board.lit[:]
    moved(bench, 0)
    bench.run(MINUTE_MS)
    assert not bench.board.lit


@pytest.mark.parametrize("battery", [False, True])
def test_hands_on_the_seal_make_it_ask_at_once(make: Make, battery: bool) -> None:
    bench = make(battery)
    told(bench, IT_IS_OVER)
    bench.run(10_000)
    bench.broker.asks = WATCH_AGAIN
    bench.board.set_cover(True)
    if bench.seal.asleep:
        bench.board.wake()
        bench.boot(is_cold=False)
    bench.run(8000)
    last = bench.broker.reports[-1][1]
    assert (last.kind, last.contact, last.cover) == (HEARTBEAT, SHUT, True)
    assert TAMPER not in {one.kind for one in since(bench, 0)}


def test_a_flash_that_fails_leaves_it_watching_until_it_is_told_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make()
    monkeypatch.setattr(over, "OVER", "no/such/folder")
    bench.broker.asks = IT_IS_OVER
    bench.run(4 * MINUTE_MS)
    assert bench.seal.flash_failures > 0
    assert bench.broker.reports[-1][1].contact == SHUT
    monkeypatch.undo()
    monkeypatch.setattr("sealnode.link.Link", lambda *_: bench.seal.link)
    told(bench, IT_IS_OVER)


def test_a_power_cut_while_it_is_told_ends_over_or_watching(make: Make) -> None:
    for cut_ms in range(0, 4000, 400):
        bench = make()
        bench.broker.asks = IT_IS_OVER
        bench.board.set_cover(True)  # so that it is heard at once
        bench.run(cut_ms)
        bench.boot()
        is_over = Path(bench.board.flash, OVER).exists()
        bench.broker.asks = None
        bench.run(3 * MINUTE_MS)
        assert bench.broker.reports[-1][1].contact == (UNKNOWN if is_over else SHUT)
        for name in (OVER, "spool.a", "spool.b"):
            Path(bench.board.flash, name).unlink(missing_ok=True)
