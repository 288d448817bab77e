"""The gateway answers a seal's questions, from the store, across its own restarts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.core.duration import DAY_MS
from gateway.registry.enrolment import enrol_seal
from gateway.store import seal_commands
from gateway.store.batch import WriteBatch
from gateway.store.database import Store
from gateway.store.update_tables import releases
from gateway.updates import kept, rollout
from gateway.updates.kept import RefusedError, Rollout
from gateway.updates.rollout import Plan, RolloutState, SealState, Stage
from gateway.updates.server import REQUESTS_MAX, UpdateServer
from sealwire import ccm, topics, update, update_answer
from tests.updates.releases import made

RELEASE = made(7)
SIZE = len(RELEASE.render())
KEYS = {f"{n:016x}": bytes([n]) * 32 for n in range(1, 8)}
C6, C3 = 3, 2
PLAN = Plan()


class Site:
    """A store, a server on it, and what it has published."""

    def __init__(self, path: Path) -> None:
        self.store, self.keys = Store.open(path), dict(KEYS)
        for seal_id, key in KEYS.items():
            enrol_seal(
                self.store, seal_id=seal_id, key=key, door_id=None, broker_password="p", at_ms=1
            )
        self.now_ms = 1_700_000_000_000
        self.marks = dict.fromkeys(KEYS, (0, 0))
        self.counters = dict.fromkeys(KEYS, 0)
        self.restart()

    def restart(self, listened_ms: Callable[[int], int] = lambda _: 0) -> None:
        """A new gateway on the same store; how long all of them have listened."""
        self.said: list[tuple[str, bytes]] = []
        self.server = UpdateServer(
            self.store,
            lambda seal_id: self.keys.get(seal_id),
            lambda seal_id: self.marks[seal_id],
            lambda topic, payload: self.said.append((topic, payload)),
            lambda: self.now_ms,
            listened_ms,
        )

    async def start(self, plan: Plan = PLAN, canaries: int = 1) -> None:
        seals = list(KEYS)
        stages = {s: Stage.CANARY if n < canaries else Stage.ALL for n, s in enumerate(seals)}
        with self.store.writing() as connection:
            if not kept.kept(connection):
                kept.add(connection, RELEASE, self.now_ms)
            chosen = RELEASE.release_id.hex()
            kept.start(connection, chosen, plan, stages, self.now_ms)
        await self.server.look()

    def ask(self, n: int, *, running: int = 0, reason: int = 0, chip: int = C6, board: int = 1):
        """What seal n is offered: (release, size, counter)."""
        failed = RELEASE.release_id if reason else update.NOTHING
        found = self.say(n, (update.ASK, running, chip, board, reason, failed, 0, 1))
        return found[0][2], found[0][4], found[0][5]

    def fetch(self, n: int, offset: int, count: int = 4, release: bytes = RELEASE.release_id):
        """Each answer of a fetch."""
        return self.say(n, (update.FETCH, 0, C6, 1, 0, release, offset, count))

    def say(self, n: int, request: tuple[int | bytes, ...]):
        seal_id = f"{n:016x}"
        cipher, raw = ccm.cipher(self.keys[seal_id]), bytes.fromhex(seal_id)
        self.counters[seal_id] += 1
        frame = update.seal_request(cipher, raw, 1, self.counters[seal_id], request)
        self.counters[seal_id] += int(request[7]) - 1
        self.said.clear()
        self.server.receive(topics.update(seal_id), frame)
        assert all(topic == topics.receipt(seal_id) for topic, _ in self.said)
        return [update.open_answer(cipher, raw, payload) for _, payload in self.said]

    def pull(self, n: int) -> bytes:
        """All of it, as a seal pulls it."""
        data = b""
        while len(data) < SIZE:
            answers = self.fetch(n, len(data))
            assert answers
            assert all(answer[3] == update.BLOCK for answer in answers)
            data += b"".join(answer[6] for answer in answers)
        return data

    def stored(self) -> Rollout:
        with self.store.reading() as connection:
            newest = kept.newest(connection)
            assert newest is not None
            return kept.load(connection, newest[0])

    def states(self) -> list[SealState]:
        return [progress.state for _, progress in sorted(self.stored().seals.items())]


OFFER = (RELEASE.release_id, SIZE, 7)
NO_OFFER = (update.NOTHING, 0, 0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made_site = Site(tmp_path / "menshen.db")
    yield made_site
    made_site.store.close()


async def test_without_a_roll_out_there_is_nothing(site: Site) -> None:
    await site.server.look()
    assert site.ask(1) == NO_OFFER
    assert site.fetch(1, 0)[0][2] == update.NOTHING


async def test_a_canary_pulls_it_all_and_the_others_wait_for_it(site: Site) -> None:
    await site.start()
    assert site.ask(2) == NO_OFFER
    assert site.ask(1) == OFFER
    assert site.pull(1) == RELEASE.render()
    assert site.ask(2) == NO_OFFER
    assert site.ask(1, running=7) == NO_OFFER
    assert site.ask(2) == OFFER
    await site.server.look()
    assert site.states()[:3] == [SealState.GOOD, SealState.PULLING, SealState.WAITING]


async def test_never_more_at_once_than_named(site: Site) -> None:
    await site.start(Plan(at_once=2), canaries=0)
    assert [site.ask(n) for n in (1, 2, 3)] == [OFFER, OFFER, NO_OFFER]
    assert site.ask(1) == OFFER  # it lost what it had
    site.pull(1)
    assert site.ask(3) == NO_OFFER  # on trial is at it, too
    site.ask(1, running=7)
    assert site.ask(3) == OFFER


async def test_a_canary_that_fails_stops_it_at_once(site: Site) -> None:
    await site.start(canaries=2)
    site.ask(1), site.ask(2)
    site.pull(1)
    reason = update_answer.REASONS.index("crashed")
    assert site.ask(1, reason=reason) == NO_OFFER
    assert site.fetch(2, 0)[0][2] == update.NOTHING  # whoever is in the middle is told to let go
    await site.server.look()
    stored = site.stored()
    assert (stored.state, stored.why) == (RolloutState.STOPPED, "a canary failed")
    assert stored.seals[f"{1:016x}"].reason == "crashed"
    assert site.states()[1] is SealState.WAITING


async def test_a_restart_of_the_gateway_forgets_nothing(site: Site) -> None:
    await site.start()
    site.ask(1)
    half = site.fetch(1, 0)
    await site.server.look()
    site.restart()
    await site.server.look()
    offset = sum(len(answer[6]) for answer in half)
    rest = site.fetch(1, offset)
    assert rest[0][4] == offset
    assert rest[0][6] == RELEASE.render()[offset : offset + update.BLOCK_BYTES]
    assert site.stored().seals[f"{1:016x}"].have_bytes == offset


async def test_what_lies_behind_the_end_is_nothing_and_no_trial(site: Site) -> None:
    await site.start()
    site.ask(1)
    site.fetch(1, 0)
    assert site.fetch(1, SIZE + 192, count=1)[0][2] == update.NOTHING  # it drops what it has
    await site.server.look()
    assert site.states()[0] is SealState.PULLING
    assert site.ask(1) == OFFER


async def test_what_a_person_says_holds_within_a_round(site: Site) -> None:
    await site.start()
    for to, wanted in ((RolloutState.STOPPED, NO_OFFER), (RolloutState.RUNNING, OFFER)):
        site.now_ms += 1000
        with site.store.writing() as connection:
            assert kept.turn(connection, 1, to, site.now_ms)
        await site.server.look()
        assert site.ask(1) == wanted
    with site.store.writing() as connection, pytest.raises(RefusedError, match="roll-out 1 is"):
        kept.start(connection, RELEASE.release_id.hex(), Plan(), {}, site.now_ms)


async def test_it_is_done_when_nobody_is_left(site: Site) -> None:
    await site.start()
    for n in range(1, len(KEYS) + 1):
        site.ask(n, running=7)
    await site.server.look()
    assert site.stored().state is RolloutState.DONE


async def test_a_seal_of_another_chip_or_board_is_left_out(site: Site) -> None:
    await site.start(canaries=0)
    assert site.ask(1, chip=C3) == NO_OFFER
    assert site.ask(2, board=9) == NO_OFFER
    await site.server.look()
    assert site.states()[:2] == [SealState.LEFT_OUT] * 2


async def test_a_seal_that_is_retired_meanwhile_is_not_waited_for(site: Site) -> None:
    await site.start()
    del site.keys[f"{1:016x}"]  # the canary
    await site.server.look()
    assert site.states() == [SealState.LEFT_OUT] + [SealState.WAITING] * 6
    assert site.stored().seals[f"{1:016x}"].reason == "retired"
    assert site.ask(2) == OFFER


async def test_a_seal_that_takes_a_fresh_identity_meanwhile_stays_in_it(site: Site) -> None:
    await site.start()
    assert site.ask(1) == OFFER
    await site.server.look()
    was, fresh = f"{1:016x}", f"{8:016x}"
    with site.store.writing() as connection:  # as the engine's commit does it
        batch = WriteBatch(1)
        batch.renamed(was, fresh)
        batch.write(connection)
    site.keys[fresh] = site.keys.pop(was)
    site.marks[fresh], site.counters[fresh] = (0, 0), 0
    await site.server.look()
    assert site.ask(8) == OFFER
    await site.server.look()
    assert site.stored().seals[fresh].state is SealState.PULLING
    assert was not in site.stored().seals


async def test_what_is_no_question_of_a_seal_s_is_refused(site: Site) -> None:
    await site.start()
    seal_id = f"{1:016x}"
    cipher, raw = ccm.cipher(site.keys[seal_id]), bytes.fromhex(seal_id)
    ask = (update.ASK, 0, C6, 1, 0, update.NOTHING, 0, 1)
    good = update.seal_request(cipher, raw, 1, 9, ask)
    stranger = update.seal_request(ccm.cipher(bytes(32)), raw, 1, 9, ask)
    for topic, payload in (
        (topics.update("f" * 16), good),
        (topics.update(f"{2:016x}"), good),
        (topics.update(seal_id), stranger),
        (topics.update(seal_id), good[:-1]),
        (topics.update(seal_id), b""),
        ("seals/x/update", good),
    ):
        site.server.receive(topic, payload)
    assert (site.said, site.server.refused) == ([], 6)
    site.server.receive(topics.update(seal_id), good)
    assert len(site.said) == 1
    site.server.receive(topics.update(seal_id), good)  # somebody repeats it
    site.marks[seal_id] = 2, 0
    later = update.seal_request(cipher, raw, 1, 10, ask)
    site.server.receive(topics.update(seal_id), later)  # from before its last report
    assert (len(site.said), site.server.refused) == (1, 8)


async def test_a_flood_of_questions_is_answered_up_to_a_limit(site: Site) -> None:
    await site.start()
    for _ in range(REQUESTS_MAX):
        site.ask(1)
    assert site.say(1, (update.ASK, 0, C6, 1, 0, update.NOTHING, 0, 1)) == []
    await site.server.look()
    assert site.ask(1) == OFFER


def test_a_number_is_given_once(site: Site) -> None:
    with site.store.writing() as connection:
        kept.add(connection, RELEASE, 1)
        with pytest.raises(RefusedError, match="here already"):
            kept.add(connection, RELEASE, 1)
        with pytest.raises(RefusedError, match="has the number 7 already"):
            kept.add(connection, made(7, version="1.4.1"), 1)
        assert [one.counter for one in kept.kept(connection)] == [7]


async def test_a_seal_whose_turn_it_is_is_called_once_and_nobody_of_a_roll_out_that_stopped(
    site: Site,
) -> None:
    await site.start()
    await site.server.look()

    def called() -> list[tuple[str, str]]:
        with site.store.reading() as connection:
            found = seal_commands.open_commands(connection)
        return [(one.seal_id, one.kind.value) for one in found]

    assert called() == [(f"{1:016x}", "update")]  # the canary
    site.ask(1)
    site.ask(1, reason=7)
    await site.server.look()  # it failed
    site.now_ms += rollout.CALL_MS
    await site.server.look()
    assert called() == [(f"{1:016x}", "update")]


async def test_a_roll_out_that_a_person_lets_go_on_goes_on(site: Site) -> None:
    await site.start()
    site.ask(1)
    site.ask(1, reason=7)
    await site.server.look()
    assert site.stored().why == "a canary failed"
    site.now_ms += 1000
    with site.store.writing() as connection:
        kept.turn(connection, 1, RolloutState.RUNNING, site.now_ms)
    await site.server.look()
    assert site.ask(2) == OFFER
    assert site.pull(2) == RELEASE.render()
    site.ask(2, running=7)
    await site.server.look()
    assert site.stored().state is RolloutState.RUNNING
    assert site.states()[:2] == [SealState.FAILED, SealState.GOOD]


async def test_who_is_never_heard_is_left_out_after_a_week_so_that_it_ends(site: Site) -> None:
    await site.start(canaries=0)
    for _ in range(9):
        for n in range(2, len(KEYS) + 1):
            site.ask(n, running=7)
        site.now_ms += DAY_MS
        await site.server.look()
    stored = site.stored()
    first = stored.seals[f"{1:016x}"]
    assert (first.state, first.reason) == (SealState.LEFT_OUT, "silent")
    assert stored.state is RolloutState.DONE


async def test_a_silent_canary_stops_it_after_a_week(site: Site) -> None:
    await site.start()
    for _ in range(9):
        site.ask(2)
        site.now_ms += DAY_MS
        await site.server.look()
    stored = site.stored()
    assert (stored.state, stored.why) == (RolloutState.STOPPED, "a canary failed")
    assert stored.seals[f"{1:016x}"].reason == "silent"
    assert stored.seals[f"{2:016x}"].state is SealState.WAITING


async def test_what_a_seal_says_later_is_more_than_its_silence(site: Site) -> None:
    await site.start(canaries=0)
    for n in (1, 2, 3):
        site.ask(n)
        site.pull(n)
    site.now_ms += rollout.TRIAL_MS
    with site.store.writing() as connection:
        kept.turn(connection, 1, RolloutState.STOPPED, site.now_ms)
    await site.server.look()
    site.ask(1, running=7)
    site.ask(2, reason=7)
    await site.server.look()
    found = [one for _, one in sorted(site.stored().seals.items())][:3]
    assert [(one.state, one.reason) for one in found] == [
        (SealState.GOOD, ""),
        (SealState.FAILED, "crashed"),
        (SealState.FAILED, "silent"),
    ]


async def test_a_seal_without_a_key_is_left_out(site: Site) -> None:
    await site.start(canaries=0)
    reason = update_answer.REASONS.index("nokey")
    answers = site.say(1, (update.ASK, 0, C6, 0, reason, update.NOTHING, 0, 1))
    assert answers[0][2] == update.NOTHING
    await site.server.look()
    first = site.stored().seals[f"{1:016x}"]
    assert (first.state, first.reason) == (SealState.LEFT_OUT, "nokey")


async def test_a_release_that_cannot_be_read_is_offered_to_nobody_and_ends_nothing_else(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await site.start()
    with site.store.writing() as connection:
        connection.execute(releases.update().values(file=b"spoilt"))
    site.restart()
    for _ in range(3):
        await site.server.look()
    assert site.ask(1) == NO_OFFER
    assert caplog.text.count("is not to be gone on with") == 1
