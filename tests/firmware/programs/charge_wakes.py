"""What one wake of the real firmware does, step by step, for the charge ledger.

    charge_wakes.main(story, folder)     one JSON object: how often each step was taken

`folder` holds the compiled modules: what a wake reads in is counted in bytes of them. Each story is
a process of its own; the seal's first start, which goes before, is lived in it and not counted.
"""

import json
import os
import sys

AIR = "beat_by_air"
SEAL_ID, KEY = "00112233445566aa", bytes(range(32))
STEP_MS = 50


def settings(**changes):
    own = {
        "id": SEAL_ID, "key": KEY.hex(), "broker": "b", "port": 1, "ca": "ca.der",
        "server_name": "b", "user": "u", "password": "p", "wifi": {"ssid": "s", "password": "p"},
        "heartbeat_s": 100, "mains": False,
    }  # fmt: skip
    own.update(changes)
    return own


class Meter:
    """A bench board that counts what costs charge; how it joins is decided as on a chip."""

    def __init__(self, flash, clock):
        from bench_board import BenchBoard
        from sealnode import waking

        class Metered(BenchBoard):
            def wifi(board, up):
                if not up:
                    board.joining.leave()
                    return False
                what = board.joining.step(clock(), board.is_up)
                if not board.is_up:
                    board.searched_ms.add(clock())
                if what == waking.FAST:
                    self.add("wifi_fast")
                    if board.joining.address(clock()) is None:
                        self.add("dhcp")
                    board.is_up = board.network
                elif what == waking.SCAN:
                    self.add("wifi_fast")
                    self.add("scan")
                    self.add("dhcp")
                    board.is_up = board.network
                elif what == waking.LEARN:
                    board.joining.learn(6, b"abcdef", bytes([10] * 16), clock())
                return board.is_up

            def advertise(board, payload, repeats):
                if payload:
                    self.add("ble_start", 0 if board.on_air else 1)
                    self.add("advert", repeats)
                board.on_air = bool(payload)
                return repeats * 35 if payload else 0

        self.steps = {"start": 1}
        self.board = Metered(flash, clock, 3000)
        self.board.kept = waking.Kept()
        self.board.joining = waking.Joining(self.board.kept)
        self.board.is_up = self.board.on_air = False
        self.board.searched_ms = set()

    def add(self, step, count=1):
        self.steps[step] = self.steps.get(step, 0) + count

    def wrap(self, owner, name, step):
        real = getattr(owner, name)

        def counted(*arguments, **options):
            self.add(step)
            return real(*arguments, **options)

        setattr(owner, name, counted)


def live(story, flash):
    """The wake of this story on a fresh flash: its steps."""
    clock_ms = [5_000_000]
    meter = Meter(flash, lambda: clock_ms[0])
    import loopback

    from sealnode.hardware import REED

    world = loopback.World(SEAL_ID, KEY)
    loopback.install(world)
    if story == AIR:
        from sealwire.receipt import HEARD

        world.verdict = HEARD  # the gateway hears it by air
    with open(flash + "ca.der", "wb") as file:
        file.write(b"ca")
    with open(flash + "seal.json", "w") as file:
        json.dump(settings(bluetooth=True) if story == AIR else settings(), file)
    from sealnode import settings as own_settings
    from sealnode import seal as seals
    from sealnode import running, spool  # noqa: F401 - main.py reads `running` in, too

    meter.wrap(spool.Spool, "save", "flash_write")
    meter.wrap(seals, "seal_up", "sealing")
    meter.wrap(seals, "open_up", "sealing")
    if story == AIR:
        from sealnode import beacon

        meter.wrap(beacon, "seal_advert", "sealing")
    meter.wrap(seals.Link, "open", "session")
    meter.wrap(seals.Link, "publish", "publish")

    def wake():
        meter.board.is_up = False
        meter.board.searched_ms = set()
        meter.steps = {"start": 1}
        return seals.Seal(meter.board, own_settings.read(flash))

    def run(seal):
        while not seal.asleep:
            seal.poll(clock_ms[0])
            clock_ms[0] += STEP_MS
        return counted()

    def counted():
        meter.steps["searching_s"] = len(meter.board.searched_ms) * STEP_MS // 1000
        return meter.steps

    steps = run(wake())
    if story == "cold":
        return steps
    if story == "opening":
        clock_ms[0] += 40_000
        meter.board.set_switch(REED, 1, 4)
        clock_ms[0] += 400
    elif story == "opening_far":  # the access point has moved to another channel
        clock_ms[0] += 40_000
        meter.board.network = False
        meter.board.set_switch(REED, 1, 4)
        clock_ms[0] += 400
        seal = wake()
        began_ms = clock_ms[0]
        while not seal.asleep:
            meter.board.network = clock_ms[0] - began_ms > 4500
            seal.poll(clock_ms[0])
            clock_ms[0] += STEP_MS
        return counted()
    else:
        clock_ms[0] += meter.board.slept_ms
    meter.board.network = story != "retry"
    if story == AIR:  # the first receipt tells it that it is heard
        run(wake())
        clock_ms[0] += meter.board.slept_ms
    return run(wake())


def main(story, folder):
    from sealnode import settings as own_settings

    try:
        own_settings.Settings(settings(bluetooth=True))
    except own_settings.SettingsError:
        if story == AIR:  # this firmware has no second path
            print("null")
            return
    steps = live(story, "./")
    read = 0
    for name in sys.modules:
        if name.startswith(("sealnode", "sealwire")):
            path = folder + "/" + name.replace(".", "/")
            for end in (".mpy", "/__init__.mpy"):
                try:
                    read += os.stat(path + end)[6]
                except OSError:
                    pass
    for name in ("board.mpy", "main.mpy"):
        read += os.stat(folder + "/" + name)[6]
    steps["module_bytes"] = read
    steps = {step: count for step, count in steps.items() if count}
    print(json.dumps(steps))
