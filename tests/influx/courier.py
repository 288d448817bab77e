"""`python -m influx.courier DATABASE URL`: the courier in a process of its own, to be killed."""

import asyncio
import sys
from pathlib import Path

from gateway.clock import Clock
from gateway.health import Pulse
from gateway.notify.influx import History, Pace
from gateway.settings.sections import Influx
from gateway.store.engine import Store
from influx.building import SITE_ID
from influx.front import TOKEN

if __name__ == "__main__":
    influx = Influx(url=sys.argv[2], org="menshen", bucket="seals", token=TOKEN)
    store = Store.open(Path(sys.argv[1]), create=False)
    history = History(influx, store, lambda: Pulse(Clock(0)).health(0), SITE_ID, Pace(batch=5))
    asyncio.run(history.run())
