"""What the bench of growth measures is what `menshen check` reckons with: nine days of a simulated
seal through the real store."""

from pathlib import Path

from bench.seal_year import lived, stored
from gateway.core.duration import DAY_MS
from gateway.store import growth, tables
from gateway.store.database import Store
from gateway.store.retention import Limits
from gateway.store.span_tables import heartbeat_spans
from tests.engine.small_site import rows

DAYS = 9


def test_nine_days_of_a_seal_take_what_is_reckoned(tmp_path: Path) -> None:
    told = lived(1, DAYS, 1)
    store = Store.open(tmp_path / "menshen.db")
    empty = store.path.stat().st_size
    stored(store, told)
    store.settle()
    with store.reading() as connection:
        rate = growth.daily(connection)
    assert rate is not None
    assert 700 < rate.heartbeats < 900
    left = rows(store, tables.journal)
    week_ms = told[-1][0] - 7 * DAY_MS
    old = [at_ms for at_ms, _, event in told if at_ms < week_ms]
    assert len(told) - len(left) > 0.9 * len(old)  # and what is younger is all there
    assert sum(row["beats"] for row in rows(store, heartbeat_spans)) > 0.95 * DAYS * 700
    used = store.path.stat().st_size - empty
    reckoned = growth.bytes_after(rate, Limits(), DAYS)
    assert 0.6 * reckoned < used < 1.5 * reckoned
    store.close()
