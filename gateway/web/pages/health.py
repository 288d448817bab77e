"""The page for engineers: how the gateway does, what it refused and why, which seals are silent."""

from typing import Annotated, Any, Final, NamedTuple

import msgspec
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from gateway.core.doors.certificates import Standing
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.duration import DAY_MS
from gateway.core.model import BATTERY_LOW_MV, Door
from gateway.core.rules import Rulebook
from gateway.engine.health import Health
from gateway.store import door_lists, views
from gateway.store.case_views import CaseCounts, case_counts
from gateway.store.database import StoreError
from gateway.store.door_lists import Listed, listed
from gateway.web.context import Lane, WebContext
from gateway.web.figures import ConsoleFigures
from gateway.web.sealing import SealedDoor, Wanting, part, wanting

SEALS_MAX: Final = 20
SILENT_MS: Final = 200_000
Begin = Annotated[int, Query(ge=0, le=100_000)]  # how many of the seals stand before the part


class WantingSeal(msgspec.Struct, frozen=True):
    """A seal that was heard long ago, or never, or whose battery runs out."""

    door_id: str
    label: str
    seal_id: str
    heard_ms: int | None
    battery_mv: int | None
    is_silent: bool
    is_low: bool


class Report(msgspec.Struct, frozen=True):
    """All of the page."""

    health: Health
    refusals: list[views.RefusalRow]
    seals: list[WantingSeal]
    more: int  # seals beyond SEALS_MAX
    silent: int  # of all seals
    low: int  # likewise, whose battery runs out
    unwritten: int
    unsealed: list[SealedDoor]  # and those whose certificate ends soon
    unsealed_more: int  # beyond SEALS_MAX
    older: int  # doors whose seal was hung before walk tests were asked for
    console: ConsoleFigures
    cases: CaseCounts | None  # of the whole site; None where the store cannot be read


async def report(context: WebContext, begin: int = 0) -> Report:
    """How the gateway does, read once for all who ask just now; of the seals that want an engineer
    those from a place on. If the store cannot be read, what is known without it. GatewayAwayError
    if the gateway never said a word."""
    return await context.once(("health", begin), lambda: _report(context, begin))


async def _report(context: WebContext, begin: int) -> Report:
    health, now_ms = context.gateway.health(), context.now_ms()

    def query(connection: Connection) -> Report:
        found = _look(connection, now_ms, context.rulebook)
        bare = [one for one in found.wanting if one.said.standing is not Standing.OLDER]
        return Report(
            health,
            views.refusals(connection, now_ms - DAY_MS),
            _first(connection, found.seals, begin),
            max(len(found.seals) - begin - SEALS_MAX, 0),
            sum(one.said.is_silent for one in found.seals),
            sum(one.said.is_low for one in found.seals),
            views.unwritten_count(connection),
            part(connection, bare, 0, SEALS_MAX),
            max(len(bare) - SEALS_MAX, 0),
            len(found.wanting) - len(bare),
            context.figures,
            case_counts(connection),
        )

    try:
        return await context.read(query, Lane.SITE)
    except StoreError as error:
        health = msgspec.structs.replace(health, store_ok=False, store_error=str(error))
        return Report(health, [], [], 0, 0, 0, 0, [], 0, 0, context.figures, None)


class _Said(NamedTuple):
    """What is wrong with a seal."""

    seal_id: str
    heard_ms: int | None
    battery_mv: int | None
    is_silent: bool
    is_low: bool


class _Found(NamedTuple):
    """Of all doors: the seals that want an engineer, and what wants a walk test."""

    seals: list[Listed[_Said]]
    wanting: list[Listed[Wanting]]


def _look(connection: Connection, now_ms: int, rulebook: Rulebook) -> _Found:
    found = _Found([], [])
    for row in views.unnamed_doors(connection):
        door = row.state
        said = _said(door, now_ms, rulebook)
        if said is not None:
            found.seals.append(listed(row, said))
        wants = wanting(door, now_ms)
        if wants is not None:
            found.wanting.append(listed(row, wants))
    return found


def _first(connection: Connection, seals: list[Listed[_Said]], begin: int) -> list[WantingSeal]:
    """Those that have been silent longest, from a place on."""
    first = door_lists.part(connection, seals, lambda said: said.heard_ms or 0, begin, SEALS_MAX)
    return [WantingSeal(one.door_id, one.label, *one.said) for one in first]


def _said(door: Door, now_ms: int, rulebook: Rulebook) -> _Said | None:
    """What is wrong with the seal of a door; None where nothing is, or none hangs there."""
    if door.seal_id is None:
        return None
    is_silent = _is_silent(door, now_ms, rulebook)
    is_low = door.battery_mv is not None and door.battery_mv < BATTERY_LOW_MV
    if not (is_silent or is_low):
        return None
    return _Said(door.seal_id, door.heard_ms, door.battery_mv, is_silent, is_low)


def _is_silent(door: Door, now_ms: int, rulebook: Rulebook) -> bool:
    """Lost against what the seal promised; where it promised nothing, not heard for long."""
    if door.heartbeat_ms is None and door.heard_ms is not None:
        return now_ms - door.heard_ms > SILENT_MS
    return liveness(door, now_ms, rulebook.of(door.door_class)) is Liveness.LOST


def routes(context: WebContext) -> APIRouter:
    """GET /health, and its figures alone, which the page asks for every few seconds."""
    router = APIRouter()

    @router.get("/health")
    async def page(request: Request, begin: Begin = 0) -> Response:
        return await _drawn(context, request, "health.html", begin)

    @router.get("/health/figures")
    async def figures(request: Request, begin: Begin = 0) -> Response:
        return await _drawn(context, request, "parts/health.html", begin)

    return router


async def _drawn(context: WebContext, request: Request, template: str, begin: int) -> Response:
    values: dict[str, Any] = {"report": await report(context, begin), "begin": begin}
    return context.answer(request, context.draw(template, context.setting(request), values))
