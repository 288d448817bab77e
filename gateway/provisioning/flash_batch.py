"""Boards made seals: one, ten at once, or one after the other as they are plugged in.

Each board has its own thread and its own processes; what one of them does wrong stops no other. Two
verdicts each: *flashed* (it is on the board, proved, enrolled) and *heard* (the gateway has its
first report). What was flashed and not heard is said with the reason that the board gave.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.provisioning.board_image import BoardImage
from gateway.provisioning.board_link import BoardError, BoardLink
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import (
    Flashed,
    Registry,
    SealSettings,
    flash_seal,
    holds_before_image,
    steps_of,
)
from gateway.provisioning.image_writer import write_image
from gateway.provisioning.joining import Reason
from gateway.provisioning.spare_logins import SpareLoginsError
from gateway.provisioning.usb_ports import Port, list_ports
from gateway.registry.rows import EnrolError
from gateway.store.database import StoreError
from gateway.store.first_report import FirstReport

AT_ONCE_MAX = 10  # a hub's worth; two processes each
LOOK_S = 1.0  # how often it is looked for boards that were plugged in
HEARD_S_MAX = 90.0  # start 1 s, Wi-Fi up to 30 s, TLS 4 s, and a try more
_ASK_S = 0.5
_SURVEY_S_MAX = 4.0  # MicroPython answers within one
BACK_S_MAX = 40.0  # a new MicroPython formats its flash first
_IMAGE_STEPS = 100
NOT_BEGUN = "It was not begun."
BROKEN_OFF = "It was broken off: the board is nobody, and nothing of it is enrolled."
_NOT_OURS = (BoardError, EnrolError, StoreError, SpareLoginsError)


class Told(Protocol):
    """Hears how far a board is."""

    def __call__(self, port: Port, door_id: str | None, what: str, done: int, of: int) -> None:
        """`done` of `of` steps."""


@dataclass(frozen=True)
class Work:
    """What to make of each board, and with what. `registry` is asked for each door's own."""

    files: Sequence[BoardFile]
    settings: SealSettings
    registry: Callable[[str | None], Registry]
    erase: bool = False
    image: BoardImage | None = None
    esptool: Sequence[str] = ()
    esptool_options: Sequence[str] = ()
    ports: Callable[[], list[Port]] = list_ports
    heard: Callable[[str], FirstReport | None] | None = None  # None: nobody listens
    heard_s: float = HEARD_S_MAX
    answer_s: float = 30.0
    steady_s: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    enough: threading.Event = field(default_factory=threading.Event)  # no further board is begun


@dataclass(frozen=True)
class Outcome:
    """What became of one board. `wrong` is a sentence, or "" if it is flashed."""

    port: Port
    door_id: str | None
    flashed: Flashed | None = None
    heard: FirstReport | None = None
    heard_after_s: float = 0.0
    wrong: str = ""

    @property
    def is_good(self) -> bool:
        """Flashed and heard."""
        return self.flashed is not None and self.heard is not None


def flash_all(
    work: Work, pairs: Sequence[tuple[Port, str | None]], told: Told
) -> Iterator[Outcome]:
    """Flash these boards, up to ten at once; each outcome as it comes."""
    with _pool() as pool:
        tasks = {pool.submit(flash_board, work, port, door, told) for port, door in pairs}
        while tasks:
            done, tasks = wait(tasks, return_when=FIRST_COMPLETED)
            for task in done:
                yield task.result()


