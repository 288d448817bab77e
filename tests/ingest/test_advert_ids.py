"""The table of expected ids: found in one look-up, moved on by either way, by no recording."""

import os
import secrets
import time
from random import Random

import pytest

from gateway.core.replay_window import ReplayWindow
from gateway.ingest import advert_ids
from gateway.ingest.advert_ids import AHEAD, AHEAD_IN_EPOCH, AHEAD_MAX, EPOCHS, AdvertIds
from gateway.registry.load import SealRow
from sealwire import report
from tests.engine.small_site import HandSeal

CHANCE = Random(7)  # noqa: S311 - which seal speaks
BEAT_MS = 100_000


def row_of(seal: HandSeal, window: ReplayWindow | None = None) -> SealRow:
    return SealRow(seal.seal_id, None, seal.key, window or ReplayWindow(1, 0), BEAT_MS)


def knowing(*seals: HandSeal) -> AdvertIds:
    ids = AdvertIds()
    ids.know({seal.seal_id: row_of(seal) for seal in seals}, {})
    return ids


def beat(seal: HandSeal) -> bytes:
    return seal.advertised(seal.heartbeat())


def whose(ids: AdvertIds, service: bytes) -> str | None:
    found = ids.read(service)
    return found and found[0]


def test_each_is_found_and_found_once() -> None:
    seals = [HandSeal() for _ in range(20)]
    ids = knowing(*seals)
    for _ in range(3 * AHEAD):
        seal = CHANCE.choice(seals)
        service = beat(seal)
        assert whose(ids, service) == seal.seal_id
        assert ids.read(service) is None  # its repeats, and every recording of it
    assert ids.resolved == 3 * AHEAD


def test_an_older_one_is_nobody_s_once_a_newer_was_heard() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    older, newer = beat(seal), beat(seal)
    assert whose(ids, newer) == seal.seal_id
    assert ids.read(older) is None


def test_lost_beats_are_passed_over_up_to_the_reach_of_the_table() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    seal.counter = AHEAD - 1
    assert whose(ids, beat(seal)) == seal.seal_id
    seal.counter += AHEAD + 1
    assert ids.read(beat(seal)) is None


def test_what_came_over_the_network_moves_the_table_on() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    recorded = beat(seal)
    seal.counter = 5_000
    assert ids.read(beat(seal)) is None  # too far ahead
    ids.rose({seal.seal_id: ReplayWindow(1, seal.counter), "ffffffffffffffff": ReplayWindow(3, 3)})
    assert whose(ids, beat(seal)) == seal.seal_id
    assert ids.read(recorded) is None


def test_a_seal_that_began_anew_is_found_in_its_next_epochs() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    for _ in range(5):
        seal.epoch, seal.counter = seal.epoch + EPOCHS, CHANCE.randrange(AHEAD_IN_EPOCH)
        assert whose(ids, beat(seal)) == seal.seal_id
    seal.epoch, seal.counter = seal.epoch + EPOCHS + 1, 0
    assert ids.read(beat(seal)) is None


def test_a_seal_that_was_never_heard_is_found_in_its_first_epochs() -> None:
    seal = HandSeal()
    ids = AdvertIds()
    ids.know({seal.seal_id: row_of(seal, ReplayWindow())}, {})
    assert whose(ids, beat(seal)) == seal.seal_id


def test_the_table_begins_behind_each_mark() -> None:
    seal = HandSeal()
    recorded = [beat(seal) for _ in range(10)]
    ids = AdvertIds()
    window = ReplayWindow(seal.epoch, seal.counter)
    ids.know({seal.seal_id: row_of(seal)}, {seal.seal_id: window})  # a start of the gateway
    assert [ids.read(service) for service in recorded] == [None] * 10
    assert whose(ids, beat(seal)) == seal.seal_id


def test_the_longer_nothing_was_heard_the_further_the_table_reaches() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    heard_ms = 1_000_000_000
    for hours in (3, 12, 24):
        now_ms = heard_ms + hours * 3_600_000
        ids.stretch(now_ms, lambda _: heard_ms)
        seal.counter += hours * 3_600_000 * 10 // (BEAT_MS * 9)  # each a tenth too early
        assert whose(ids, beat(seal)) == seal.seal_id, hours
    ids.stretch(heard_ms + 1_000 * 86_400_000, lambda _: heard_ms)
    assert len(ids) <= AHEAD_MAX + AHEAD + EPOCHS * AHEAD_IN_EPOCH
    ids.stretch(heard_ms, lambda _: None)  # one that was never heard


def test_stretching_many_costs_no_more_than_so_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(advert_ids, "STRETCHED_AT_ONCE", 5)
    seals = [HandSeal() for _ in range(12)]
    ids = knowing(*seals)
    before, sizes = len(ids), []
    for _ in range(4):
        ids.stretch(10_000_000, lambda _: 1)
        sizes.append(len(ids))
    assert sizes[0] > before
    assert sizes[1] - sizes[0] == sizes[0] - before
    assert sizes[2] > sizes[1]
    for seal in seals:
        seal.counter = 110
        assert whose(ids, beat(seal)) == seal.seal_id


def test_a_forged_one_moves_nothing() -> None:
    seal = HandSeal()
    ids = knowing(seal)
    service = beat(seal)
    forged = service[:-1] + bytes((service[-1] ^ 1,))
    assert ids.read(forged) is None
    assert ids.forged == 1
    assert whose(ids, service) == seal.seal_id  # the true one counts still


@pytest.mark.parametrize("length", [0, 4, 23, 25, 200])
def test_any_other_bytes_are_nobody_s(length: int) -> None:
    ids = knowing(HandSeal())
    assert ids.read(os.urandom(length)) is None
    assert ids.unknown == 1


def test_a_seal_that_is_ended_or_has_another_key_is_known_no_more() -> None:
    one, other = HandSeal(), HandSeal()
    ids = knowing(one, other)
    before = beat(other)
    other.key = secrets.token_bytes(32)
    ids.know({other.seal_id: row_of(other)}, {})
    assert ids.read(beat(one)) is None
    assert ids.read(before) is None
    assert whose(ids, beat(other)) == other.seal_id
    ids.know({}, {})
    assert len(ids) == 0


def test_two_seals_that_share_an_id_are_told_apart_by_their_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sealwire import advert

    same = lambda _ids, _epoch, counter, count: [  # noqa: E731
        (counter + i).to_bytes(4, "big") for i in range(count)
    ]
    monkeypatch.setattr(advert, "next_ids", same)
    monkeypatch.setattr(advert, "rotating_id", lambda _i, _e, counter: counter.to_bytes(4, "big"))
    seals = [HandSeal() for _ in range(3)]
    ids = knowing(*seals)
    for seal in reversed(seals):
        assert whose(ids, beat(seal)) == seal.seal_id


def test_ten_thousand_seals_cost_a_look_up_each() -> None:
    seals = [HandSeal() for _ in range(200)]
    ids = knowing(*seals)
    strangers = [os.urandom(24) for _ in range(2_000)]
    began = time.process_time()
    for service in strangers:
        assert ids.read(service) is None
    assert time.process_time() - began < 0.5  # 250 us each; some 1 us in truth
    report_of = {seal.seal_id: beat(seal) for seal in seals}
    began = time.process_time()
    assert all(whose(ids, service) == seal_id for seal_id, service in report_of.items())
    assert time.process_time() - began < 2.0
    assert report.HEARTBEAT == 0
