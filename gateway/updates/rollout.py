"""Who may have a release now, and when nobody may: the rules of a roll-out, pure.

The canaries come first, then a share of the others, then all. A stage opens when all of the one
before have finished, or have not been heard of for a day. Never more than `at_once` seals are at it
at the same time, so that a release that kills takes few with it, and few doors restart together.

It stops by itself on any canary's failure, and when the share of failures among those that finished
rises above `stop_percent`. What is stopped waits for a person: to go on, or to end it.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS

AT_ONCE_MAX: Final = 50
TRIES_MAX: Final = 5  # that a seal begins to pull and is not heard of again, or begins anew
AGAIN_MS: Final = 10 * MINUTE_MS  # until a question is no repeat of one whose answer was lost
PULL_MS: Final = HOUR_MS  # without a block, until it counts as not begun
TRIAL_MS: Final = 20 * MINUTE_MS  # from the last block to a word of how it went
CALL_MS: Final = 15 * MINUTE_MS  # that a seal has to ask, once it was called; then others are
STAGE_MS: Final = DAY_MS  # a seal that says nothing for so long holds nobody up
SILENT_MS: Final = 7 * DAY_MS  # one that could have begun and did not is waited for no longer
LISTENED_MS: Final = 6 * HOUR_MS  # and we have listened so long: twice what a seal ever sleeps,
LISTENED_WITHIN_MS: Final = 3 * DAY_MS  # in one life, or in those of the latest days
FAILURES_MIN: Final = 2  # below it there is no share to speak of
CANARY_FAILED: Final = "a canary failed"  # why a roll-out stopped


class RolloutState(StrEnum):
    """How a roll-out stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    ENDED = "ended"


class SealState(StrEnum):
    """How a seal in a roll-out stands."""

    WAITING = "waiting"
    PULLING = "pulling"
    TRYING = "trying"  # all of it went out: it looks at it, restarts, is on trial
    GOOD = "good"
    FAILED = "failed"
    LEFT_OUT = "left out"  # not for its chip or board, or it runs a newer one


FINISHED = (SealState.GOOD, SealState.FAILED, SealState.LEFT_OUT)
AT_IT = (SealState.PULLING, SealState.TRYING)


class Stage:
    """The stages, by number."""

    CANARY: Final = 0
    SHARE: Final = 1
    ALL: Final = 2


class Plan(Struct, frozen=True):
    """What a person says at the start. `share_percent` of all seals are the second stage."""

    at_once: int = 5
    share_percent: int = 20
    stop_percent: int = 10


class Progress(Struct, frozen=True):
    """One seal in a roll-out. `reason`: why it failed, in a word of `update_answer.REASONS`, or why
    it was left out: one of these, or `retired` or `newer`."""

    stage: int
    state: SealState
    changed_ms: int
    have_bytes: int = 0
    tries: int = 0
    reason: str = ""


Seals = Mapping[str, Progress]


