"""Every door of the site in its place: tiles, or a map of buildings and stairs, as fragments."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Self

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from gateway.core.rules import Rulebook
from gateway.store import views
from gateway.store.views import DoorRow
from gateway.web.door_places import SHORT_COLUMNS, NaturalKey, Place, columns, natural, place
from gateway.web.door_words import STANDS, URGENCY, Tile, dom_id, tile
from gateway.web.live_view import Fragment

DOORS_MAX: Final = 20_000  # on one wall; a site beyond that is told how many are shown
TILES_MAX: Final = 40  # so many doors have a tile each
NUMBERS_MAX: Final = 300  # so many are numbers on the map; of more each is a dot
URGENT_MAX: Final = 48  # tiles of doors that are not well before the map; the rest is counted
NAMED_MAX: Final = 40  # so many labels of those not seen, and of those not sealed
_COUNTED: Final = ("open", "unseen", "unsealed")  # what a block says of its doors
# How close tiles stand, by the number of them: the fewer, the larger.
DENSITIES: Final = ((16, "grand"), (TILES_MAX, "roomy"))
URGENT_DENSITIES: Final = ((6, ""), (18, "roomy"), (URGENT_MAX, "close"))


class DoorQuery(Struct, frozen=True):
    """What somebody looks for: how doors stand, one block, a part of a label or a seal's id."""

    stand: str = ""
    block: str = ""
    text: str = ""

    @classmethod
    def of(cls, stand: str, block: str, text: str) -> Self:
        """What a form or an address says. A stand that nobody knows is none."""
        return cls(stand if stand in STANDS else "", block, " ".join(text.split()))

    @classmethod
    def named(cls, name: str) -> Self:
        """The query of a name that `name` gave."""
        stand, _, rest = name.partition("|")
        block, _, text = rest.partition("|")
        return cls.of(stand, block, text)

    def name(self) -> str:
        """One word for all of it, for the stream of the page. No block has a bar in its key."""
        return f"{self.stand}|{self.block}|{self.text}" if self else ""

    def __bool__(self) -> bool:
        return bool(self.stand or self.block or self.text)

    def finds(self, spot: "Spot") -> bool:
        """Whether it is this door that is looked for."""
        if self.stand and not STANDS[self.stand](spot.tile):
            return False
        if self.block and spot.block != self.block:
            return False
        return not self.text or self.text.casefold() in spot.text


class Spot(Struct, frozen=True):
    """A door, where it lies, and what it is found by."""

    tile: Tile
    place: Place
    grid: str
    block: str  # the key of the building's block
    text: str
    order: tuple[NaturalKey, ...]


class Cell(NamedTuple):
    """A door on the map."""

    door_id: str
    text: str
    label: str
    tone: str
    word: str


class Block(Struct, frozen=True):
    """A building: its rows by stair, and how many of its doors stand how."""

    key: str
    name: str
    kind: str  # "numbers" or "dots"
    stairs: list[tuple[str, list[Cell]]]
    doors: int
    open: int
    unseen: int
    unsealed: int


class Named(NamedTuple):
    """The first of some doors by their labels, and how many more there are."""

    cells: list[Cell]
    more: int


class Doors(Struct, frozen=True):
    """Everything below the tally: tiles in their places where there are few; where there are many,
    tiles of those that are not well, labels of others that want somebody, and the map."""

    density: str
    found: int
    total: int
    left_out: int
    groups: list[tuple[str, list[Tile]]] = []
    urgent: list[Tile] = []
    more_urgent: int = 0
    unseen: Named = Named([], 0)
    unsealed: Named = Named([], 0)  # under an order, and no tile says so
    has_bare: bool = False  # some door has no seal, so that nothing is known of it
    blocks: list[tuple[str, list[Block]]] = []  # by grid


