"""A rule of every timeline: what moves is dated by when it was heard of, whatever it tells of."""

from collections.abc import Iterable

from gateway.core.effects import CaseMoved, Effect
from gateway.core.households.effects import MATTERS_MOVED


def as_dated(effects: Iterable[Effect], now_ms: int) -> list[Effect]:
    """The same effects of a step at this time, each case and matter in them moved then."""
    checked = list(effects)
    for effect in checked:
        if isinstance(effect, (CaseMoved, *MATTERS_MOVED)):
            assert effect.at_ms == now_ms, f"dated otherwise than it came: {effect}"
    return checked
