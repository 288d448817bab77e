"""While nothing can be stored, those who must know of that are told all the same.

"Write, acknowledge, tell" cannot hold for the one page that says that nothing can be written. So it
lives in memory only: at least once, without a row, and told again, as a case, as soon as a commit
works. Its entries have numbers below zero, which no row has.
"""

from itertools import count

from gateway.core.events import TroubleBegan
from gateway.core.reasons import Reason
from gateway.core.site import SiteTurn
from gateway.core.subject import SITE
from gateway.engine.outgoing import Addressing, entries_of
from gateway.engine.state import CommittedSite
from gateway.store.outbox import Entry

_ids = count(-1, -1)


def is_unstored(entry: Entry) -> bool:
    """Whether no row stands behind it, so that nothing is to be written of it either."""
    return entry.entry_id < 0


def entries(
    site: CommittedSite, addressing: Addressing, now_ms: int, failing_ms: int
) -> list[Entry]:
    """Pages for those who are told first that nothing can be stored; the site stays as it is.

    Args:
        site: as of the last commit that worked.
        addressing: knows the addresses.
        now_ms: the time, in ms of UTC.
        failing_ms: for how long nothing could be stored.
    """
    turn = SiteTurn(site)
    steps = turn.apply(now_ms, SITE, TroubleBegan(Reason.STORE_FAILING, age_ms=failing_ms))
    routed = [out for step in steps for out in step.routed]
    told = [entry for entry in entries_of(routed, addressing, now_ms) if entry.done_ms is None]
    for entry in told:
        entry.entry_id = next(_ids)
        entry.case_id = ""  # there is no such case yet
    return told
