"""The page for engineers: how the gateway does, what it refused and why, which seals are silent."""

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from gateway.core.doors.certificates import Standing
from gateway.core.doors.silence import Liveness, liveness
from gateway.core.duration import DAY_MS
from gateway.core.model import BATTERY_LOW_MV, Door
from gateway.core.rules import Rulebook
from gateway.engine.health import Health
from gateway.store import views
from gateway.store.case_views import CaseCounts, case_counts
from gateway.store.database import StoreError
from gateway.web.context import Lane, WebContext
from gateway.web.figures import ConsoleFigures
from gateway.web.sealing import SealedDoor, wanting

SEALS_MAX: Final = 20
SILENT_MS: Final = 200_000


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


async def report(context: WebContext) -> Report:
    """How the gateway does, read once for all who ask just now. If the store cannot be read, what
    is known without it. GatewayAwayError if the gateway never said a word."""
    return await context.once("health", lambda: _report(context))


async def _report(context: WebContext) -> Report:
    health, now_ms = context.gateway.health(), context.now_ms()

    def query(connection: Connection) -> Report:
        rows = views.doors(connection, views.door_count(connection))
        seals = _wanting(rows, now_ms, context.rulebook)
        found = wanting(rows, now_ms)
        bare = [door for door in found if door.standing is not Standing.OLDER]
        older = len(found) - len(bare)
        return Report(
            health,
            views.refusals(connection, now_ms - DAY_MS),
            seals[:SEALS_MAX],
            max(len(seals) - SEALS_MAX, 0),
            sum(seal.is_silent for seal in seals),
            sum(seal.is_low for seal in seals),
            views.unwritten_count(connection),
            bare[:SEALS_MAX],
            max(len(bare) - SEALS_MAX, 0),
            older,
            context.figures,
            case_counts(connection),
        )

    try:
        return await context.read(query, Lane.PAGES)
    except StoreError as error:
        health = msgspec.structs.replace(health, store_ok=False, store_error=str(error))
        return Report(health, [], [], 0, 0, 0, 0, [], 0, 0, context.figures, None)


def _wanting(rows: list[views.DoorRow], now_ms: int, rulebook: Rulebook) -> list[WantingSeal]:
    """Seals that want an engineer, the longest silent first."""
    seals = []
    for row in rows:
        door = row.state
        if door.seal_id is None:
            continue
        is_silent = _is_silent(door, now_ms, rulebook)
        is_low = door.battery_mv is not None and door.battery_mv < BATTERY_LOW_MV
        if is_silent or is_low:
            seals.append(
                WantingSeal(
                    row.door_id,
                    row.label,
                    door.seal_id,
                    door.heard_ms,
                    door.battery_mv,
                    is_silent,
                    is_low,
                )
            )
    return sorted(seals, key=lambda seal: seal.heard_ms or 0)


def _is_silent(door: Door, now_ms: int, rulebook: Rulebook) -> bool:
    """Lost against what the seal promised; where it promised nothing, not heard for long."""
    if door.heartbeat_ms is None and door.heard_ms is not None:
        return now_ms - door.heard_ms > SILENT_MS
    return liveness(door, now_ms, rulebook.of(door.door_class)) is Liveness.LOST


def routes(context: WebContext) -> APIRouter:
    """GET /health, and its figures alone, which the page asks for every few seconds."""
    router = APIRouter()

    @router.get("/health")
    async def page(request: Request) -> Response:
        return await _drawn(context, request, "health.html")

    @router.get("/health/figures")
    async def figures(request: Request) -> Response:
        return await _drawn(context, request, "parts/health.html")

    return router


async def _drawn(context: WebContext, request: Request, template: str) -> Response:
    values: dict[str, Any] = {"report": await report(context)}
    return context.answer(request, context.draw(template, context.setting(request), values))