def stages(seal_ids: Iterable[str], canaries: Sequence[str], share_percent: int) -> dict[str, int]:
    """Which stage each seal is in. Without named canaries one seal is, by the dice of its site."""
    others = sorted(set(seal_ids) - set(canaries))
    random.Random(",".join(others)).shuffle(others)  # noqa: S311 - spreads, guards nothing
    first = list(canaries) or others[:1]
    rest = [seal_id for seal_id in others if seal_id not in first]
    count = -(-len(rest) * share_percent // 100)
    found = dict.fromkeys(first, Stage.CANARY)
    found |= dict.fromkeys(rest[:count], Stage.SHARE)
    return found | dict.fromkeys(rest[count:], Stage.ALL)


def open_stage(seals: Seals, now_ms: int) -> int:
    """The highest stage whose seals may begin."""
    for stage in (Stage.CANARY, Stage.SHARE):
        for progress in seals.values():
            if progress.stage == stage and progress.state not in FINISHED:
                is_silent = progress.state is SealState.WAITING and stage != Stage.CANARY
                if not (is_silent and progress.changed_ms + STAGE_MS <= now_ms):
                    return stage
    return Stage.ALL


def may_begin(seals: Seals, seal_id: str, plan: Plan, now_ms: int) -> bool:
    """Whether this seal, which waits, may have the release now."""
    busy = sum(progress.state in AT_IT for progress in seals.values())
    return busy < plan.at_once and seals[seal_id].stage <= open_stage(seals, now_ms)


def to_call(seals: Seals, called_ms: Mapping[str, int], plan: Plan, now_ms: int) -> list[str]:
    """Which seals that wait are called now, so that they ask with their next report and not within
    the hour: as many as may be at it. `called_ms`: when each was called last."""
    stage = open_stage(seals, now_ms)
    free, fresh = plan.at_once, list[str]()
    for seal_id, progress in seals.items():
        if progress.state in AT_IT:
            free -= 1
        elif progress.state is SealState.WAITING and progress.stage <= stage:
            if now_ms - called_ms.get(seal_id, now_ms - CALL_MS) >= CALL_MS:
                fresh.append(seal_id)
            else:
                free -= 1
    fresh.sort(key=lambda seal_id: (called_ms.get(seal_id, 0), seals[seal_id].stage))
    return fresh[: max(free, 0)]


def why_stop(seals: Seals, plan: Plan, since_ms: int, now_ms: int) -> str:
    """Why nobody else may have it, in a sentence; "" if all is well. What failed before `since_ms`
    was known to whoever let it go on then, and so was what a clock that was ahead has dated."""
    states = [progress.state for progress in seals.values()]
    good, failed = states.count(SealState.GOOD), states.count(SealState.FAILED)
    bad = [progress for progress in seals.values() if progress.state is SealState.FAILED]
    fresh = [progress for progress in bad if min(since_ms, now_ms) <= progress.changed_ms <= now_ms]
    if any(progress.stage == Stage.CANARY for progress in fresh):
        return CANARY_FAILED
    if fresh and failed >= FAILURES_MIN and failed * 100 > (good + failed) * plan.stop_percent:
        return f"{failed} of {good + failed} seals failed, more than {plan.stop_percent} %"
    return ""


def is_done(seals: Seals) -> bool:
    """Whether there is nobody left who could still take it."""
    return all(progress.state in FINISHED for progress in seals.values())


def begun(progress: Progress, now_ms: int) -> Progress:
    """It is offered the release: it begins, or begins anew, which is another try."""
    tries = progress.tries
    if progress.state in AT_IT and (
        progress.have_bytes or now_ms - progress.changed_ms >= AGAIN_MS
    ):
        tries += 1
    if tries >= TRIES_MAX:
        return moved(progress, SealState.FAILED, now_ms, reason="other")
    return Progress(progress.stage, SealState.PULLING, now_ms, 0, tries)


def given(progress: Progress, until: int, size: int, now_ms: int) -> Progress:
    """It was given bytes up to `until` of `size`. Only what it never had is news of it: else a seal
    that loses what it has would fetch the same for ever."""
    state = SealState.TRYING if until >= size else SealState.PULLING
    if progress.state is SealState.TRYING and state is SealState.PULLING:
        progress = begun(progress, now_ms)
        if progress.state is SealState.FAILED:
            return progress
    if progress.state is state and until <= progress.have_bytes:
        return progress
    return moved(progress, state, now_ms, have=max(until, progress.have_bytes))


def after_silence(progress: Progress, now_ms: int) -> Progress:
    """What has become of a seal of which nothing more was heard."""
    waited_ms = now_ms - progress.changed_ms
    if waited_ms < 0:  # a clock that was ahead wrote that
        return moved(progress, progress.state, now_ms, reason=progress.reason)
    if progress.state is SealState.TRYING and waited_ms >= TRIAL_MS:
        return moved(progress, SealState.FAILED, now_ms, reason="silent")
    if progress.state is SealState.PULLING and waited_ms >= PULL_MS:
        if progress.tries + 1 >= TRIES_MAX:
            return moved(progress, SealState.FAILED, now_ms, reason="other")
        return Progress(
            progress.stage, SealState.WAITING, now_ms, progress.have_bytes, progress.tries + 1
        )
    return progress


def given_up(progress: Progress, now_ms: int) -> Progress:
    """It could have begun for SILENT_MS and was not heard: a canary has failed, another is none."""
    is_canary = progress.stage == Stage.CANARY
    state = SealState.FAILED if is_canary else SealState.LEFT_OUT
    return moved(progress, state, now_ms, reason="silent")


def heard_again(progress: Progress, now_ms: int) -> Progress:
    """One that was given up for its silence asks, and says nothing of a failure: it waits its turn
    again, which is another try."""
    if progress.reason != "silent" or progress.tries + 1 >= TRIES_MAX:
        return progress
    tries = progress.tries + 1
    return Progress(progress.stage, SealState.WAITING, now_ms, progress.have_bytes, tries)


def moved(
    progress: Progress, state: SealState, now_ms: int, *, have: int | None = None, reason: str = ""
) -> Progress:
    """The same seal, in another state."""
    have_bytes = progress.have_bytes if have is None else have
    return Progress(progress.stage, state, now_ms, have_bytes, progress.tries, reason)
