"""Who may have a release now: canaries, a share, all; never too many; and when it stops."""

from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.updates import rollout
from gateway.updates.rollout import Plan, Progress, SealState, Stage

NOW_MS = 1_700_000_000_000
PLAN = Plan(at_once=3, share_percent=20, stop_percent=10)


def seals(*states: tuple[int, SealState]) -> dict[str, Progress]:
    return {f"{n:016x}": Progress(*state, NOW_MS) for n, state in enumerate(states)}


def stops(found: dict[str, Progress], since_ms: int = NOW_MS) -> str:
    """Why it stops a day later, if nobody let it go on after `since_ms`."""
    return rollout.why_stop(found, PLAN, since_ms, NOW_MS + DAY_MS)


def waiting(progress: dict[str, Progress], now_ms: int = NOW_MS) -> list[str]:
    """Which of them may begin."""
    return [
        seal_id
        for seal_id, one in progress.items()
        if one.state is SealState.WAITING and rollout.may_begin(progress, seal_id, PLAN, now_ms)
    ]


def test_the_stages_are_the_canaries_a_share_and_all() -> None:
    ids = [f"{n:016x}" for n in range(41)]
    stages = rollout.stages(ids, ["0" * 16], 20)
    assert [list(stages.values()).count(n) for n in range(3)] == [1, 8, 32]
    assert stages["0" * 16] == Stage.CANARY
    assert rollout.stages(ids, ["0" * 16], 20) == stages  # the same, however often it is asked


def test_without_a_named_canary_one_seal_goes_first() -> None:
    stages = rollout.stages([f"{n:016x}" for n in range(10)], [], 0)
    assert list(stages.values()).count(Stage.CANARY) == 1
    assert list(stages.values()).count(Stage.ALL) == 9


def test_nobody_begins_before_the_canary_is_good() -> None:
    later = (Stage.SHARE, SealState.WAITING), (Stage.ALL, SealState.WAITING)
    for state in (SealState.WAITING, SealState.PULLING, SealState.TRYING):
        found = seals((Stage.CANARY, state), *later)
        assert waiting(found) == [f"{0:016x}"] * (state is SealState.WAITING)
    found = seals((Stage.CANARY, SealState.GOOD), *later)
    assert waiting(found) == [f"{1:016x}"]
    found = seals((Stage.CANARY, SealState.GOOD), (Stage.SHARE, SealState.GOOD), later[1])
    assert waiting(found) == [f"{2:016x}"]


def test_never_more_than_a_named_number_at_once() -> None:
    busy = (Stage.ALL, SealState.PULLING), (Stage.ALL, SealState.TRYING)
    rest = [(Stage.ALL, SealState.WAITING)] * 5
    assert len(waiting(seals(*busy, *rest))) == 5  # any of them, but one
    assert waiting(seals(*busy, busy[0], *rest)) == []


def test_a_seal_that_says_nothing_holds_a_stage_for_a_day_but_a_canary_for_ever() -> None:
    found = seals((Stage.SHARE, SealState.WAITING), (Stage.ALL, SealState.WAITING))
    assert waiting(found) == [f"{0:016x}"]
    assert len(waiting(found, NOW_MS + DAY_MS)) == 2
    found = seals((Stage.CANARY, SealState.WAITING), (Stage.ALL, SealState.WAITING))
    assert waiting(found, NOW_MS + 9 * DAY_MS) == [f"{0:016x}"]


def test_a_canary_s_failure_stops_it() -> None:
    good = [(Stage.CANARY, SealState.GOOD)] * 9
    assert stops(seals(*good)) == ""
    found = seals(*good, (Stage.CANARY, SealState.FAILED))
    assert stops(found) == "a canary failed"


def test_a_rising_share_of_failures_stops_it() -> None:
    good, bad = (Stage.ALL, SealState.GOOD), (Stage.ALL, SealState.FAILED)
    assert stops(seals(*[good] * 4, bad)) == ""  # one is no share
    assert stops(seals(*[good] * 18, bad, bad)) == ""  # ten per cent are allowed
    found = stops(seals(*[good] * 17, bad, bad))
    assert found == "2 of 19 seals failed, more than 10 %"


def test_a_seal_that_is_not_heard_of_again_is_let_go() -> None:
    trying = Progress(Stage.ALL, SealState.TRYING, NOW_MS)
    assert rollout.after_silence(trying, NOW_MS + 19 * MINUTE_MS) is trying
    lost = rollout.after_silence(trying, NOW_MS + 20 * MINUTE_MS)
    assert (lost.state, lost.reason) == (SealState.FAILED, "silent")
    pulling = Progress(Stage.ALL, SealState.PULLING, NOW_MS, have_bytes=900)
    for n in range(1, rollout.TRIES_MAX):
        after = rollout.after_silence(pulling, pulling.changed_ms + rollout.PULL_MS)
        assert (after.state, after.tries, after.have_bytes) == (SealState.WAITING, n, 900)
        pulling = rollout.moved(after, SealState.PULLING, after.changed_ms, have=900)
    given_up = rollout.after_silence(pulling, pulling.changed_ms + rollout.PULL_MS)
    assert given_up.state is SealState.FAILED


def test_what_a_person_let_go_on_stops_it_no_more_and_what_fails_after_that_does() -> None:
    found = seals((Stage.CANARY, SealState.FAILED), (Stage.ALL, SealState.WAITING))
    assert stops(found) == "a canary failed"
    assert stops(found, NOW_MS + 1) == ""
    found |= {"f" * 16: Progress(Stage.ALL, SealState.FAILED, NOW_MS + 1)}
    assert stops(found, NOW_MS + 1) == "2 of 2 seals failed, more than 10 %"
    ahead = {"0" * 16: Progress(Stage.CANARY, SealState.FAILED, NOW_MS + 2 * DAY_MS)}
    assert stops(ahead) == ""  # known before the clock was set back


