"""The figures at the top of the wall: of the whole site, whatever part of it is shown below."""

from collections.abc import Iterable

from msgspec import Struct

from gateway.store.case_views import CaseCounts
from gateway.web.door_words import STANDS, Tile


class Tally(Struct, frozen=True):
    """Cases by where they are, doors by how they stand."""

    doors: int
    open: int
    waiting: int
    in_hand: int
    in_review: int
    unseen: int
    no_seal: int
    unsealed: int  # under an order, and not counted as sealed: without a seal among them


def tally(tiles: Iterable[Tile], doors: int, counts: CaseCounts) -> Tally:
    """Count them. `doors` is how many the site has, which may be more than there are tiles."""
    stands = [STANDS[key] for key in ("open", "unseen", "no_seal", "unsealed")]
    figures = [0] * len(stands)
    for tile in tiles:
        for number, is_so in enumerate(stands):
            figures[number] += is_so(tile)
    is_open, unseen, *bare = figures
    return Tally(doors, is_open, counts.waiting, counts.in_hand, counts.in_review, unseen, *bare)