def flash_as_plugged(
    work: Work, doors: Sequence[str], told: Told, waits: Callable[[int], None]
) -> Iterator[Outcome]:
    """Give each board that is there or is plugged in the next door, until no door is left.

    `waits` hears how many doors want a board, each time that changes.
    """
    line, waiting = _Line(work, doors, told), -1
    with _pool() as pool:
        while (line.doors and not work.enough.is_set()) or line.busy:
            line.look(pool)
            if len(line.doors) != waiting:
                waiting = len(line.doors)
                waits(waiting)
            yield from line.finished()


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """A thread for each board. When somebody gives up, no further board is begun."""
    with ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="board") as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Line:
    """Doors that wait for boards, and the boards that are at work or were.

    A board that failed gives its door back, and is taken again once it was unplugged. One that is a
    seal now is not, whatever its port does while it sleeps and wakes: it is known by its number. A
    bridge without one is known while it is there.
    """

    def __init__(self, work: Work, doors: Sequence[str], told: Told) -> None:
        self.doors, self.busy = deque(doors), dict[Future[Outcome], Port]()
        self._work, self._told = work, told
        self._seen: dict[str, bool] = {}  # by a port's key: whether it is a seal now

    def look(self, pool: ThreadPoolExecutor) -> None:
        """Set to work whatever board is there and new."""
        if self._work.enough.is_set():
            return
        there = [port for port in self._work.ports() if port.is_known]
        present = {port.key for port in [*there, *self.busy.values()]}
        self._seen = {
            key: is_seal
            for key, is_seal in self._seen.items()
            if key in present or (is_seal and not key.startswith("/"))
        }
        for port in there:
            if port.key not in self._seen and self.doors and len(self.busy) < AT_ONCE_MAX:
                self._seen[port.key] = False
                door_id = self.doors.popleft()
                task = pool.submit(flash_board, self._work, port, door_id, self._told)
                self.busy[task] = port

    def finished(self) -> Iterator[Outcome]:
        """What came to an end, after a moment's wait."""
        if not self.busy:
            self._work.wait(LOOK_S)
            return
        done, _ = wait(self.busy, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        for task in done:
            del self.busy[task]
            outcome = task.result()
            if outcome.flashed is None and outcome.door_id is not None:
                self.doors.appendleft(outcome.door_id)
            self._seen[outcome.port.key] = outcome.flashed is not None
            yield outcome


def flash_board(work: Work, port: Port, door_id: str | None, told: Told) -> Outcome:
    """Make one board a seal. What is wrong with it is in the outcome; what we do wrong is raised.

    The image's steps come first on the bar, then those of the files, then one for being heard.
    """
    outcome = Outcome(port, door_id)
    if work.enough.is_set():
        return replace(outcome, wrong=NOT_BEGUN)
    before = _IMAGE_STEPS if work.image is not None else 0
    of = before + steps_of(work.files) + 1

    def hear(what: str, done: int, _of: int) -> None:
        told(port, door_id, what, before + done, of)

    registry = work.registry(door_id)
    try:
        link, replaced = BoardLink(port.device, answer_s=work.answer_s), None
        if work.image is not None:
            link, replaced = _imaged(
                work, port, registry, lambda what, n: told(port, door_id, what, n, of)
            )
        flashed = flash_seal(
            link, work.files, work.settings, registry, erase=work.erase, joins=True, told=hear
        )
    except _NOT_OURS as error:
        told(port, door_id, "failed", of, of)
        return replace(outcome, wrong=BROKEN_OFF if work.enough.is_set() else str(error))
    flashed = replace(flashed, replaced=flashed.replaced or replaced)
    told(port, door_id, "waiting for its first report", of - 1, of)
    began_s = work.steady_s()
    heard = _heard(work, flashed)
    told(port, door_id, "done" if heard else "not heard", of, of)
    after_s = work.steady_s() - began_s
    return replace(outcome, flashed=flashed, heard=heard, heard_after_s=after_s)


def _imaged(
    work: Work, port: Port, registry: Registry, told: Callable[[str, int], None]
) -> tuple[BoardLink, str | None]:
    """Write the image; a link to the board, which is back, and the enrolled seal that it was."""
    if work.image is None:
        raise AssertionError("there is no image")
    told("looking at the board", 0)
    quick = BoardLink(port.device, answer_s=min(_SURVEY_S_MAX, work.answer_s))
    replaced = holds_before_image(quick, work.files, registry, erase=work.erase)
    told("writing MicroPython", 0)
    write_image(
        port.device,
        work.image,
        work.esptool,
        lambda percent: told("writing MicroPython", percent),
        work.esptool_options,
    )
    told("starting MicroPython", _IMAGE_STEPS)
    return _back(work, port), replaced


def _back(work: Work, port: Port) -> BoardLink:
    """The board under its new MicroPython. A chip with its own USB goes away at a reset and comes
    back, sometimes under another name: it is looked for by its number."""
    until_s, answer_s = work.steady_s() + BACK_S_MAX, min(_SURVEY_S_MAX, work.answer_s)
    while True:
        device = _device_of(work, port)
        if device is not None:
            link = BoardLink(device, answer_s=answer_s)
            with suppress(BoardError):
                link.ask("answer(1)")
                return BoardLink(device, answer_s=work.answer_s)
            answer_s = min(2 * answer_s, work.answer_s)  # ten at once, on a small machine
        if work.enough.is_set():
            raise BoardError(BROKEN_OFF)
        if work.steady_s() >= until_s:
            if device is None:
                raise BoardError(
                    f"MicroPython is on the board, but its port has not come back in "
                    f"{BACK_S_MAX:.0f} s. Unplug it, plug it in, and go on without --image."
                )
            raise BoardError(
                f"MicroPython is on the board at {device} and does not start: it may still be in "
                "its loader. Tap RESET and go on without --image."
            )
        work.wait(_ASK_S)


def _device_of(work: Work, port: Port) -> str | None:
    if port.serial:
        found = [there.device for there in work.ports() if there.serial == port.serial]
        return found[0] if found else None
    return port.device if os.path.exists(port.device) else None


def _heard(work: Work, flashed: Flashed) -> FirstReport | None:
    """Its first report, if it can come at all and does in time."""
    can_come = flashed.join is None or flashed.join.reason in (Reason.OK, Reason.UNTRIED)
    if work.heard is None or not flashed.started or not can_come:
        return None
    until_s = work.steady_s() + work.heard_s
    while (report := work.heard(flashed.seal_id)) is None and work.steady_s() < until_s:
        if work.enough.is_set():
            break
        work.wait(_ASK_S)
    return report
