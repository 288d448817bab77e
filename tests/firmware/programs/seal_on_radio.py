"""A whole seal on MicroPython that keeps its settings, among networks that come and go.

    seal_on_radio.main(path)   of a JSON file: disk, settings, ca, networks, enough, turn_ms

Its flash is a littlefs in a file, which outlives a kill. `networks` names a file with the networks
that are there, `enough` one whose being there ends it. The last line that it prints is JSON.
"""

import gc
import json
import os
import time

gc.threshold(4096)  # as main.py does it

from bench_board import BenchBoard
from sealnode import settings
from sealnode.hardware import REED
from sealnode.seal import Seal

LOOK_MS = 200  # at the files


def _get(path):
    with open(path, "rb") as file:
        return file.read()


class RadioBoard(BenchBoard):
    """A board whose network is there if its name stands in the file; a door that a file opens."""

    def __init__(self, folder, work, wifi):
        super().__init__(folder)
        self._work, self._looked_ms, self._there = work, -LOOK_MS, False
        self.join(wifi)

    def join(self, wifi):
        self._name, self._looked_ms = wifi[0], -LOOK_MS

    def wifi(self, up):
        if self.now_ms() >= self._looked_ms + LOOK_MS:
            self._looked_ms = self.now_ms()
            self._there = self._name in _get(self._work["networks"]).decode().split()
        return up and self._there

    def signal_dbm(self):
        return -64

    def reset_cause(self):
        return 1


def _flash(work):
    import file_disk

    folder = file_disk.mount(work["disk"])
    for name, source in (("seal.json", work["settings"]), ("ca.der", work.get("ca"))):
        if source and name not in os.listdir(folder):
            with open(folder + name, "wb") as file:
                file.write(_get(source))
    return folder


def main(path):
    """Be a seal until it is enough."""
    with open(path) as file:
        work = json.load(file)
    gc.collect()
    without_bench = gc.mem_alloc()
    folder = _flash(work)
    if "turn_ms" in work:
        from sealnode import orders

        orders.TURN_MS = work["turn_ms"]
    own = settings.read(folder)
    board = RadioBoard(folder, work, own.wifi)
    gc.collect()
    bench = gc.mem_alloc() - without_bench
    seal = Seal(board, own)
    looked_ms, most = board.now_ms(), 0
    while True:
        now_ms = board.now_ms()
        wait_ms = min(seal.poll(now_ms), 10)
        if now_ms >= looked_ms + LOOK_MS:
            looked_ms = now_ms
            here = os.listdir()
            if work["enough"] in here:
                break
            board.set_switch(REED, int("open" in here))
            most = max(most, gc.mem_alloc())
        if not seal.wait(wait_ms):
            time.sleep_ms(wait_ms)
    gc.collect()
    print(json.dumps({
        "id": seal.settings.seal_id, "wifi": seal.settings.wifi[0], "live": gc.mem_alloc(),
        "most": most, "bench": bench, "epoch": seal.spool.epoch, "answer": seal.answer,
        "refused": seal.refused,
    }))  # fmt: skip
