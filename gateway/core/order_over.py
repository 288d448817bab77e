"""That an order is over: noted at a door once, so that it is told once (core/doors/order_end)."""

from msgspec import Struct


class OrderOver(Struct, frozen=True, omit_defaults=True):
    """An order on a door that is over. `told_ms`: when that is told; None once it was, or where
    there is nobody or nothing to tell."""

    order_id: str
    over_ms: int
    told_ms: int | None = None
