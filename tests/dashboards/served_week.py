"""The simulated week in a real InfluxDB."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from gateway.charts.answers import History
from gateway.charts.view import View
from gateway.settings.sections import Influx as InfluxSettings
from tests import neighbours
from tests.conftest import INFLUX_CONF
from tests.dashboards.week import FROM_MS, SITES, TO_MS, week
from tests.dashboards.week_points import lines

BUCKET = "seals"
LINES_AT_ONCE = 5_000
# What somebody chose on the dashboards: the site where most goes wrong, and a seal of it.
SITE = next(iter(SITES))
SEAL = "000000000000000b"


@contextmanager
def served() -> Iterator[History]:
    """A server that holds the week, to be asked."""
    program = neighbours.find("influxd")
    assert program is not None, "influxd is not on this machine"
    with tempfile.TemporaryDirectory(prefix="menshen-week-") as name:
        folder, port = Path(name), neighbours.unused_port()
        text = INFLUX_CONF.format(port=port, backup_port=neighbours.unused_port(), folder=folder)
        (folder / "influxd.conf").write_text(text)
        server = neighbours.Influx([program, "run", "-config", "influxd.conf"], folder, port)
        server.start()
        try:
            _fill(server.url, folder)
            history = History(InfluxSettings(url=server.url, org="menshen", bucket=BUCKET))
            yield history
            history.close()
        finally:
            server.kill()


def view(**chosen: str) -> View:
    """The whole week, with what is chosen; else the first site."""
    values = {
        "site": SITE,
        "seal": SEAL,
        "grid": ".*",
        "two_heartbeats": "1200s",
        "console": "https://menshen.local",
    }
    return View(FROM_MS, TO_MS, {name: [value] for name, value in (values | chosen).items()})


def _fill(url: str, folder: Path) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/query", data={"q": f'CREATE DATABASE "{BUCKET}"'}).raise_for_status()
        for site in week():
            written = list(lines(site, folder))
            for first in range(0, len(written), LINES_AT_ONCE):
                some = "\n".join(written[first : first + LINES_AT_ONCE])
                answer = client.post("/write", params={"db": BUCKET}, content=some)
                assert answer.status_code == 204, answer.text
