"""A page as it stands in the outbox."""

from gateway.core.reasons import Reason
from gateway.store.outbox import Entry


def entry(address: str) -> Entry:
    """An opening without a permit, to an address."""
    ids = ("p1", "c1", "d1", "w1")
    return Entry(1, *ids, "webhook", address, "en", Reason.NO_PERMIT, 1, 1, 1, sent_id="drawn-1")
