"""Random sites: the seal's own puller against the gateway's own server, over roll-outs, restarts,
losses, full and failing flashes, people who change their minds, and clocks that were set back.

Whatever happens, each roll-out ends; each seal in it ends good, failed with the reason that it has
itself, or left out; and nobody pulls the same bytes without end.
"""

import json
import os
import random
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

import chooser
import slot_file
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.registry.enrolment import enrol_seal
from gateway.store.database import Store
from gateway.updates import kept, rollout
from gateway.updates.kept import RefusedError
from gateway.updates.rollout import FINISHED, Plan, RolloutState, SealState
from gateway.updates.server import UpdateServer
from sealnode.updates import ANSWER_MS, PULLED, TRUST, Updates
from sealwire import ccm, topics, update
from tests.updates.releases import made

SITES = int(os.environ.get("MENSHEN_LIVES", "3"))
SEED = os.environ.get("MENSHEN_SEED")
SEALS, ROLLOUTS = 7, 2
EACH_MAX = 30 * rollout.TRIES_MAX  # that a seal is given one block in one roll-out
SHORT = 100  # bytes: an offer and no block
POLLS_MAX = 60  # of one session
TOUCHED_HOURS, BUSY = 20, 100  # turns with people, and then at first of ten minutes
DAYS_MAX = 30  # until a roll-out is over that nobody touches any more
RELEASES = {n: made(n, [("app.mpy", bytes([n]) * 700)]) for n in range(1, 8)}


class Numbers:
    """In the place of the spool: they outlive every start."""

    def __init__(self) -> None:
        self.epoch = self.stored_epoch = 1
        self.counter = 0

    def take_counter(self) -> int:
        self.counter += 1
        return self.counter


class Seal:
    """One seal's flash, and what is wrong with it."""

    def __init__(self, number: int, folder: Path, dice: random.Random) -> None:
        self.seal_id, self.key = f"{number:016x}", bytes([number]) * 32
        folder.mkdir()
        self.folder, self.dice = f"{folder}/", dice
        self.numbers = Numbers()
        # What ails it: nothing; it hears no answer, or none that is long; it is never heard; its
        # flash loses what comes; it never comes to a look at what it has; it was told no key.
        ails = ("", "", "", "deaf", "half deaf", "dead", "forgets", "stuck", "nokey")
        self.ails = dice.choice(ails)
        trust = "[]" if self.ails == "nokey" else json.dumps({"key": "00" * 32, "board": 1})
        Path(self.folder, TRUST).write_text(trust)
        self.said: list[bytes] = []

    def publish(self, topic: str, frame: bytes, now_ms: int) -> bool:
        """To the gateway; what it answers comes with `session`."""
        self.said.append(frame)
        return True

    def session(self, site: "Site") -> None:
        """It has a receipt and asks, until nothing more is to be had or the power goes."""
        if self.ails == "dead":
            return
        updates = Updates(self.folder, self.seal_id, ccm.cipher(self.key), site.now_ms)
        for _ in range(POLLS_MAX):
            self.ask(site, updates)
            if updates.is_over or updates.is_whole or self.dice.random() < 0.02:
                break
            if self.ails == "forgets" and self.dice.random() < 0.2:
                Path(self.folder, PULLED).unlink(missing_ok=True)
                return
            site.now_ms += ANSWER_MS
        if updates.is_whole and self.ails != "stuck":
            updates.restart()
            self.look(site)

    def ask(self, site: "Site", updates: Updates) -> None:
        """One question, and what of its answers is not lost."""
        self.said = []
        updates.poll(self.numbers, self, site.now_ms)
        answers = [answer for frame in self.said for answer in site.hear(self.seal_id, frame)]
        for answer in answers:
            is_heard = self.ails != "deaf" and (self.ails != "half deaf" or len(answer) < SHORT)
            if is_heard and self.dice.random() > 0.1:
                updates.hear(answer)

    def look(self, site: "Site") -> None:
        """What `install` and a trial come to, which have tests of their own."""
        data = Path(self.folder, PULLED).read_bytes()
        release = site.by_id[data[:6].hex()]
        assert data[10:] == release.render(), "what is whole is not what was sent"
        Path(self.folder, PULLED).unlink()
        slots = chooser.Slots(self.folder)
        if self.dice.random() < 0.2:
            slots.refuse(slots.trying, self.dice.choice(("damaged", "full", "crashed", "silent")))
        else:
            slots.try_other(slots.trying, release.manifest.counter)
            slots.good()

    @property
    def line(self) -> list[object]:
        found: list[object] = slot_file.read(self.folder)
        return found


