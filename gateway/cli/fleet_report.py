"""`menshen fleet-report`: what Grafana would show, drawn without one, as one HTML page."""

import re
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gateway.charts.answers import AnswerError, History
from gateway.charts.view import View
from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import now_ms, say
from gateway.core.duration import DAY_MS
from gateway.settings import load
from gateway.settings.sections import Influx
from gateway.store.private_file import write_result

DAYS_MAX = 31  # of every report of two dozen seals
_ID = re.compile(r"[A-Za-z0-9_-]+")
_NO_DRAWING = (
    "drawing needs matplotlib, which a gateway does without: install it beside Menshen with "
    "`pip install 'menshen[report]'`; at an installed gateway with "
    "`sudo PIPX_HOME=/opt/menshen pipx inject menshen matplotlib`"
)


def fleet_report(
    file: Annotated[Path, typer.Argument(help="Where to write the page.")] = Path(
        "fleet-report.html"
    ),
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How far back.")] = 7,
    site: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this site, or these; by id.")
    ] = None,
    seal: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A page of this seal as well; by id.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Draw the engineers' dashboards from InfluxDB into one HTML page. No Grafana is needed.

    The same queries as Grafana's, asked of the InfluxDB of the settings. Give MENSHEN_INFLUX_TOKEN
    the token that may read: the gateway's own need only write.
    """
    influx = load(config).influx
    if not influx.url:
        raise CommandError("influx.url is not set, so there is no history to draw", MISUSED)
    wrong = [one for one in (site or []) + (seal or []) if not _ID.fullmatch(one)]
    if wrong:
        raise CommandError(f"{wrong[0]!r} is no id: see the first column of Fleet", MISUSED)
    text = _page(influx, days, site or [], seal or [])
    try:
        write_result(file, text.encode())
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
    say(f"{file}: {len(text) // 1_000:,} kB. Open it in any browser.")


def _page(influx: Influx, days: int, wanted: list[str], seals: list[str]) -> str:
    try:
        # Here, for it takes a second, and the library may not be there.
        from gateway.charts import report
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise CommandError(_NO_DRAWING, FAILED) from error
    to_ms = now_ms()
    values = {"grid": [".*"], "two_heartbeats": ["1200s"], "console": [""]}
    view = View(to_ms - days * DAY_MS, to_ms, values)
    with closing(History(influx)) as history:
        try:
            known = report.sites(history.ask)
            missing = [one for one in wanted if one not in known]
            if missing:
                raise CommandError(f"InfluxDB knows no site {missing[0]}", FAILED)
            chosen = wanted or known[: report.SITES_MAX]
            if len(chosen) < len(known) and not wanted:
                say(f"{len(known)} sites: the first {len(chosen)} in full; --site takes others.")
            return report.page(report.asked_of(history.ask, view, chosen, seals), view)
        except AnswerError as error:
            raise CommandError(str(error), FAILED) from error
