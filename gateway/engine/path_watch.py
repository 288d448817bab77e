"""Which seals are heard on which of their two ways, and that one of them has fallen silent.

A report counts the same whichever way it came, so this stands beside the core: the watch knows when
each seal that speaks by air was last heard there and over the network, and makes an event of it
where that is too long ago, or over. Two heartbeats without a word are too long. By air each seal
beats as often as it promised; over the network one on batteries beats once an hour, unless it was
told that the air carries nothing.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.cases import troubles
from gateway.core.duration import HOUR_MS, SECOND_MS
from gateway.core.model import Door, Path, SilentPath
from gateway.core.path_events import PathHeard, PathSilent, PathsTested
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import of_door
from gateway.engine.attendance import Attendance
from gateway.engine.engine import Engine
from gateway.engine.path_causes import PathCauses
from gateway.store.seal_paths import LastHeard

log = logging.getLogger("menshen.engine")

LOOK_EVERY_MS: Final = 5 * SECOND_MS
BEATS: Final = 2  # without a word, and the way is silent
GRACE_MS: Final = 5 * SECOND_MS  # for the last one's way
NETWORK_BEAT_MS: Final = 3 * HOUR_MS  # of one on batteries (sealwire.receipt.HEARD_MS)
RECEIVER_AWAY_MS: Final = 60 * SECOND_MS  # one that is plugged in again is no trouble yet
SETTLED_MS: Final = 60 * SECOND_MS  # of a life, until what waited for it has come
STRETCH_EVERY_MS: Final = 60 * SECOND_MS
TESTS_MAX: Final = 1_000  # walk tests of which it is known what was said
SIGNALS_KEPT: Final = 6  # by air, of a walk test: as many as three openings have edges

Heard = Mapping[str, Mapping[Path, int]]
Stretch = Callable[[int, Callable[[str], int | None]], None]


class Tested:
    """What was said of a walk test, perhaps not stored yet, and the latest signals by air in dBm.
    The weakest of them counts: whoever moves the seal has it judged anew by three openings."""

    def __init__(self) -> None:
        self.said: PathsTested | None = None
        self.signals_dbm: deque[int] = deque(maxlen=SIGNALS_KEPT)


class PathWatch:
    """Looks every few seconds, by the engine's clock.

    Args:
        engine: is told what is found, and tells what it accepted.
        heard: of each seal that was ever heard by air, when on which way, in ms of UTC.
        is_expected: whether there is to be a receiver; without one nobody is told that it is away.
        attendance: how long the gateway has listened in all its lives; by default, in this one.

    `stretch` is called every minute with the time, and how to ask when a seal was heard: the first
    time at the first look, for a gateway that was away expects what those transmit who went on.
    """

    def __init__(
        self,
        engine: Engine,
        heard: Heard,
        is_expected: bool = True,
        attendance: Attendance | None = None,
    ) -> None:
        self._engine = engine
        self.stretch: Stretch | None = None
        now_ms = self._began_ms = engine.clock.now_ms()  # until then we heard nobody
        self._heard = {
            seal_id: {**dict.fromkeys(Path, now_ms), **of} for seal_id, of in heard.items()
        }
        # Of these no hearing is stored: that they were heard at the start is believed, and no word.
        self._unheard = {(s, path) for s, of in heard.items() for path in Path if path not in of}
        self._attendance = attendance
        if attendance is not None:
            attendance.listens[Path.AIR] = lambda: self._listening_ms is not None
            for seal_id, path in self._unheard:
                self._heard[seal_id][path] = attendance.believed_ms(f"{seal_id} {path}")
        self._is_expected = is_expected
        self._listening_ms: int | None = None  # since when the receiver hears
        self._deaf_ms = now_ms  # or since when it does not
        self._stretched_ms = now_ms - STRETCH_EVERY_MS
        self._causes = PathCauses(engine)
        self._tested: dict[str, Tested] = {}  # by test_id
        self._said: dict[tuple[str, Path], PathSilent | PathHeard] = {}  # and not stored yet
        engine.on_heard.append(self._adopted)
        engine.on_clock_set.append(self._moved)
        engine.on_known.append(lambda _: self._said.clear())

    def receiver(self, is_listening: bool) -> None:
        """The receiver hears from now on, or hears nothing any more."""
        now_ms = self._engine.clock.now_ms()
        if is_listening and self._listening_ms is None:
            self._listening_ms = now_ms
        elif not is_listening and self._listening_ms is not None:
            self._listening_ms, self._deaf_ms = None, now_ms
        self._engine.listens(is_listening)

    def look(self) -> None:
        """Look once at all of them."""
        now_ms = self._engine.clock.now_ms()
        self._look_at_receiver(now_ms)
        watched = {
            door.door_id: door for door in map(self._door_of, self._heard) if door is not None
        }
        explained = self._explained(watched, now_ms)
        for door in watched.values():
            self._look_at(door, Path.AIR, now_ms, is_explained=False)
            is_explained = door.door_id in explained
            self._look_at(door, Path.NETWORK, now_ms, is_explained=is_explained)
            self._test(door)
        if self.stretch is not None and now_ms - self._stretched_ms >= STRETCH_EVERY_MS:
            self._stretched_ms = now_ms
            self.stretch(now_ms, self._heard_ms)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await self._engine.clock.sleep(LOOK_EVERY_MS)

    def _look_at_receiver(self, now_ms: int) -> None:
        away_ms = now_ms - self._deaf_ms
        if self._listening_ms is not None or not self._is_expected:
            self._engine.trouble(Reason.RECEIVER_LOST, is_present=False)
        elif away_ms >= RECEIVER_AWAY_MS:  # before, nothing is known
            self._engine.trouble(Reason.RECEIVER_LOST, is_present=True, age_ms=away_ms)

    def _door_of(self, seal_id: str) -> Door | None:
        """The door on which a seal hangs that promised heartbeats."""
        row = self._engine.state.registry.seals.get(seal_id)
        door = self._engine.state.doors.get(row.door_id or "") if row is not None else None
        is_its = door is not None and door.seal_id == seal_id and door.heartbeat_ms is not None
        return door if is_its else None

    def _is_silent(self, door: Door, path: Path, now_ms: int) -> bool:
        heard_ms = self._heard[door.seal_id or ""][path]
        since_ms = max(heard_ms, self._began_ms, self._listens_ms(path) or 0)
        patience_ms = BEATS * self._every_ms(door, path) + GRACE_MS
        if now_ms - since_ms > patience_ms:
            return True
        has_settled = self._listens_ms(path) is not None and now_ms - since_ms >= SETTLED_MS
        if self._attendance is None or not has_settled:
            return False
        return self._attendance.listened_ms(path, heard_ms) > patience_ms

    def _explained(self, watched: Mapping[str, Door], now_ms: int) -> set[str]:
        """The doors whose network is away with that of their place. Where nobody can be heard on
        it, the broker's loss says so already."""
        if self._listens_ms(Path.NETWORK) is None:
            return set()
        alive = {
            door_id: door
            for door_id, door in watched.items()
            if door.silence is None and not self._is_silent(door, Path.AIR, now_ms)
        }
        silent = {d for d, door in alive.items() if self._is_silent(door, Path.NETWORK, now_ms)}
        unheard = {d for d, door in alive.items() if not self._is_heard_again(door, Path.NETWORK)}
        return self._causes.look(alive, silent, silent | unheard)

    def _is_heard_again(self, door: Door, path: Path) -> bool:
        """Whether it was heard on a way since that was found silent; or it is not silent."""
        known = _known(door, path)
        seal_id = door.seal_id or ""
        is_heard = (seal_id, path) not in self._unheard
        return known is None or (is_heard and self._heard[seal_id][path] > known.found_ms)

    def _test(self, door: Door, signal_dbm: int | None = None) -> None:
        """Tell a walk test on which ways its seal was heard since it began, and how strongly by
        air, of which this is the latest."""
        test = door.walk_test
        if test is None or test.is_over or test.seal_id != door.seal_id:
            return
        heard = self._heard[test.seal_id]
        since_ms = max(test.begun_ms, self._began_ms + 1)  # what a start believed is no hearing
        paths = tuple(path for path in Path if heard[path] >= since_ms)
        tested = self._tested.get(test.test_id)
        if tested is None:
            tested = Tested()
            self._tested = {test.test_id: tested, **_few(self._tested)}
        if signal_dbm is not None and Path.AIR in paths:
            tested.signals_dbm.append(signal_dbm)
        air_dbm = min(tested.signals_dbm, default=None)
        event = PathsTested(test.seal_id, test.test_id, paths, air_dbm)
        is_known = (paths, air_dbm) == (test.paths, test.air_dbm)
        if not is_known and event != tested.said:
            tested.said = event
            self._engine.note(of_door(door.door_id), event)

    def _look_at(self, door: Door, path: Path, now_ms: int, *, is_explained: bool) -> None:
        """Say what is new of one way; nothing while the last word of it is not stored."""
        seal_id = door.seal_id or ""
        heard_ms, is_silent = self._heard[seal_id][path], self._is_silent(door, path, now_ms)
        known = _known(door, path)
        said = self._said.get((seal_id, path))
        if said is not None and not _is_stored(said, known):
            return
        self._said.pop((seal_id, path), None)
        is_ours = is_explained or self._listens_ms(path) is None
        is_news = known is None or (known.is_ours and not is_ours)
        is_news = is_news or (is_explained and not (known and known.is_ours))
        if is_silent and is_news:
            self._say(door, path, PathSilent(seal_id, path, heard_ms, is_ours))
        elif known is not None and not is_silent and self._is_heard_again(door, path):
            self._say(door, path, PathHeard(seal_id, path))

    def _say(self, door: Door, path: Path, event: PathSilent | PathHeard) -> None:
        word = "silent" if isinstance(event, PathSilent) else "heard"
        log.info("seal %s is %s by %s", event.seal_id, word, path)
        self._said[event.seal_id, path] = event
        self._engine.note(of_door(door.door_id), event)

    def _listens_ms(self, path: Path) -> int | None:
        """Since when anybody can be heard there; None: nobody can."""
        if path is Path.AIR:
            return self._listening_ms
        metrics = self._engine.metrics
        return metrics.broker_since_ms if metrics.broker_connected else None

    def _every_ms(self, door: Door, path: Path) -> int:
        every_ms = door.heartbeat_ms or 0
        if path is Path.AIR or door.battery_mv is None:  # on mains it beats on both alike
            return every_ms
        return max(every_ms, NETWORK_BEAT_MS)

    def _heard_ms(self, seal_id: str) -> int | None:
        row = self._engine.state.registry.seals.get(seal_id)
        door = self._engine.state.doors.get(row.door_id or "") if row is not None else None
        return None if door is None or door.seal_id != seal_id else door.heard_ms

    def _adopted(
        self, _: dict[str, ReplayWindow], heard: dict[tuple[str, Path], LastHeard]
    ) -> None:
        """What a commit accepted."""
        for (seal_id, path), (at_ms, signal_dbm) in heard.items():
            if seal_id not in self._heard:
                self._heard[seal_id] = dict.fromkeys(Path, at_ms)
            self._heard[seal_id][path] = at_ms
            if (seal_id, path) in self._unheard:
                self._unheard.discard((seal_id, path))
                if self._attendance is not None:
                    self._attendance.seen(f"{seal_id} {path}")
            if (door := self._door_of(seal_id)) is not None:
                self._test(door, signal_dbm if path is Path.AIR else None)

    def _moved(self, by_ms: int) -> None:
        for heard in self._heard.values():
            for path in heard:
                heard[path] += by_ms
        if self._listening_ms is not None:
            self._listening_ms += by_ms
        self._deaf_ms += by_ms
        self._began_ms += by_ms
        self._stretched_ms += by_ms


def nobody_by_air(engine: Engine) -> None:
    """There is no watch, for no seal speaks by air and none is to be heard: what an earlier life
    found out by it is over."""
    known = engine.state.troubles
    for reason in (Reason.RECEIVER_LOST, Reason.NETWORK_AWAY):
        for about in troubles.present(known, reason):
            engine.trouble(reason, is_present=False, about=about)


def _few(tested: dict[str, Tested]) -> dict[str, Tested]:
    """The latest tests, for those are over that came before so many."""
    return dict(list(tested.items())[: TESTS_MAX - 1])


def _known(door: Door, path: Path) -> SilentPath | None:
    """What the door knows of a way that is silent."""
    return next((silent for silent in door.silent_paths if silent.path is path), None)


def _is_stored(said: PathSilent | PathHeard, known: SilentPath | None) -> bool:
    """Whether the door's state says by now what was said of a way."""
    if isinstance(said, PathHeard):
        return known is None
    return known is not None and known.is_ours is said.is_ours
