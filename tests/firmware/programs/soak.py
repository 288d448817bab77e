"""Hours of a seal's life in a fraction of the time: a bad broker, a Wi-Fi that comes and goes.

    soak.main(hours, mains)     one JSON object a simulated hour, and "well" at the end

An hour has its moods in turn. The clock is the test's; heap, spool and numbers are the seal's own.
"""

import gc
import json

gc.threshold(4096)  # as main.py does it

import file_disk
import loopback
from loopback import DEAF, GONE, MUTE, RUDE, WELL

from bench_board import BenchBoard
from sealnode.hardware import COVER, REED
from sealnode.seal import Seal
from sealnode.settings import Settings

SEAL_ID, KEY = "00112233445566aa", bytes(range(32))
STEP_MS, MINUTE, HOUR = 250, 60_000, 3_600_000
MOODS = ((0, WELL), (15, MUTE), (25, WELL), (30, GONE), (36, RUDE), (42, DEAF), (50, WELL))
NO_WIFI = ((8, 12), (20, 22), (53, 55))  # minutes of the hour


class Soak:
    def __init__(self, mains):
        self.now_ms = 1_000_000
        self.world = loopback.World(SEAL_ID, KEY)
        loopback.install(self.world)
        self.board = BenchBoard(file_disk.mount("flash.img"), self.clock)
        self.settings = Settings({
            "id": SEAL_ID, "key": KEY.hex(), "broker": "b", "port": 1, "ca": None,
            "server_name": "b", "user": "u", "password": "p", "wifi": None, "heartbeat_s": 100,
            "mains": mains,
        })  # fmt: skip
        self.seal = None
        self.edges = self.boots = 0

    def clock(self):
        return self.now_ms

    def boot(self):
        self.seal = None
        gc.collect()
        self.seal = Seal(self.board, self.settings)
        self.boots += 1

    def door(self, second):
        """An opening every seven minutes, a dozen quick ones, and a flutter of two minutes."""
        minute = second // 60 % 60
        turn = second % 420 in (5, 9) or (minute in (28, 29) and second % 2 == 0)
        if turn:
            self.board.set_switch(REED, 1 - self.board.level(REED), 4)
            self.edges += 1
        if second % 1800 in (70, 75):
            self.board.set_switch(COVER, 1 - self.board.level(COVER))

    def run(self, hours):
        self.boot()
        first_live, step = 0, 0
        for hour in range(hours):
            for _ in range(HOUR // STEP_MS):
                step += 1
                if step % (1000 // STEP_MS) == 0:
                    self.second(step * STEP_MS // 1000)
                self.turn()
            gc.collect()
            live = gc.mem_alloc()
            first_live = first_live or live
            print(json.dumps({
                "hour": hour + 1, "live": live, "grown": live - first_live, "boots": self.boots,
                "waiting": self.seal.waiting, "edges": self.edges, "heard": self.world.edges,
                "told": self.world.told, "beats": self.world.beats, "opened": self.world.opened,
                "streams": self.world.streams, "dropped": self.seal.spool.dropped,
                "seq": self.world.seq, "contact": self.world.contact,
                "level": self.board.level(REED), "held": self.seal.switches.flutters[REED].held,
            }))  # fmt: skip

    def second(self, second):
        minute = second // 60 % 60
        self.world.mood = [mood for begins, mood in MOODS if minute >= begins][-1]
        self.board.network = not [1 for begins, ends in NO_WIFI if begins <= minute < ends]
        self.door(second)

    def turn(self):
        self.now_ms += STEP_MS
        if not self.seal.asleep:
            self.seal.poll(self.now_ms)
            if self.seal.asleep:
                self.until_ms = self.now_ms + self.board.slept_ms
                self.stood = [self.board.level(switch) for switch in range(3)]
        elif self.now_ms >= self.until_ms or self.woken():
            self.board.wake()
            self.boot()

    def woken(self):
        for switch in range(3):
            free = not self.board.muted >> switch & 1
            if free and self.board.level(switch) != self.stood[switch]:
                return True
        return False


def main(hours, mains):
    soak = Soak(mains)
    soak.run(hours)
    print("well")
