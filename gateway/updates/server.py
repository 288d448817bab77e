"""Answers the seals' questions about updates, calls those whose turn it is, keeps how each stands.

A question is answered at once, from memory; how a seal stands, and the number of its question,
reach the database within `WRITE_EVERY_S`. If the gateway ends in between, that is asked again: a
seal says itself what it runs and where it left off. Nothing here touches a door's state, and no
report ever waits for it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from gateway.store import seal_commands
from gateway.store.database import Store, StoreError
from gateway.store.seal_commands import CommandKind, TooManyCommandsError
from gateway.updates import kept, questions, rollout
from gateway.updates.kept import Rollout
from gateway.updates.questions import Asked, Questions
from gateway.updates.release_file import ReleaseError
from gateway.updates.rollout import AT_IT, Progress, RolloutState, SealState
from sealwire import ccm, topics, update, update_answer
from sealwire.errors import WireError
from sealwire.release import CHIPS, IMAGE
from sealwire.update_answer import Request

log = logging.getLogger("menshen.updates")

WRITE_EVERY_S: Final = 2.0
REQUESTS_MAX: Final = 1000  # that are answered in WRITE_EVERY_S; a seal asks again


class UpdateServer:
    """One site's. `receive` takes what the broker brings, `run` keeps the rest going.

    Args:
        store: the site's database.
        key_of: a seal's key; None for a seal that is not enrolled.
        mark_of: (epoch, counter) of its last accepted report: a question lies above it.
        publish: sends an answer, at most once.
        now_ms: the gateway's time.
        listened_ms: how long it has listened since a time (ms of UTC), in all its lives.
    """

    def __init__(
        self,
        store: Store,
        key_of: Callable[[str], bytes | None],
        mark_of: Callable[[str], tuple[int, int]],
        publish: Callable[[str, bytes], None],
        now_ms: Callable[[], int],
        listened_ms: Callable[[int], int] = lambda _since_ms: 0,
    ) -> None:
        self._store, self._key_of, self._mark_of = store, key_of, mark_of
        self._publish, self._now_ms, self._listened_ms = publish, now_ms, listened_ms
        self._rollout: Rollout | None = None
        self._file = b""
        self._changed: dict[str, Progress] = {}
        self._questions = Questions()
        self._answered = 0
        self._called_ms: dict[str, int] = {}  # of the roll-out that is held: whom, and when last
        self._loaded_ms = 0  # since when it is held as it stands
        self._unreadable: tuple[int, RolloutState, int] | None = None
        self._stop = ""  # why the roll-out is to be stopped, until that is written
        self.refused = 0  # questions that were none

    def receive(self, topic: str, payload: bytes) -> None:
        """A seal asks. Whatever stands there, this never raises and never waits."""
        try:
            seal_id, _ = topics.parse(topic)
            key = self._key_of(seal_id)
            if key is None or self._answered >= REQUESTS_MAX:
                self.refused += 1
                return
            cipher, raw_id = ccm.cipher(key), bytes.fromhex(seal_id)
            epoch, counter, request = update_answer.open_request(cipher, raw_id, payload)
        except WireError:
            self.refused += 1
            return
        mark = max(self._mark_of(seal_id), self._questions.marks.get(seal_id, (0, 0)))
        if (epoch, counter) <= mark:
            self.refused += 1
            return
        last = epoch, counter + request.count - 1
        self._questions.came(seal_id, Asked(last, self._now_ms(), request.running))
        self._answered += 1
        where = topics.receipt(seal_id)
        if request.kind == update.ASK:
            offer = self._offer(seal_id, request)
            self._publish(where, update_answer.seal_offer(cipher, raw_id, epoch, counter, *offer))
            return
        blocks = self._blocks(seal_id, request)
        if not blocks:
            nothing = update.NOTHING, 0, 0
            self._publish(where, update_answer.seal_offer(cipher, raw_id, epoch, counter, *nothing))
        for i, (offset, data) in enumerate(blocks):
            frame = update_answer.seal_block(
                cipher, raw_id, epoch, counter + i, request.release, offset, data
            )
            self._publish(where, frame)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much: whoever is at it, or waits, has done so for as
        long as before. What has finished keeps its time, by which a stop is judged."""
        self._questions.moved(by_ms)
        self._called_ms = {one: at_ms + by_ms for one, at_ms in self._called_ms.items()}
        self._loaded_ms += by_ms
        current = self._rollout
        if current is None or current.state not in kept.LIVE:
            return
        for seal_id, progress in current.seals.items():
            if progress.state not in rollout.FINISHED:
                later = replace(progress, changed_ms=progress.changed_ms + by_ms)
                current.seals[seal_id] = self._changed[seal_id] = later

    async def run(self) -> None:
        """Read what people asked for, write how the seals stand, until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("how updates stand cannot be stored now: %s", error)
            await asyncio.sleep(WRITE_EVERY_S)

    async def look(self) -> None:
        """One round. StoreError if the disk does not let it; then nothing is forgotten."""
        self._answered = 0
        self._age()
        await self._leave_out()
        current, changed, why = self._rollout, self._changed, self._stop
        asked = dict(self._questions.fresh)
        number = current.rollout_id if current else 0
        running = current is not None and current.state is RolloutState.RUNNING
        done = current is not None and running and rollout.is_done(current.seals)
        now_ms = self._now_ms()
        calls = []
        if current is not None and running and not (why or done):
            calls = rollout.to_call(current.seals, self._called_ms, current.plan, now_ms)
            calls = [seal_id for seal_id in calls if self._key_of(seal_id) is not None]
        newest = await asyncio.to_thread(
            self._keep, number, dict(changed), asked, why, done, calls, now_ms
        )
        self._questions.stored(asked)
        self._called_ms |= dict.fromkeys(calls, now_ms)
        for seal_id, progress in list(changed.items()):
            if self._changed.get(seal_id) is progress:
                del self._changed[seal_id]
        if why and why == self._stop:
            self._stop = ""
        known = current and (current.rollout_id, current.state, current.changed_ms)
        if newest != known:
            await self._load(newest)

    def _keep(
        self,
        number: int,
        changed: dict[str, Progress],
        asked: dict[str, Asked],
        why: str,
        done: bool,
        calls: list[str],
        now_ms: int,
    ) -> tuple[int, RolloutState, int] | None:
        with self._store.reading() as connection:
            runs = questions.unwritten(connection, asked)
        if changed or why or done or calls or runs or (number and asked):
            with self._store.writing() as connection:
                kept.write(connection, number, changed)
                questions.write(connection, number, asked)
                questions.write_runs(connection, asked, runs)
                if why and kept.turn(connection, number, RolloutState.STOPPED, now_ms, why):
                    log.warning("roll-out %d is stopped: %s", number, why)
                if done and kept.turn(connection, number, RolloutState.DONE, now_ms):
                    log.info("roll-out %d is done", number)
                with suppress(TooManyCommandsError):  # they ask within the hour
                    for seal_id in calls:
                        ends_ms, about = now_ms + rollout.CALL_MS, _about(number)
                        seal_commands.add(
                            connection, seal_id, CommandKind.UPDATE, (), now_ms, ends_ms, about
                        )
        with self._store.reading() as connection:
            return kept.newest(connection)

    async def _load(self, newest: tuple[int, RolloutState, int] | None) -> None:
        if newest is None or newest == self._unreadable:
            self._rollout = None
            return
        try:
            read, asked, called = await asyncio.to_thread(self._read_all, newest[0])
        except ReleaseError as error:
            log.warning("roll-out %d is not to be gone on with: %s", newest[0], error)
            self._rollout, self._unreadable = None, newest
            return
        now_ms = self._now_ms()
        if self._rollout is not None and self._rollout.rollout_id == read.rollout_id:
            read.seals |= self._changed  # what came while it was read
        elif read.state is RolloutState.RUNNING:
            number = read.release.manifest.counter
            log.info("roll-out %d: release %d to the seals", read.rollout_id, number)
            self._called_ms = {one: min(at_ms, now_ms) for one, at_ms in called.items()}
        self._questions.know(asked, now_ms)
        self._loaded_ms = now_ms
        self._rollout, self._file = read, read.release.render()

    def _read_all(
        self, number: int
    ) -> tuple[Rollout, dict[str, tuple[int, int | None]], dict[str, int]]:
        """How a roll-out stands, and who asked and was called, by an earlier life too."""
        with self._store.reading() as connection:
            asked = questions.load(connection, number)
            called = questions.called(connection, _about(number))
            return kept.load(connection, number), asked, called

    def _read(self, number: int) -> Rollout:
        with self._store.reading() as connection:
            return kept.load(connection, number)

    def _age(self) -> None:
        current = self._rollout
        if current is None or current.state not in kept.LIVE:
            return
        now_ms, stage = self._now_ms(), rollout.open_stage(current.seals, self._now_ms())
        quiet_ms = now_ms - rollout.STAGE_MS
        has_listened = self._has_listened(current, now_ms)
        for seal_id, progress in list(current.seals.items()):
            if progress.state in rollout.FINISHED:
                continue
            if current.state is RolloutState.STOPPED and progress.state is SealState.PULLING:
                self._move(seal_id, rollout.moved(progress, SealState.WAITING, now_ms, have=0))
                continue  # it is told so when it asks, and that is no try of its own
            self._move(seal_id, rollout.after_silence(progress, now_ms))
            if (
                current.state is RolloutState.RUNNING
                and progress.state is SealState.WAITING
                and progress.stage <= stage
                and now_ms - progress.changed_ms >= rollout.SILENT_MS
                and self._questions.heard_ms.get(seal_id, 0) <= quiet_ms
                and has_listened
            ):
                self._move(seal_id, rollout.given_up(progress, now_ms))

    def _has_listened(self, current: Rollout, now_ms: int) -> bool:
        """Whether a seal that is not silent would have been heard: by this life, or by all of those
        that power cuts made of the latest days."""
        if self._loaded_ms <= now_ms - rollout.LISTENED_MS:
            return True
        since_ms = max(now_ms - rollout.LISTENED_WITHIN_MS, current.changed_ms)
        return self._listened_ms(since_ms) >= rollout.LISTENED_MS

    async def _leave_out(self) -> None:
        """Who is no seal any more is waited for no longer; who became another goes on as that."""
        current = self._rollout
        if current is None or current.state not in kept.LIVE:
            return
        gone = [
            seal_id
            for seal_id, progress in current.seals.items()
            if progress.state not in rollout.FINISHED and self._key_of(seal_id) is None
        ]
        if not gone:
            return
        stored = (await asyncio.to_thread(self._read, current.rollout_id)).seals
        now_ms = self._now_ms()
        for seal_id in gone:
            if seal_id in stored:
                left_out = rollout.moved(
                    current.seals[seal_id], SealState.LEFT_OUT, now_ms, reason="retired"
                )
                self._move(seal_id, left_out)
            else:
                del current.seals[seal_id]
                self._changed.pop(seal_id, None)
        current.seals |= {one: stored[one] for one in stored if one not in current.seals}

    def _offer(self, seal_id: str, request: Request) -> tuple[bytes, int, int, bool]:
        """(release, size, its number, is it an image), or nothing: what this seal may have now."""
        current = self._rollout
        nothing = update.NOTHING, 0, 0, False
        if current is None or seal_id not in current.seals:
            return nothing
        release, progress, now_ms = current.release, current.seals[seal_id], self._now_ms()
        state, reason = self._said(current, progress, request)
        if state in rollout.FINISHED:
            if (state, reason) != (progress.state, progress.reason):
                self._move(seal_id, rollout.moved(progress, state, now_ms, reason=reason))
            return nothing
        if current.state is not RolloutState.RUNNING:
            return nothing
        progress = rollout.heard_again(progress, now_ms)
        if progress.state not in AT_IT and not rollout.may_begin(
            current.seals, seal_id, current.plan, now_ms
        ):
            return nothing
        begun = rollout.begun(progress, now_ms)
        self._move(seal_id, begun)
        if begun.state is SealState.FAILED:
            return nothing
        manifest = release.manifest
        return release.release_id, len(self._file), manifest.counter, manifest.kind == IMAGE

    def _said(
        self, current: Rollout, progress: Progress, request: Request
    ) -> tuple[SealState, str]:
        """What a seal's question says of itself, and why."""
        manifest = current.release.manifest
        if request.running == manifest.counter:
            return SealState.GOOD, ""
        if request.running > manifest.counter:  # no seal takes one that is older than it had
            return SealState.LEFT_OUT, "newer"
        if request.reason and request.release == current.release.release_id:
            return SealState.FAILED, update_answer.REASONS[request.reason]
        if current.state is RolloutState.RUNNING:
            progress = rollout.heard_again(progress, self._now_ms())
        if progress.state in rollout.FINISHED:
            return progress.state, progress.reason
        if update_answer.REASONS[request.reason] == "nokey":
            return SealState.LEFT_OUT, "nokey"
        chip = CHIPS[request.chip] if request.chip < len(CHIPS) else ""
        if chip not in manifest.chips or request.board not in manifest.boards:
            return SealState.LEFT_OUT, "incompatible"
        return progress.state, ""

    def _blocks(self, seal_id: str, request: Request) -> list[tuple[int, bytes]]:
        """(offset, bytes) of each block that was asked for; none if it is not to have them."""
        current = self._rollout
        if current is None or request.release != current.release.release_id:
            return []
        progress, now_ms = current.seals.get(seal_id), self._now_ms()
        if progress is not None and current.state is RolloutState.RUNNING:
            progress = rollout.heard_again(progress, now_ms)
        if progress is None or progress.state in rollout.FINISHED:
            return []
        if current.state is not RolloutState.RUNNING:
            self._move(seal_id, rollout.moved(progress, SealState.WAITING, now_ms, have=0))
            return []
        if progress.state is SealState.WAITING and not rollout.may_begin(
            current.seals, seal_id, current.plan, now_ms
        ):
            return []  # it began before the gateway's last end, and others have its place
        start = request.offset
        data = self._file[start : start + request.count * update.BLOCK_BYTES]
        if not data:  # of what lies behind the end there is nothing: it begins anew
            return []
        given = rollout.given(progress, start + len(data), len(self._file), now_ms)
        self._move(seal_id, given)
        if given.state is SealState.FAILED:
            return []
        cuts = range(0, len(data), update.BLOCK_BYTES)
        return [(start + at, data[at : at + update.BLOCK_BYTES]) for at in cuts]

    def _move(self, seal_id: str, progress: Progress) -> None:
        current = self._rollout
        if current is None or current.seals[seal_id] == progress:
            return
        if progress.state is not current.seals[seal_id].state:
            reason = f" ({progress.reason})" if progress.reason else ""
            log.info("update of seal %s: %s%s", seal_id, progress.state, reason)
        current.seals[seal_id] = self._changed[seal_id] = progress
        if current.state is RolloutState.RUNNING:
            times = current.changed_ms, self._now_ms()  # of a start or a going on; now
            self._stop = self._stop or rollout.why_stop(current.seals, current.plan, *times)
            if self._stop:  # at once, though it is written a little later
                current.state = RolloutState.STOPPED


def _about(number: int) -> str:
    """What the commands of a roll-out belong to, for people."""
    return f"update {number}"
