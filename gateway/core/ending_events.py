"""What the gateway is told when everything that is known of a household is destroyed. Journaled
like all of `events`, under their tags; their rows go with those that they are about."""

from collections.abc import Iterable

from msgspec import Struct


class OrderDestroyed(Struct, frozen=True, omit_defaults=True, tag="order_destroyed"):
    """To a door: nothing of this order is known any more, nor of what happened before `before_ms`
    (ms of UTC), from which on another order needs it; None: nothing that happened at all."""

    order_id: str
    before_ms: int | None = None

    def needed_from_ms(self, others_from_ms: Iterable[int]) -> int | None:
        """From when on another order needs what happened (`others_from_ms`: when those begin that
        are known); None: none does. One that was placed while the end was begun needs it too."""
        begins = [] if self.before_ms is None else [self.before_ms]
        return min([*begins, *others_from_ms], default=None)


class NamesForgotten(Struct, frozen=True, tag="names_forgotten"):
    """To the site: nothing is known any more of these cases, nor of what these doors and seals did
    before `before_ms` (as above)."""

    doors: tuple[str, ...]
    seals: tuple[str, ...]
    cases: tuple[str, ...]
    before_ms: int | None = None


EndingEvent = OrderDestroyed | NamesForgotten
