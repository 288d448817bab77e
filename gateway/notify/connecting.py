"""Wires an engine to every way out: a delivery worker for each kind of channel."""

from collections.abc import Iterator
from functools import partial

from gateway.channels import kinds
from gateway.channels.channel import Channel
from gateway.channels.household_text import NAME, HouseholdTexts
from gateway.channels.no_way import NoWay
from gateway.core.cases import troubles
from gateway.core.reasons import Reason
from gateway.engine import needed
from gateway.engine.engine import Engine
from gateway.engine.ports import Outlet
from gateway.notify.addressing import Addresses
from gateway.notify.delivery import DeliveryWorker
from gateway.notify.destination import code_of
from gateway.settings import Settings
from gateway.store import outbox, resident_views
from gateway.store.database import Store
from gateway.store.outbox import Entry


def connect(
    engine: Engine, outlet: Outlet, store: Store, settings: Settings
) -> list[DeliveryWorker]:
    """Give an engine its way out: the outlet, and a worker for each kind of channel.

    Args:
        engine: whose pages they deliver.
        outlet: takes acknowledgements and receipts.
        store: where its outbox is.
        settings: of the channels.

    Returns:
        The workers; each is to be `run`.
    """

    def may_go_ms(entry: Entry, at_ms: int) -> int:
        return needed.may_go_ms(engine.state, entry, at_ms)

    def is_told(code: str) -> bool:
        return troubles.is_present(engine.state.troubles, Reason.CHANNEL_FAILING, code)

    workers = [
        DeliveryWorker(
            kind,
            channel,
            store,
            engine.attempted,
            engine.metrics,
            engine.clock,
            engine.ended,
            may_go_ms,
            partial(engine.trouble, Reason.CHANNEL_FAILING),
            is_told,
        )
        for kind, channel in _channels(store, settings)
    ]
    engine.connect(outlet, [worker.offer for worker in workers])
    engine.on_clock_set += [worker.clock_set for worker in workers]
    return workers


def watch_addresses(engine: Engine, addresses: Addresses) -> None:
    """Where nobody is told any more nothing is failing: that is over, now and whenever the registry
    changes, for no page will ever prove it."""

    def look() -> None:
        codes = {code_of(kind, address) for kind, address in addresses.all()}
        for code in troubles.present(engine.state.troubles, Reason.CHANNEL_FAILING):
            if code not in codes and code != troubles.MORE:
                engine.trouble(Reason.CHANNEL_FAILING, is_present=False, about=code)

    look()
    engine.on_known.append(lambda _: look())


def _channels(store: Store, settings: Settings) -> Iterator[tuple[str, Channel]]:
    """Every channel that sends: to people of the staff, and to households; and of what waits for
    one that the site has not, what ends it."""

    def number_of(door_id: str) -> str | None:
        with store.reading() as connection:
            return resident_views.telephone(connection, door_id)

    yield from kinds.opened(settings)
    texts = HouseholdTexts.of(settings, number_of)
    if texts is not None:
        yield NAME, texts
    own = {kind.name for kind in kinds.KINDS} | ({NAME} if texts is not None else set())
    with store.reading() as connection:
        waiting = outbox.waited_for(connection)
    yield from ((name, NoWay()) for name in waiting if name not in own)
