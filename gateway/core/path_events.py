"""What comes in about the ways on which a seal is heard, which the reports themselves do not say:
they count the same whichever way they came. Journaled like all of `events`, under their tags."""

from msgspec import Struct

from gateway.core.model import Path


class PathSilent(Struct, frozen=True, omit_defaults=True, tag="path_silent"):
    """A seal that was heard on this way is not heard there any more, since `since_ms`.

    `is_ours`: that is no fault of this seal: the gateway's own receiver hears nobody, or the
    network of a whole place is away.
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


class PathsTested(Struct, frozen=True, omit_defaults=True, tag="paths_tested"):
    """While a seal is tried at its door: on which ways it was heard since that began. Only of one
    that was ever heard by air; of any other there is one way, and nothing to say.

    `air_dbm`: how weakly our receiver heard it by air of late, in dBm; None where it was not heard,
    or where the receiver does not tell.
    """

    seal_id: str
    test_id: str
    paths: tuple[Path, ...] = ()
    air_dbm: int | None = None


PathEvent = PathSilent | PathHeard | PathsTested | CopyCame
