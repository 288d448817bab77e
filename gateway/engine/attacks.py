"""Says when somebody begins, and ends, to send far too much, or what is not genuine.

What an earlier life said goes on until it has been quiet here for as long as always: a start has
heard nothing yet, and that is no word of its end.
"""

from collections.abc import Callable

from gateway.core.cases import troubles
from gateway.core.reasons import Reason
from gateway.core.site_model import Troubles
from gateway.engine.guard import Rates, Refusals


class Attacks:
    """Looks at what was turned away and refused.

    Args:
        trouble: is told of each, as `Engine.trouble`.
        names: of whatever comes under a seal's name.
        seals: of a seal's genuine messages.
        refusals: over the whole site.
        known: what earlier lives told the site.
        now_ms: when this one began, in ms of UTC.
    """

    def __init__(
        self,
        trouble: Callable[..., None],
        names: Rates,
        seals: Rates,
        refusals: Refusals,
        known: Troubles,
        now_ms: int,
    ) -> None:
        self._trouble, self._names, self._seals = trouble, names, seals
        self._refusals = refusals
        seals.knew(troubles.present(known, Reason.FLOOD), now_ms)
        if troubles.has_present(known, Reason.FORGERY):
            refusals.knew(now_ms)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much: what was seen lately was as lately."""
        for seen in (self._names, self._seals, self._refusals):
            seen.moved(by_ms)

    def look(self, now_ms: int) -> None:
        """Say what begins or ends. Cheap: call it often."""
        floods = self._names.floods(now_ms)
        for seal_id, is_on in self._seals.floods(now_ms).items():
            floods[seal_id] = is_on or floods.get(seal_id, False)
        for seal_id, is_on in floods.items():
            self._trouble(Reason.FLOOD, is_on, seal_id)
        self._trouble(Reason.FORGERY, self._refusals.is_forged(now_ms))
