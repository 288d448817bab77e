"""What the gateway's clock is worth, or that it was set, as events of the site.

They are events like all others, and stand in `events` under their names."""

from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]


class ClockDoubted(Struct, frozen=True, omit_defaults=True, tag="clock_doubted"):
    """To the site: the gateway's clock may be behind or ahead by so much, until it is said anew."""

    behind_ms: Count = 0
    ahead_ms: Count = 0


class ClockSure(Struct, frozen=True, omit_defaults=True, tag="clock_sure"):
    """To the site: the gateway's clock is believed again."""


class ClockCorrected(Struct, frozen=True, omit_defaults=True, tag="clock_corrected"):
    """To the site: the gateway's clock was set by so much, ahead if positive. What was journaled
    from one id to another (both included) was dated by the false clock: add `by_ms` to it."""

    by_ms: int
    from_id: int = 0
    to_id: int = 0


class ClockTrusted(Struct, frozen=True, omit_defaults=True, tag="clock_trusted"):
    """To the site: a person says that the machine's clock is right. `machine_ms` is what it said
    then, in ms of UTC."""

    machine_ms: int


ClockEvent = ClockDoubted | ClockSure | ClockCorrected | ClockTrusted
