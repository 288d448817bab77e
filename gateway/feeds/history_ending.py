"""InfluxDB is asked to forget: the points of a seal whose order is destroyed, or a whole site.

Import costs nothing until it is asked: the client library takes 0.7 s and 35 MB.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gateway.feeds.influx_schema import MEASUREMENTS, SEAL, SEAL_EVENT
from gateway.settings.sections import Influx
from gateway.store.database import StoreError

if TYPE_CHECKING:
    from gateway.feeds.influx_server import Server

TIMEOUT_S: Final = 60.0


def seals_points(influx: Influx) -> Callable[[str, int, int | None], int] | None:
    """Deletes a seal's points from a time (included, ms of UTC) to another (excluded; None: to the
    end), and says how many requests that were; StoreError where it is not known to be done. None
    where the site has no InfluxDB."""
    if not influx.url:
        return None

    def forget(seal_id: str, from_ms: int, before_ms: int | None) -> int:
        with _asked(influx) as server:
            server.forget(SEAL_EVENT.name, (SEAL.name, seal_id), before_ms, from_ms)
        return 1

    return forget


def all_points(influx: Influx) -> Callable[[], None] | None:
    """Deletes everything that this gateway ever wrote there. As above."""
    if not influx.url:
        return None

    def forget() -> None:
        with _asked(influx) as server:
            for measurement in MEASUREMENTS:
                server.forget_all(measurement.name)

    return forget


@contextmanager
def _asked(influx: Influx) -> "Iterator[Server]":
    from gateway.feeds.influx_server import Server, Unavailable

    server = Server(influx, TIMEOUT_S)
    try:
        yield server
    except Unavailable as error:
        raise StoreError(f"InfluxDB {error}") from error
    finally:
        server.close()