def test_who_begins_anew_with_what_it_had_tries_a_few_times() -> None:
    one = Progress(Stage.ALL, SealState.WAITING, NOW_MS)
    one = rollout.begun(one, NOW_MS)
    assert (one.state, one.tries) == (SealState.PULLING, 0)
    assert rollout.begun(one, NOW_MS + 3000).tries == 0  # the answer was lost
    assert rollout.begun(one, NOW_MS + rollout.AGAIN_MS).tries == 1
    for n in range(1, rollout.TRIES_MAX):
        one = rollout.begun(rollout.given(one, 384, 900, NOW_MS), NOW_MS)
        assert (one.state, one.tries, one.have_bytes) == (SealState.PULLING, n, 0)
    given_up = rollout.begun(rollout.given(one, 384, 900, NOW_MS), NOW_MS)
    assert (given_up.state, given_up.reason) == (SealState.FAILED, "other")


def test_bytes_that_it_had_already_are_no_sign_of_life() -> None:
    one = rollout.given(Progress(Stage.ALL, SealState.PULLING, NOW_MS), 384, 900, NOW_MS + 1)
    assert (one.have_bytes, one.changed_ms) == (384, NOW_MS + 1)
    assert rollout.given(one, 384, 900, NOW_MS + 2) is one
    more = rollout.given(one, 900, 900, NOW_MS + 3)
    assert (more.state, more.have_bytes) == (SealState.TRYING, 900)
    assert rollout.given(more, 900, 900, NOW_MS + 4) is more
    again = rollout.given(more, 384, 900, NOW_MS + 5)  # it had it whole, and has lost it
    assert (again.state, again.tries) == (SealState.PULLING, 1)


def test_who_was_given_up_as_silent_may_speak_again() -> None:
    silent = Progress(Stage.ALL, SealState.LEFT_OUT, NOW_MS, reason="silent")
    again = rollout.heard_again(silent, NOW_MS)
    assert (again.state, again.tries, again.reason) == (SealState.WAITING, 1, "")
    retired = Progress(Stage.ALL, SealState.LEFT_OUT, NOW_MS, reason="retired")
    assert rollout.heard_again(retired, NOW_MS) is retired
    last = Progress(Stage.ALL, SealState.FAILED, NOW_MS, 0, rollout.TRIES_MAX - 1, "silent")
    assert rollout.heard_again(last, NOW_MS) is last


def test_what_a_clock_wrote_that_was_ahead_is_dated_anew() -> None:
    one = Progress(Stage.ALL, SealState.PULLING, NOW_MS + DAY_MS, 384, 2)
    assert rollout.after_silence(one, NOW_MS) == Progress(Stage.ALL, one.state, NOW_MS, 384, 2)


def test_a_simulated_site_is_never_at_it_with_more_seals_than_named() -> None:
    """Two hundred seals ask at random; one in fifty of the releases that they try fails."""
    import random

    dice = random.Random(5)  # noqa: S311 - the same site each time
    stages = rollout.stages([f"{n:016x}" for n in range(200)], [], 10)
    found = {s: Progress(stage, SealState.WAITING, NOW_MS) for s, stage in stages.items()}
    most = 0
    for turn in range(40_000):
        seal_id = dice.choice(list(found))
        one, now_ms = found[seal_id], NOW_MS + turn
        if one.state is SealState.WAITING and rollout.may_begin(found, seal_id, PLAN, now_ms):
            found[seal_id] = rollout.moved(one, SealState.PULLING, now_ms)
        elif one.state is SealState.PULLING:
            found[seal_id] = rollout.moved(one, SealState.TRYING, now_ms)
        elif one.state is SealState.TRYING:
            bad = dice.random() < 0.02 and one.stage != Stage.CANARY
            state = SealState.FAILED if bad else SealState.GOOD
            found[seal_id] = rollout.moved(one, state, now_ms)
        busy = [p for p in found.values() if p.state in rollout.AT_IT]
        most = max(most, len(busy))
        begun = {p.stage for p in found.values() if p.state is not SealState.WAITING}
        open_now = {p.stage for p in found.values() if p.state not in rollout.FINISHED}
        assert not (Stage.ALL in begun and Stage.CANARY in open_now)
    assert most == PLAN.at_once
    assert rollout.is_done(found)
    assert stops(found) == ""


def test_seals_that_wait_are_called_as_many_as_may_be_at_it() -> None:
    rest = [(Stage.ALL, SealState.WAITING)] * 5
    found = seals((Stage.ALL, SealState.PULLING), *rest)
    first = rollout.to_call(found, {}, PLAN, NOW_MS)
    assert first == [f"{1:016x}", f"{2:016x}"]
    called = dict.fromkeys(first, NOW_MS)
    assert rollout.to_call(found, called, PLAN, NOW_MS + rollout.CALL_MS - 1) == []
    later = rollout.to_call(found, called, PLAN, NOW_MS + rollout.CALL_MS)
    assert later == [f"{3:016x}", f"{4:016x}"]  # others before those that did not answer
    found = seals((Stage.CANARY, SealState.WAITING), *rest)
    assert rollout.to_call(found, {}, PLAN, NOW_MS) == [f"{0:016x}"]
