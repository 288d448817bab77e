"""Commands that wait for their seals: which one goes out with an answer, and what came of it.

A command goes out with the gateway's answers and never by itself: it repeats the numbers of the
transmission that it answers, so the seal knows it for fresh, and needs no clock and no count of
ours. One at a time for each seal, the oldest first. What is decided here is written in the commit
of what was answered, and goes out after it; it is adopted with the commit, as everything else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from gateway.core.duration import MINUTE_MS
from gateway.store.seal_commands import OPEN, CommandState, SealCommand
from sealwire import gateway_end, note

TAKEN_MS = 10 * MINUTE_MS  # after which a seal that took a command is asked again what came of it

_STATES = {
    note.TAKEN: CommandState.TAKEN,
    note.WORKED: CommandState.WORKED,
    note.REFUSED: CommandState.REFUSED,
    note.FELL_BACK: CommandState.FELL_BACK,
}
Changed = Mapping[int, SealCommand]
NEVER_MS = 1 << 62


class Downlink:
    """The open commands as of the last commit. To be changed by `know` and `adopt` only."""

    def __init__(self) -> None:
        self._open: defaultdict[str, dict[int, SealCommand]] = defaultdict(dict)
        self.is_expiring = False  # somebody has been told of those whose time is over
        self._first_end_ms = (
            0  # nothing ends before it: asked after every commit, by whom none ends
        )

    def know(self, commands: Iterable[SealCommand]) -> None:
        """Take over what stands in the database; what is known here already is newer here, and what
        is missing there has ended."""
        known = self._open
        self._open = defaultdict(dict)
        for command in commands:
            newer = known[command.seal_id].get(command.command_id, command)
            self._open[command.seal_id][command.command_id] = newer
        self._first_end_ms = 0

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much: what is asked is of use for as long as before."""
        for of_seal in self._open.values():
            for command_id, known in of_seal.items():
                of_seal[command_id] = replace(
                    known,
                    ends_ms=known.ends_ms + by_ms,
                    sent_ms=None if known.sent_ms is None else known.sent_ms + by_ms,
                )
        self._first_end_ms = 0

    def adopt(self, changed: Changed) -> None:
        """These commands are as this now."""
        self.is_expiring = False
        for command in changed.values():
            of_seal = self._open[command.seal_id]
            if command.state in OPEN:
                known = of_seal.get(command.command_id, command)  # the clock was set meanwhile
                command = replace(command, ends_ms=known.ends_ms)
                of_seal[command.command_id] = command
                self._first_end_ms = min(self._first_end_ms, command.ends_ms)
            else:
                of_seal.pop(command.command_id, None)
                if not of_seal:
                    del self._open[command.seal_id]

    def due(
        self, seal_id: str, now_ms: int, changed: Changed, ahead_ms: int = 0
    ) -> SealCommand | None:
        """What goes out with an answer to this seal, as it is once it is sent; None for nothing.

        Args:
            seal_id: whom the answer goes to.
            now_ms: when, in ms of UTC.
            changed: what the present unit of work has changed already.
            ahead_ms: by how much our clock may be ahead: what may be of use is asked.
        """
        for known in self._open[seal_id].values() if seal_id in self._open else ():
            command = changed.get(known.command_id, known)
            if command.state not in OPEN or command.ends_ms <= now_ms - ahead_ms:
                continue
            if command.state is CommandState.TAKEN:
                is_asked_again = now_ms - (command.sent_ms or 0) >= TAKEN_MS
                return replace(command, sent_ms=now_ms) if is_asked_again else None
            moved_ms = command.moved_ms if command.state is CommandState.SENT else now_ms
            return replace(command, state=CommandState.SENT, sent_ms=now_ms, moved_ms=moved_ms)
        return None

    def answered(
        self, seal_ids: Iterable[str], said: gateway_end.Note, now_ms: int
    ) -> SealCommand | None:
        """What a note says of a command, if it is one of these seals' and has not ended: as it is
        now."""
        for seal_id in seal_ids:
            for command in self._open[seal_id].values() if seal_id in self._open else ():
                if command.ticket == said.ticket:
                    return replace(command, state=_STATES[said.outcome], moved_ms=now_ms)
        return None

    def forgotten(self, seal_id: str, now_ms: int) -> list[SealCommand]:
        """Those that this seal took, began anew, and knows nothing of: to be asked again."""
        return [
            replace(command, state=CommandState.WAITING, moved_ms=now_ms)
            for command in (self._open[seal_id].values() if seal_id in self._open else ())
            if command.state is CommandState.TAKEN
        ]

    def overdue(self, now_ms: int) -> list[SealCommand]:
        """Those whose time is surely over, as they are then; of one that is tried, its seal
        decides.

        Args:
            now_ms: the earliest that the time can be, in ms of UTC.
        """
        if now_ms < self._first_end_ms:
            return []
        asked = [
            command
            for of_seal in self._open.values()
            for command in of_seal.values()
            if command.state is not CommandState.TAKEN
        ]
        over = [command for command in asked if command.ends_ms <= now_ms]
        if not over:  # else they are asked for again, until they have ended
            self._first_end_ms = min((one.ends_ms for one in asked), default=NEVER_MS)
        return [replace(one, state=CommandState.EXPIRED, moved_ms=now_ms) for one in over]