class Site:
    """A store, a server on it, seals, and people."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.store, self.now_ms = Store.open(folder / "menshen.db"), 1_700_000_000_000
        self.folder, self.seals = folder, dict[str, Seal]()
        self.by_id = {one.release_id.hex(): one for one in RELEASES.values()}
        self.given = Counter[tuple[int, str, str, int]]()
        self.states = set[SealState]()
        for _ in range(SEALS):
            self.join()
        with self.store.writing() as connection:
            for release in RELEASES.values():
                kept.add(connection, release, self.now_ms)
        self.restart()

    def join(self) -> None:
        """One more seal is enrolled; a roll-out that goes on is not for it."""
        number = len(self.seals) + 1
        seal = Seal(number, self.folder / f"seal{number}", self.dice)
        self.seals[seal.seal_id] = seal
        enrol_seal(
            self.store,
            seal_id=seal.seal_id,
            key=seal.key,
            door_id=None,
            broker_password="p",
            at_ms=self.now_ms,
        )

    def restart(self) -> None:
        """Another gateway's process on the same store."""
        self.said: list[bytes] = []
        self.server = UpdateServer(
            self.store,
            lambda seal_id: self.seals[seal_id].key,
            lambda _: (0, 0),
            lambda _, payload: self.said.append(payload),
            lambda: self.now_ms,
        )

    def hear(self, seal_id: str, frame: bytes) -> list[bytes]:
        """What goes back, and how often each block of a roll-out did so."""
        self.said.clear()
        self.server.receive(topics.update(seal_id), frame)
        cipher, raw = ccm.cipher(self.seals[seal_id].key), bytes.fromhex(seal_id)
        for answer in self.said:
            _, _, release, kind, offset, _, _ = update.open_answer(cipher, raw, answer)
            if kind == update.BLOCK:
                self.given[self.number(), seal_id, release.hex(), offset] += 1
        return list(self.said)

    def number(self) -> int:
        newest = self.newest()
        return newest[0] if newest else 0

    def newest(self) -> tuple[int, RolloutState, int] | None:
        with self.store.reading() as connection:
            return kept.newest(connection)

    def start(self) -> None:
        with self.store.writing() as connection:
            chosen = RELEASES[self.dice.choice(list(RELEASES))]
            plan = Plan(self.dice.randint(1, 4), self.dice.choice((0, 20, 100)), 50)
            seals = kept.seals_in_use(connection)
            canaries = self.dice.sample(seals, self.dice.randint(0, 2))
            stages = rollout.stages(seals, canaries, plan.share_percent)
            with suppress(RefusedError):  # another goes on
                kept.start(connection, chosen.release_id.hex(), plan, stages, self.now_ms)

    def turn(self, to: RolloutState) -> None:
        newest = self.newest()
        if newest is not None:
            with self.store.writing() as connection:
                kept.turn(connection, newest[0], to, self.now_ms)

    def people(self) -> None:
        """What people and the machine do in an hour, if anything."""
        dice = self.dice
        what = dice.random()
        if what < 0.02:
            self.join()
        elif what < 0.06:
            self.restart()
            self.now_ms -= dice.choice((0, 0, HOUR_MS, 40 * DAY_MS))
        elif what < 0.14:
            self.start()
        elif what < 0.18:
            self.turn(dice.choice((RolloutState.STOPPED, RolloutState.ENDED)))
        elif what < 0.26:
            self.turn(RolloutState.RUNNING)

    async def turn_of_all(self, minutes: int) -> None:
        """Most seals have a receipt, in turned order; then so many minutes pass, more or less."""
        dice = self.dice
        await self.server.look()
        for seal in dice.sample(list(self.seals.values()), len(self.seals)):
            if dice.random() < 0.7:
                seal.session(self)
                if dice.random() < 0.3:
                    await self.server.look()
        self.now_ms += dice.randint(minutes // 2, minutes * 3 // 2) * MINUTE_MS
        await self.server.look()

    async def settle(self) -> None:
        """Nobody changes their mind any more: what was stopped is gone on with until it is over."""
        for number in range(BUSY + DAYS_MAX * 12):
            newest = self.newest()
            if newest is None or newest[1] in (RolloutState.DONE, RolloutState.ENDED):
                return
            if newest[1] is RolloutState.STOPPED:
                self.now_ms += MINUTE_MS
                self.turn(RolloutState.RUNNING)
            await self.turn_of_all(10 if number < BUSY else 120)
        raise AssertionError("a roll-out does not end")

    def check(self) -> None:
        """How each seal of the last roll-out has ended is what it says of itself."""
        newest = self.newest()
        assert newest is not None
        with self.store.reading() as connection:
            last = kept.load(connection, newest[0])
        counter, release_id = last.release.manifest.counter, last.release.release_id.hex()
        for seal_id, progress in last.seals.items():
            seal, line = self.seals[seal_id], self.seals[seal_id].line
            self.states.add(progress.state)
            if newest[1] is RolloutState.DONE:
                assert progress.state in FINISHED
            if progress.state is SealState.GOOD:
                assert int(str(line[4])) >= counter
            elif progress.state is SealState.FAILED and line[7] == release_id:
                assert progress.reason in (line[8], "silent", "other"), (progress, line)
            elif progress.state is SealState.FAILED:
                assert progress.reason in ("silent", "other"), (progress, line)
                assert seal.ails or progress.reason == "silent", (seal.ails, progress)
            elif progress.state is SealState.LEFT_OUT:
                assert progress.reason in ("silent", "nokey"), progress
        for (number, seal_id, _, offset), count in self.given.items():
            assert count <= EACH_MAX, (number, seal_id, self.seals[seal_id].ails, offset, count)


@pytest.mark.parametrize("number", range(1 if SEED else SITES))
async def test_every_roll_out_ends_and_nobody_pulls_the_same_without_end(
    tmp_path: Path, number: int
) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    site = Site(tmp_path, seed)
    with closing(site.store):
        for _ in range(ROLLOUTS):
            for _ in range(TOUCHED_HOURS):
                site.people()
                await site.turn_of_all(60)
            site.start()
            await site.settle()
            site.check()