class DoorMap:
    """The doors as they were last read, and how they are shown to one query."""

    def __init__(
        self, query: DoorQuery, rulebook: Rulebook, grids: frozenset[str] | None = None
    ) -> None:
        self._query, self._rulebook, self._grids = query, rulebook, grids
        self._spots: dict[str, Spot] = {}  # in the order of the wall
        self.total = 0

    def all(self, connection: Connection, now_ms: int) -> None:
        """Read every door anew."""
        self.total = views.door_count(connection, self._grids)
        rows = views.doors(connection, DOORS_MAX, None, self._grids, with_text=False)
        order = _Natural()
        spots = [self._spot(row, now_ms, order) for row in rows]
        spots.sort(key=lambda spot: spot.order)
        self._spots = {spot.tile.door_id: spot for spot in spots}

    def some(self, connection: Connection, door_ids: list[str], now_ms: int) -> bool:
        """Read these doors anew. False if one of them is not known yet, and might belong here."""
        if self._grids is not None:
            rows = views.doors_of(connection, door_ids)
            door_ids = [row.door_id for row in rows if row.grid_id in self._grids]
        if not self._spots.keys() >= set(door_ids) and len(self._spots) < DOORS_MAX:
            return False
        known = [door_id for door_id in door_ids if door_id in self._spots]
        for row in views.doors_of(connection, known, with_text=False) if known else ():
            self._spots[row.door_id] = self._spot(row, now_ms, _Natural())
        return True

    def tiles(self) -> Iterable[Tile]:
        """Every door that was read, whatever is looked for."""
        return (spot.tile for spot in self._spots.values())

    def fragments(self) -> list[Fragment]:
        """The whole below the tally, then its parts, each of which may change by itself."""
        found = [spot for spot in self._spots.values() if self._query.finds(spot)]
        left_out = self.total - len(self._spots)
        if len(found) <= TILES_MAX:
            return _in_place(found, self.total, left_out)
        return _on_the_map(found, self.total, left_out)

    def _spot(self, row: DoorRow, now_ms: int, order: "_Natural") -> Spot:
        where = place(row.label, row.building, row.stair)
        shown = tile(row, now_ms, self._rulebook)
        seal_id = row.state.seal_id or ""
        return Spot(
            shown,
            where,
            row.grid,
            f"{row.grid_id}/{where.building}".replace("|", "/"),
            f"{row.label} {row.door_id} {seal_id}".casefold(),
            (order[row.grid], order[where.building], order[where.stair], order[where.rest]),
        )


class _Natural(dict[str, NaturalKey]):
    """What grids, buildings, stairs and flats are sorted by: many doors share each."""

    def __missing__(self, text: str) -> NaturalKey:
        self[text] = key = natural(text)
        return key


def _in_place(found: list[Spot], total: int, left_out: int) -> list[Fragment]:
    """A tile each, in their places."""
    groups: dict[str, list[Tile]] = {}
    heading = _headings(found)
    for spot in found:
        name = heading(spot)
        groups.setdefault(name, []).append(_with_label(spot, is_headed=bool(name)))
    density = _density(len(found), DENSITIES)
    doors = Doors(density, len(found), total, left_out, list(groups.items()))
    key: list[object] = [density, total, left_out]
    key += [[name, [(t.door_id, t.label) for t in tiles]] for name, tiles in doors.groups]
    tiles = [shown for _, shown_here in doors.groups for shown in shown_here]
    return [
        Fragment("doors", "parts/doors.html", "doors", doors, key=key),
        *(_of_tile(shown, "doors") for shown in tiles),
    ]


