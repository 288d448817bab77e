"""What people write in their acts is sealed before the engine steps it: no queue, no journal and no
state ever holds it readable."""

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.store.database import Store
from gateway.store.order_keys import KeyMissingError, OrderKeys
from gateway.store.sealing import has_text, sealed


class Sealing:
    """Seals what comes to one engine."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sealed(self, subject: Subject, event: Event, now_ms: int) -> Event:
        """An event as it may be stored; nearly all have no text, and cost nothing here.

        Raises:
            StoreError: its key cannot be had, and no other one made.
        """
        if not has_text(event):
            return event
        try:
            with self._store.reading() as connection:
                keys = OrderKeys(connection, now_ms, makes=False)
                return sealed(keys, subject, event, now_ms)
        except KeyMissingError:  # a site that was put back without its keys, or its first word
            pass
        with self._store.writing() as connection:
            return sealed(OrderKeys(connection, now_ms), subject, event, now_ms)
