"""While the gateway's clock is in doubt: from when to when something holds. The one place of the
rule, for the orders of doors, those of households, and what ends with them.

The clock is perhaps behind by so much, or ahead by so much. What holds begins at the earlier and
ends at the later of the times that it may be: in doubt no order ends early, and nothing that a
household may do is refused because of our clock. What somebody is asked for is due at the later.
"""

from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from gateway.core.model import Doubt


class Span(Protocol):
    """Holds from a time (included) to another (excluded), in ms of UTC."""

    @property
    def from_ms(self) -> int:
        """When it begins."""

    @property
    def to_ms(self) -> int:
        """When it is over."""


S = TypeVar("S", bound=Any)


def begins_ms(span: Span, doubt: Doubt) -> int:
    """When it begins, by the gateway's clock."""
    return span.from_ms - doubt.behind_ms


def over_ms(span: Span, doubt: Doubt) -> int:
    """When it is over, by the gateway's clock."""
    return span.to_ms + doubt.ahead_ms


def holds(span: Span, at_ms: int, doubt: Doubt) -> bool:
    """Whether it holds at a time, by any of the times that this may be."""
    return begins_ms(span, doubt) <= at_ms < over_ms(span, doubt)


def doubted(subject: S, doubt: Doubt) -> S:
    """A door or a household, with what its time is worth now."""
    is_known = subject.doubt is doubt or subject.doubt == doubt
    return subject if is_known else replace(subject, doubt=doubt)
