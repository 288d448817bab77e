"""Once a second the gateway looks at the machine's clock; what that means becomes events.

A doubt, its end, and a correction are journaled like everything else, so a replay lives through the
same. The engineer is told of a doubt that lasts, as a trouble of the site.
"""

from gateway.core.cases import troubles
from gateway.core.events import ClockDoubted, ClockSure, ClockTrusted
from gateway.core.model import SURE
from gateway.core.reasons import Reason
from gateway.core.subject import SITE
from gateway.engine.clock import MachineClock
from gateway.engine.clock_states import ClockState
from gateway.engine.engine import Engine

LOOK_EVERY_MS = 1_000
WIDER_MS = 500  # a doubt that grows by less is not journaled anew


class ClockWatch:
    """Looks at a machine's clock, for an engine that goes by it."""

    def __init__(self, engine: Engine, clock: MachineClock) -> None:
        self._engine, self._clock = engine, clock
        self._said = engine.state.doubt
        engine.on_trusted = self._trusted

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            self.look()
            await self._clock.sleep(LOOK_EVERY_MS)

    def look(self) -> None:
        """Look once. To be called before the first report is let in, too."""
        moved_ms, is_told = self._clock.look()
        doubt = self._clock.doubt
        if self._clock.state is not ClockState.SURE:  # what was told goes on, after a start too
            is_told |= troubles.is_present(self._engine.state.troubles, Reason.CLOCK_DOUBTED)
        if moved_ms:
            self._engine.clock_set(moved_ms)
            self._said = SURE
        if doubt == SURE and self._said != SURE:
            self._engine.note(SITE, ClockSure())
            self._said = SURE
        elif (
            doubt.behind_ms > self._said.behind_ms + WIDER_MS
            or doubt.ahead_ms > self._said.ahead_ms + WIDER_MS
        ):
            self._engine.note(SITE, ClockDoubted(doubt.behind_ms, doubt.ahead_ms))
            self._said = doubt
        self._engine.metrics.clock(self._clock.state, doubt, is_told)
        self._engine.trouble(Reason.CLOCK_DOUBTED, is_told)

    def _trusted(self, event: ClockTrusted) -> None:
        """A person has said that the machine's clock is right: what follows is seen at once."""
        self._clock.trust(event.machine_ms)
        self.look()
