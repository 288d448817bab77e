"""The wall: all doors of the site, live, with the open cases beside. Read from three metres."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from msgspec import Struct
from sqlalchemy import Connection

from gateway.core.rules import Rulebook
from gateway.engine.ports import Committed
from gateway.store import case_views, views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.door_words import Tile, dom_id, tile
from gateway.web.live_view import Fragment, LiveView

DOORS_MAX: Final = 500  # a screenful; more doors are on further screens
CASES_MAX: Final = 12  # what fits beside the doors on a wall; the rest is counted
LOOK_UP_MAX: Final = 100  # doors read one by one; beyond it the whole screen is cheaper
# How close the doors stand, by the number of them: the fewer, the larger.
DENSITIES: Final = ((16, "grand"), (40, "roomy"), (120, "close"), (DOORS_MAX, "dense"))


class Doors(Struct, frozen=True):
    """The tiles of a screen by grid."""

    grids: list[tuple[str, list[Tile]]]
    density: str
    screen: int
    screens: int


class Tally(Struct, frozen=True):
    """The figures at the top."""

    doors: int
    open: int
    waiting: int
    in_hand: int
    in_review: int
    unseen: int


class Wallboard(LiveView):
    """One screen of the wall."""

    def __init__(self, screen: int, rulebook: Rulebook) -> None:
        super().__init__()
        self._screen, self._rulebook = screen, rulebook
        self._tiles: dict[str, Tile] = {}
        self._count = 0

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """Tally, doors, cases; with news only the doors that it names, unless they are many."""
        if news is None or not self._knows(news):
            parts = self._all_doors(connection, now_ms)
        else:
            named = [door_id for door_id in news.doors if door_id in self._tiles]
            rows = views.doors_of(connection, named) if named else []
            parts = self._note([tile(row, now_ms, self._rulebook) for row in rows])
        return [*parts, *self._cases(connection)]

    def _knows(self, news: Committed) -> bool:
        """Whether a reading of the doors that it names is enough."""
        if news.all or len(news.doors) > LOOK_UP_MAX:
            return False
        return self._count > DOORS_MAX or self._tiles.keys() >= set(news.doors)

    def _all_doors(self, connection: Connection, now_ms: int) -> list[Fragment]:
        rows = views.doors(connection, DOORS_MAX, self._screen * DOORS_MAX)
        self._count = views.door_count(connection)
        tiles = [tile(row, now_ms, self._rulebook) for row in rows]
        self._tiles = {}
        grids: dict[str, list[Tile]] = {}
        for row, shown in zip(rows, tiles, strict=True):
            grids.setdefault(row.grid, []).append(shown)
        screens = -(-self._count // DOORS_MAX)
        doors = Doors(list(grids.items()), _density(len(rows)), self._screen, screens)
        # What a tile shows is its own; the whole is new only if a door came, went or was renamed.
        key = [self._count, *((row.grid, row.door_id, row.label) for row in rows)]
        return [Fragment("doors", "parts/doors.html", "doors", doors, key=key), *self._note(tiles)]

    def _note(self, tiles: list[Tile]) -> list[Fragment]:
        self._tiles |= {shown.door_id: shown for shown in tiles}
        return [
            Fragment(dom_id("door", t.door_id), "parts/tile.html", "tile", t, "doors")
            for t in tiles
        ]

    def _cases(self, connection: Connection) -> list[Fragment]:
        counts = case_views.case_counts(connection)
        is_open = sum(t.symbol in ("open", "announced") for t in self._tiles.values())
        unseen = sum(t.symbol == "unknown" and t.tone != "no_seal" for t in self._tiles.values())
        tally = Tally(
            self._count, is_open, counts.waiting, counts.in_hand, counts.in_review, unseen
        )
        cases = case_views.open_cases(connection, CASES_MAX)
        side = {
            "cases": cases,
            "more": max(counts.open - CASES_MAX, 0),
            "in_review": counts.in_review,
        }
        return [
            Fragment("tally", "parts/tally.html", "tally", tally),
            Fragment("side", "parts/side.html", "side", side),
        ]


def routes(context: WebContext) -> APIRouter:
    """GET / and its further screens."""
    router = APIRouter()

    @router.get("/")
    async def wall(request: Request, screen: int = 0) -> Response:
        if not 0 <= screen < 10_000:
            raise HttpProblem(404, NOT_FOUND)
        view, now_ms = Wallboard(screen, context.rulebook), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            fragments = {
                fragment.name: fragment.shows for fragment in view.changed(connection, None, now_ms)
            }
            return fragments | {"seen": view.digest(), "screen": screen}

        return await context.page_for_all(request, "wallboard.html", gather)

    return router


def _density(count: int) -> str:
    return next(name for most, name in DENSITIES if count <= most)
