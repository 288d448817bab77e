"""What was last said of each trouble of the gateway or its site, so that only news is an event."""

import logging

from gateway.core.cases import troubles
from gateway.core.events import TroubleBegan, TroubleEnded
from gateway.core.reasons import Reason
from gateway.core.site_model import Troubles

log = logging.getLogger("menshen.engine")

KNOWN_MAX = 1_000


class SaidTroubles:
    """Troubles as they were last said, whether they are in the site's state already or not."""

    def __init__(self) -> None:
        self._said: dict[tuple[Reason, str], bool] = {}

    def news(
        self, known: Troubles, reason: Reason, is_present: bool, about: str, age_ms: int
    ) -> TroubleBegan | TroubleEnded | None:
        """The event, if this is new.

        Args:
            known: those of the site's state.
            reason, is_present, about, age_ms: as of `Engine.trouble`.
        """
        key = reason, about[: troubles.ABOUT_MAX]
        before = self._said.get(key)
        if is_present == (troubles.is_present(known, *key) if before is None else before):
            return None
        if len(self._said) >= KNOWN_MAX:
            self._said.clear()  # the site's state knows them too
        self._said[key] = is_present
        log.warning("trouble %s %s: %s", *key, "present" if is_present else "over")
        return TroubleBegan(*key, age_ms) if is_present else TroubleEnded(*key)