def _on_the_map(found: list[Spot], total: int, left_out: int) -> list[Fragment]:
    """Those that are not well as tiles, and all of them on the map."""
    urgent = sorted(
        (spot for spot in found if spot.tile.tone in URGENCY),
        key=lambda spot: (URGENCY[spot.tile.tone], spot.tile.since_ms or 0),
    )
    others = [spot for spot in found if spot.tile.tone not in URGENCY]
    shown = [_with_label(spot, is_headed=False) for spot in urgent[:URGENT_MAX]]
    blocks = _blocks(found)
    doors = Doors(
        _density(len(shown), URGENT_DENSITIES),
        len(found),
        total,
        left_out,
        urgent=shown,
        more_urgent=max(len(urgent) - URGENT_MAX, 0),
        unseen=_named([spot for spot in others if STANDS["unseen"](spot.tile)]),
        unsealed=_named([spot for spot in others if STANDS["unsealed"](spot.tile)]),
        has_bare=any(STANDS["no_seal"](spot.tile) for spot in others),
        blocks=blocks,
    )
    key: list[object] = [len(found), total, left_out]
    key += [[grid, [(b.key, b.name, b.kind) for b in of_grid]] for grid, of_grid in blocks]
    labels = [(t.door_id, t.label) for t in shown]
    urgent_key = [labels, doors.more_urgent, doors.unseen, doors.unsealed, doors.has_bare]
    return [
        Fragment("doors", "parts/doors.html", "doors", doors, key=key),
        Fragment("urgent", "parts/urgent.html", "doors", doors, "doors", key=urgent_key),
        *(_of_tile(one, "urgent") for one in shown),
        *(
            Fragment(dom_id("block", block.key), "parts/block.html", "block", block, "doors")
            for _, of_grid in blocks
            for block in of_grid
        ),
    ]


def _blocks(found: list[Spot]) -> list[tuple[str, list[Block]]]:
    kind = "numbers" if len(found) <= NUMBERS_MAX else "dots"
    spots_of: dict[tuple[str, str], list[Spot]] = {}
    for spot in found:
        spots_of.setdefault((spot.grid, spot.block), []).append(spot)
    grids: dict[str, list[Block]] = {}
    for (grid, key), spots in spots_of.items():
        stairs: dict[str, list[Cell]] = {}
        for spot in spots:
            stairs.setdefault(spot.place.stair, []).append(_cell(spot, spot.place.rest))
        how_many = [sum(map(STANDS[key], (spot.tile for spot in spots))) for key in _COUNTED]
        grids.setdefault(grid, []).append(
            Block(
                key,
                spots[0].place.building or grid,
                kind,
                list(stairs.items()),
                len(spots),
                *how_many,
            )
        )
    return list(grids.items())


def _headings(found: list[Spot]) -> Callable[[Spot], str]:
    """What stands over a group of tiles: grid, building and stair, as far as they differ."""
    grids = {spot.grid for spot in found}
    places = {(spot.place.building, spot.place.stair) for spot in found}
    is_split = 1 < len(places) <= len(found) // 2  # else each door would have a heading of its own

    def heading(spot: Spot) -> str:
        parts = [spot.grid] if len(grids) > 1 else []
        parts += [spot.place.building, spot.place.stair] if is_split else []
        return " · ".join(part for part in parts if part)

    return heading


def _with_label(spot: Spot, is_headed: bool) -> Tile:
    """The tile with its label in two parts, unless it is short enough for one."""
    shown, where = spot.tile, spot.place
    if columns(shown.label) <= SHORT_COLUMNS or where.rest == shown.label:
        return shown
    before = shown.label.removesuffix(where.rest).rstrip(" -–—/")
    return replace(shown, before=before, rest=where.rest, is_headed=is_headed)


def _of_tile(shown: Tile, within: str) -> Fragment:
    return Fragment(dom_id("door", shown.door_id), "parts/tile.html", "tile", shown, within)


def _density(count: int, densities: Iterable[tuple[int, str]]) -> str:
    return next(name for most, name in densities if count <= most)


def _named(spots: list[Spot]) -> Named:
    cells = [_cell(spot, spot.tile.label) for spot in spots[:NAMED_MAX]]
    return Named(cells, len(spots) - len(cells))


def _cell(spot: Spot, text: str) -> Cell:
    shown = spot.tile
    return Cell(shown.door_id, text, shown.label, shown.tone, shown.word)
