"""What the machine's clock is worth, and the gateway's own time: sure, doubted, or set back.

The gateway's time goes on by the machine's steady clock, which never jumps and counts while the
machine is suspended. Only its anchor may be moved, and only by somebody's word: the time service's,
a person's, or that of a clock which has long stood still against the steady one. How far each word
goes in each state stands in `MAY_MOVE`; what a doubt means for doors, in
`core/doors/clock_doubt.py`.

`GatewayTime` is pure: it is handed readings, and says what follows.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.duration import DAY_MS, MINUTE_MS, SECOND_MS
from gateway.core.model import SURE, Doubt

RELEASED_MS: Final = 1_767_225_600_000  # 2026: no clock that says less can be right
NEAR_MS: Final = 2 * SECOND_MS  # made good without a jump; a leap second is less
STEADY_WITHIN_MS: Final = 500  # so little may the machine's clock move against the steady one,
STEADY_MS: Final = 10 * MINUTE_MS  # for so long, to speak for itself,
VOUCHED_MS: Final = 5 * SECOND_MS  # or for so long, with the time service's word
CALM_MS: Final = 10 * SECOND_MS  # a clock that has come back is believed again after so long
SLEW: Final = 100  # one part in so many: how fast a small difference is made good
TOLD_WIDE_MS: Final = 2 * MINUTE_MS  # people are told of a doubt so wide ...
TOLD_AFTER_MS: Final = 30 * SECOND_MS  # ... that lasts so long
ANY_MS: Final = 1 << 62


class ClockState(StrEnum):
    """What the gateway's time is, against the machine's."""

    SURE = "sure"
    DOUBTED = "doubted"  # the machine's is ahead, and nobody vouches for it
    SET_BACK = "set_back"  # the machine's is behind what is written already


class Word(StrEnum):
    """Who speaks for the machine's clock now; the last that applies."""

    NONE = "none"
    STEADY = "steady"
    VOUCHED = "vouched"  # the time service has set it, and does not contradict itself by a day
    TRUSTED = "trusted"  # a person says so


# How far the gateway's time is moved at once to the machine's, at most.
MAY_MOVE: Final = {
    (ClockState.DOUBTED, Word.NONE): 0,
    (ClockState.DOUBTED, Word.STEADY): DAY_MS,
    (ClockState.DOUBTED, Word.VOUCHED): ANY_MS,
    (ClockState.DOUBTED, Word.TRUSTED): ANY_MS,
    (ClockState.SET_BACK, Word.NONE): 0,
    (ClockState.SET_BACK, Word.STEADY): 0,
    (ClockState.SET_BACK, Word.VOUCHED): ANY_MS,
    (ClockState.SET_BACK, Word.TRUSTED): ANY_MS,
}


class Reading(Struct, frozen=True):
    """One look at the machine: its clock (ms of UTC), the steady one (ms), and who vouches."""

    machine_ms: int
    steady_ms: int
    is_vouched: bool = False
    is_trusted: bool = False


