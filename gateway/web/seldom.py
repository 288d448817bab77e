"""The log against floods: what happens a thousand times a second is told once a minute."""

import logging
import time
from collections import OrderedDict
from typing import Final

EVERY_S: Final = 60.0
KEPT_MAX: Final = 256


class Seldom(logging.Filter):
    """Lets each sentence through once a minute, and says how often it came meanwhile.

    A logger's filter, for what others log; or a log of its own, by `warn`.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._log = logging.getLogger(name)
        self._told: OrderedDict[str, tuple[float, int]] = OrderedDict()  # when, how often since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told now."""
        since = self._since(str(record.msg))
        if since:
            record.msg = f"{str(record.msg).rstrip()} (and {since} times since the last word)"
        return since is not None

    def warn(self, sentence: str, *facts: object) -> None:
        """Log a warning, seldom."""
        since = self._since(sentence)
        if since is not None:
            more = f" (and {since} times since the last word)" if since else ""
            self._log.warning(sentence + more, *facts)

    def _since(self, sentence: str) -> int | None:
        """How often it was kept back since it was told last; None if it is kept back again."""
        now_s = time.monotonic()
        told_s, count = self._told.get(sentence, (float("-inf"), 0))
        if now_s - told_s < EVERY_S:
            self._told[sentence] = told_s, count + 1
            return None
        self._told[sentence] = now_s, 0
        self._told.move_to_end(sentence)
        if len(self._told) > KEPT_MAX:
            self._told.popitem(last=False)
        return count
