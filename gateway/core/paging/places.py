"""How often somebody's phone may ring: so many places in so long, which pages that rang take.

All but what is urgent may fill half of them only.
"""

from msgspec import Struct

from gateway.core.cases.escalation import Ways
from gateway.core.duration import DAY_MS
from gateway.core.rules import Rules

RANG_MS = DAY_MS  # so long a round of a case's steps may last
RANG_MAX = 64  # of these are known


class SentPage(Struct, frozen=True, omit_defaults=True):
    """A page that rang: it takes a place until the window has passed over it."""

    at_ms: int
    page_id: str
    ways: Ways = Ways.ALL
    urgent: bool = False


def taken(sent: tuple[SentPage, ...], page: SentPage, rules: Rules) -> tuple[SentPage, ...]:
    """The places that are taken once this page has rung, the oldest first."""
    since_ms = page.at_ms - rules.pages_window_ms
    return (*(other for other in sent if other.at_ms > since_ms), page)


def remembered(rang: tuple[SentPage, ...], page: SentPage) -> tuple[SentPage, ...]:
    """The pages that rang within RANG_MS once this one has, RANG_MAX at most."""
    lately = tuple(other for other in rang if other.at_ms > page.at_ms - RANG_MS)
    return (*lately[1 - RANG_MAX :], page)


def free_ms(sent: tuple[SentPage, ...], is_urgent: bool, now_ms: int, rules: Rules) -> int:
    """When there is a place for such a page: now, or as soon as enough have become free."""
    since_ms = now_ms - rules.pages_window_ms
    lately = [page for page in sent if page.at_ms > since_ms]
    room_ms = now_ms
    if len(lately) >= rules.pages_most:
        room_ms = lately[-rules.pages_most].at_ms + rules.pages_window_ms
    if not is_urgent:
        half = max(1, rules.pages_most // 2)
        faults = [page for page in lately if not page.urgent]
        if len(faults) >= half:
            room_ms = max(room_ms, faults[-half].at_ms + rules.pages_window_ms)
    return room_ms
