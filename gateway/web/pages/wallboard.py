"""The wall: all doors of the site, live, with the open cases beside. Read from three metres.

Few doors are tiles, each in its place. Of many, those that are not well are tiles and stand first;
behind them is a map of the site, a block for each building and a row for each stair, where a door
is its number or, of very many, a dot. One can look for a part of a label or a seal's id, for one
building, or for doors that stand in one way; what is looked for stays while the wall goes on. A
case's number leads to the case.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right
from gateway.core.rules import Rulebook
from gateway.engine.ports import Committed
from gateway.store import case_views, spoilt_rows
from gateway.web.context import Lane, WebContext
from gateway.web.door_map import DoorMap, DoorQuery
from gateway.web.live_view import Fragment, LiveView
from gateway.web.security import prefix
from gateway.web.tally import tally
from gateway.web.visitors import may

CASES_MAX: Final = 12  # what fits beside the doors on a wall; the rest is counted
LOOK_UP_MAX: Final = 100  # doors read one by one; beyond it all of them are cheaper


class Wallboard(LiveView):
    """The wall, or what somebody looks for on it. `has_cases`: whoever looks may see cases too."""

    def __init__(
        self,
        query: DoorQuery,
        rulebook: Rulebook,
        grids: frozenset[str] | None = None,
        *,
        has_cases: bool = True,
    ) -> None:
        super().__init__()
        self._map, self._grids, self._has_cases = DoorMap(query, rulebook, grids), grids, has_cases

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """Cases, tally, doors; with news only the doors that it names, unless they are many."""
        if news is None or news.all or len(news.doors) > LOOK_UP_MAX:
            self._map.all(connection, now_ms)
        elif not self._map.some(connection, list(news.doors), now_ms):
            self._map.all(connection, now_ms)  # one that is new here
        counts = case_views.case_counts(connection, self._grids)
        figures = tally(self._map.tiles(), self._map.total, counts)
        found = [Fragment("tally", "parts/tally.html", "tally", figures), *self._map.fragments()]
        if not self._has_cases:
            return found
        side = {
            "cases": case_views.open_cases(connection, CASES_MAX, self._grids),
            "count": counts.open,
            "more": max(counts.open - CASES_MAX, 0),
            "in_review": counts.in_review,
            "spoilt": spoilt_rows.cases(connection, self._grids).total,
        }
        return [Fragment("side", "parts/side.html", "side", side), *found]


def routes(context: WebContext) -> APIRouter:
    """GET /, and what is looked for there."""
    router = APIRouter()

    @router.get("/")
    async def wall(
        request: Request,
        text: Annotated[str, Query(alias="q", max_length=100)] = "",
        stand: Annotated[str, Query(max_length=16)] = "",
        block: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        if text:
            of_cases = context.scope(request, Right.CASES)
            case_id = await context.read(
                lambda connection: case_views.numbered(connection, text, of_cases)
            )
            if case_id is not None:
                return RedirectResponse(f"{prefix(request)}/cases/{quote(case_id, safe='')}", 303)
        query = DoorQuery.of(stand, block, text)
        grids = context.scope(request, Right.DOORS)
        has_cases, now_ms = may(request, Right.CASES), context.now_ms()
        view = Wallboard(query, context.rulebook, grids, has_cases=has_cases)

        def gather(connection: Connection) -> dict[str, Any]:
            fragments = {
                fragment.name: fragment.shows for fragment in view.changed(connection, None, now_ms)
            }
            return fragments | {"seen": view.digest(), "query": query, "view_name": query.name()}

        return await context.page_for_all(request, "wallboard.html", gather, Lane.SITE)

    return router