class GatewayTime:
    """The gateway's time. `state` and `doubt` say what it is worth since the last reading."""

    def __init__(self, floor_ms: int, known: Doubt, reading: Reading) -> None:
        """Begin a life.

        Args:
            floor_ms: the newest time that is written, in ms of UTC; 0 if nothing is.
            known: what the clock was worth then.
            reading: the machine, now.
        """
        self._steady_ms, self._slew_ms = reading.steady_ms, 0
        self._offset_ms = self._vouched_offset_ms = reading.machine_ms - reading.steady_ms
        self._has_vouched = reading.is_vouched
        self._since_ms = reading.steady_ms  # since when the machine's clock has been steady
        self._near_ms: int | None = reading.steady_ms  # since when it has agreed with ours
        self._doubted_ms: int | None = None
        self.state, self.doubt = ClockState.SURE, SURE
        self._now_ms, self._unproven = _start(floor_ms, known, reading)
        self._apart = SURE
        self.look(reading)

    def now_ms(self, steady_ms: int) -> int:
        """The gateway's time, in ms of UTC, at a time of the steady clock."""
        passed_ms = steady_ms - self._steady_ms
        if not self._slew_ms:  # nearly always
            return self._now_ms + passed_ms
        slewed_ms = min(abs(self._slew_ms), passed_ms // SLEW)
        return self._now_ms + passed_ms + (slewed_ms if self._slew_ms > 0 else -slewed_ms)

    def look(self, reading: Reading) -> int:
        """Compare with the machine.

        Returns:
            By how much the gateway's time was moved at once, in ms; nearly always 0.
        """
        self._now_ms = self.now_ms(reading.steady_ms)
        self._steady_ms, self._slew_ms = reading.steady_ms, 0
        word, apart_ms = self._word(reading), reading.machine_ms - self._now_ms
        is_possible = reading.machine_ms >= RELEASED_MS
        moved_ms = 0
        if is_possible and abs(apart_ms) <= NEAR_MS:
            self._near(word, apart_ms)
        else:
            self._near_ms = None
            is_ahead = is_possible and apart_ms > 0
            self.state = ClockState.DOUBTED if is_ahead else ClockState.SET_BACK
            if is_possible and abs(apart_ms) <= MAY_MOVE[self.state, word]:
                moved_ms = apart_ms
                self._now_ms += moved_ms
                self._apart, self._unproven, self.state = SURE, SURE, ClockState.SURE
            elif is_possible:
                self._apart = _wider(self._apart, Doubt(max(apart_ms, 0), max(-apart_ms, 0)))
        self.doubt = _wider(self._apart, self._unproven)
        is_sure = self.state is ClockState.SURE
        self._doubted_ms = None if is_sure else self._doubted_ms or reading.steady_ms
        return moved_ms

    def is_told(self, reading: Reading) -> bool:
        """Whether people are to be told that the clock is in doubt."""
        if self._doubted_ms is None or reading.steady_ms - self._doubted_ms < TOLD_AFTER_MS:
            return False
        is_wide = max(self.doubt.behind_ms, self.doubt.ahead_ms) > TOLD_WIDE_MS
        return is_wide or reading.machine_ms < RELEASED_MS

    def _near(self, word: Word, apart_ms: int) -> None:
        """The two agree: small differences are made good slowly, and a doubt ends with time."""
        self._slew_ms = apart_ms
        self._near_ms = self._steady_ms if self._near_ms is None else self._near_ms
        is_spoken_for = word in (Word.VOUCHED, Word.TRUSTED)
        if is_spoken_for or self._steady_ms - self._near_ms >= CALM_MS:
            self._apart = SURE
        if is_spoken_for or word is Word.STEADY:
            self._unproven = SURE
        if self._apart == self._unproven == SURE:
            self.state = ClockState.SURE
        elif self.state is ClockState.SURE:
            self.state = ClockState.DOUBTED

    def _word(self, reading: Reading) -> Word:
        """Who speaks for the machine's clock. A time service that contradicts its own word by more
        than a day is not heard."""
        offset_ms = reading.machine_ms - reading.steady_ms
        if abs(offset_ms - self._offset_ms) > STEADY_WITHIN_MS:
            self._offset_ms, self._since_ms = offset_ms, reading.steady_ms
        steady_ms = reading.steady_ms - self._since_ms
        if reading.is_trusted:
            return Word.TRUSTED
        jumped_ms = abs(offset_ms - self._vouched_offset_ms)
        is_itself = not self._has_vouched or jumped_ms <= DAY_MS
        if reading.is_vouched and is_itself and steady_ms >= VOUCHED_MS:
            self._has_vouched, self._vouched_offset_ms = True, offset_ms
            return Word.VOUCHED
        return Word.STEADY if steady_ms >= STEADY_MS else Word.NONE


def _start(floor_ms: int, known: Doubt, reading: Reading) -> tuple[int, Doubt]:
    """The time to begin with, and what is not known of it until somebody speaks for it.

    What is written is never after what comes. A machine that is ahead by less than a day has
    perhaps been off for so long, and perhaps not. One that was behind before may be so still.
    """
    ahead_ms = reading.machine_ms - floor_ms
    if reading.machine_ms < RELEASED_MS:
        return max(floor_ms, RELEASED_MS), Doubt(DAY_MS, 0)
    if floor_ms == 0 or (reading.is_vouched and ahead_ms > 0):
        return reading.machine_ms, SURE
    if ahead_ms > DAY_MS or ahead_ms < 0 or known.behind_ms:
        return floor_ms, Doubt(0, known.ahead_ms) if known.ahead_ms else SURE
    if ahead_ms <= NEAR_MS and known == SURE:
        return reading.machine_ms, SURE
    return reading.machine_ms, Doubt(known.ahead_ms, ahead_ms + known.ahead_ms)


def _wider(one: Doubt, other: Doubt) -> Doubt:
    behind_ms = max(one.behind_ms, other.behind_ms)
    ahead_ms = max(one.ahead_ms, other.ahead_ms)
    return Doubt(behind_ms, ahead_ms) if behind_ms or ahead_ms else SURE
