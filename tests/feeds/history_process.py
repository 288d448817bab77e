"""`python -m tests.feeds.history_process DATABASE URL`: the writer in a process of its own, to be
killed."""

import asyncio
import sys
from pathlib import Path

from gateway.engine.clock import MachineClock
from gateway.engine.health import Metrics
from gateway.feeds.influx_history import History, Pace
from gateway.settings.sections import Influx
from gateway.store.database import Store
from tests.feeds.building import SITE_ID
from tests.feeds.front import TOKEN

if __name__ == "__main__":
    influx = Influx(url=sys.argv[2], org="menshen", bucket="seals", token=TOKEN)
    store = Store.open(Path(sys.argv[1]), create=False)
    metrics = Metrics(MachineClock(0).now_ms)
    history = History(influx, store, lambda: metrics.health(0), SITE_ID, Pace(batch=5))
    asyncio.run(history.run())
