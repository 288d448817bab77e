"""What comes in about the ways on which a seal is heard, which the reports themselves do not say:
they count the same whichever way they came. Journaled like all of `events`, under their tags."""

from msgspec import Struct

from gateway.core.model import Path


class PathSilent(Struct, frozen=True, omit_defaults=True, tag="path_silent"):
    """A seal that was heard on this way is not heard there any more, since `since_ms`.

    `is_ours`: nobody can be, for the gateway's own receiver hears nothing.
    """

    seal_id: str
    path: Path
    since_ms: int
    is_ours: bool = False


class PathHeard(Struct, frozen=True, omit_defaults=True, tag="path_heard"):
    """A seal is heard on this way again."""

    seal_id: str
    path: Path


class CopyCame(Struct, frozen=True, omit_defaults=True, tag="copy"):
    """By air came, once more, a report that counted already: its seal lives, and says nothing
    new."""

    seal_id: str


PathEvent = PathSilent | PathHeard | CopyCame
