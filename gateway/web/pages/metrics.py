"""The gateway's figures for a monitor that comes and asks: Prometheus' text format at /metrics.

Counts and states of the site as a whole, and no id, name or address; the names end as Prometheus
wants it (`_total`, `_seconds`). At a site with accounts a monitor has a token of the scope
`metrics:read`; one without answers as it does for its pages.

Source: Prometheus, "Metric and label naming", and its exposition formats.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Response
from msgspec import to_builtins
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.core.duration import SECOND_MS
from gateway.core.evidence import Evidence
from gateway.engine.clock_states import ClockState
from gateway.engine.gateway import GatewayAwayError
from gateway.store.case_views import CaseCounts
from gateway.web.answers import METRICS
from gateway.web.context import WebContext
from gateway.web.figures import ConsoleFigures
from gateway.web.pages.health import Report, report

_BEFORE: Final = "menshen_"


class _Figures(Collector):
    """One reading of the gateway; None where it is away."""

    def __init__(self, found: Report | None, console: ConsoleFigures) -> None:
        self._found, self._console = found, console

    def collect(self) -> Iterable[Metric]:
        """Every figure, with what it means."""
        yield _gauge("gateway_up", "Whether the gateway answers the console.", bool(self._found))
        if self._found is not None:
            yield from _of_gateway(self._found)
        console = self._console
        yield _gauge("console_streams", "Live pages that are open.", console.streams)
        yield _gauge("console_connections", "Connections to the console.", console.connections)
        refused = CounterMetricFamily(
            _BEFORE + "console_refused", "What the console refused as too much.", labels=["what"]
        )
        refused.add_metric(["stream"], console.streams_refused)
        refused.add_metric(["connection"], console.connections_refused)
        refused.add_metric(["request"], console.requests_refused)
        yield refused


def _of_gateway(found: Report) -> Iterator[Metric]:
    health = found.health
    now_ms, oldest_ms, ends_ms = (
        health.at_ms,
        health.outbox_oldest_ms,
        health.certificate_ends_ms,
    )
    oldest_s = 0 if oldest_ms is None else max(0, now_ms - oldest_ms) / SECOND_MS
    yield _gauge("start_time_seconds", "When it started (Unix).", health.started_ms / SECOND_MS)
    yield _gauge("broker_connected", "Whether the broker is connected.", health.broker_connected)
    yield _gauge("store_ok", "Whether the last commit went through.", health.store_ok)
    yield _gauge("queue_messages", "Messages that wait for the loop.", health.queue_depth)
    if health.echo_ms is not None:
        yield _gauge(
            "broker_echo_seconds", "The latest echo through the broker.", health.echo_ms / SECOND_MS
        )
    commits = GaugeMetricFamily(
        _BEFORE + "commit_seconds", "How long the latest 512 commits took.", labels=["which"]
    )
    commits.add_metric(["median"], health.commit_ms_p50 / SECOND_MS)
    commits.add_metric(["worst"], health.commit_ms_max / SECOND_MS)
    yield commits
    for name, words, count in (
        ("reports", "Reports that were stored, since the start.", health.reports),
        ("commits", "Commits, since the start.", health.commits),
        ("messages_refused", "Messages that were refused, since the start.", health.refused),
        ("messages_left", "Messages left to the broker for want of room.", health.turned_away),
    ):
        yield CounterMetricFamily(_BEFORE + name, words, value=count)
    pages = CounterMetricFamily(
        _BEFORE + "pages", "Pages since the start, by how far they came.", labels=["evidence"]
    )
    for evidence in Evidence:
        pages.add_metric([evidence.value], getattr(health, f"pages_{evidence}"))
    yield pages
    yield _gauge("outbox_pages", "Pages that wait to go out.", health.outbox_due)
    yield _gauge("outbox_oldest_seconds", "How long the oldest of them has waited.", oldest_s)
    is_doubted = health.clock is not ClockState.SURE or health.clock_told
    yield _gauge("clock_doubted", "Whether the gateway's clock is in doubt.", is_doubted)
    if ends_ms is not None:
        yield _gauge(
            "certificate_end_time_seconds",
            "When the first of its certificates ends (Unix).",
            ends_ms / SECOND_MS,
        )
    if found.cases is not None:
        yield from _of_store(found, found.cases)


def _of_store(found: Report, counted: CaseCounts) -> Iterator[Metric]:
    """What is read from the database; where that cannot be read nothing is said, and not 0."""
    yield _gauge("history_lines_unwritten", "Lines InfluxDB will never take.", found.unwritten)
    refused = GaugeMetricFamily(
        _BEFORE + "refusals_last_day",
        "What was refused, or told nothing, in 24 hours.",
        labels=["reason"],
    )
    for row in found.refusals:
        refused.add_metric([row.reason], row.count)
    yield refused
    cases = GaugeMetricFamily(_BEFORE + "cases", "Cases that are not over.", labels=["where"])
    for where, count in to_builtins(counted).items():
        cases.add_metric([where], count)
    yield cases
    yield _gauge("seals_silent", "Seals that are lost.", found.silent)
    yield _gauge("seals_low", "Seals whose battery runs out.", found.low)
    wanting = len(found.seals) + found.more
    yield _gauge("seals_wanting", "Seals that are lost, or whose battery runs out.", wanting)
    unsealed = len(found.unsealed) + found.unsealed_more
    yield _gauge("doors_unsealed", "Doors that do not count as sealed, or soon will not.", unsealed)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_BEFORE + name, words, value=value)


def routes(context: WebContext) -> APIRouter:
    """GET /metrics."""
    router = APIRouter()

    @router.get(METRICS)
    async def metrics() -> Response:
        found = None
        if context.gateway.is_heard():
            try:
                found = await report(context)
            except GatewayAwayError:
                found = None
        registry = CollectorRegistry()
        registry.register(_Figures(found, context.figures))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router
