"""What one wake of the real firmware does, step by step, for the charge ledger.

    charge_wakes.main(story, folder)     one JSON object: how often each step was taken

`folder` holds the compiled modules: what a wake reads in is counted in bytes of them. Each story is
a process of its own; the seal's first start, which goes before, is lived in it and not counted.
"""

import json
import os
import sys

import loopback

from bench_board import BenchBoard
from sealnode import settings, waking
from sealnode.hardware import REED

AIR = "beat_by_air"
SEAL_ID, KEY = "00112233445566aa", bytes(range(32))
STEP_MS = 50
OWN = {
    "id": SEAL_ID, "key": KEY.hex(), "broker": "b", "port": 1, "ca": "ca.der",
    "server_name": "b", "user": "u", "password": "p", "wifi": {"ssid": "s", "password": "p"},
    "heartbeat_s": 100, "mains": False,
}  # fmt: skip
BY_AIR = dict(OWN, bluetooth=True)


class Metered(BenchBoard):
    """A bench board that counts what costs charge; how it joins is decided as on a chip."""

    def __init__(self, flash):
        self.clock_ms = 5_000_000
        super().__init__(flash, lambda: self.clock_ms, 3000)
        self.joining = waking.Joining(waking.Kept())
        self.begin()

    def begin(self):
        """A wake: nothing is counted yet but that."""
        self.is_up = self.on_air = False
        self.searched_ms = set()
        self.steps = {"start": 1}

    def add(self, step, count=1):
        self.steps[step] = self.steps.get(step, 0) + count

    def wifi(self, up):
        if not up:
            self.joining.leave()
            return False
        what = self.joining.step(self.clock_ms, self.is_up)
        if not self.is_up:
            self.searched_ms.add(self.clock_ms)
        if what in (waking.FAST, waking.SCAN):
            self.add("wifi_fast")
            if what == waking.SCAN:
                self.add("scan")
            if what == waking.SCAN or self.joining.address(self.clock_ms) is None:
                self.add("dhcp")
            self.is_up = self.network
        elif what == waking.LEARN:
            self.joining.learn(6, b"abcdef", bytes([10] * 16), self.clock_ms)
        return self.is_up

    def advertise(self, payload, repeats):
        if payload:
            self.add("ble_start", 0 if self.on_air else 1)
            self.add("advert", repeats)
        self.on_air = bool(payload)
        return repeats * 35 if payload else 0

    def count(self, owner, name, step):
        """Count each call of a function as a step."""
        real = getattr(owner, name)

        def counted(*arguments, **options):
            self.add(step)
            return real(*arguments, **options)

        setattr(owner, name, counted)


class Lives:
    """The seal's wakes on one flash. `network_after_ms`: when in a wake the network is there."""

    def __init__(self, flash, own, verdict):
        self.board = Metered(flash)
        self.world = loopback.World(SEAL_ID, KEY)
        self.world.verdict = verdict
        with open(flash + "ca.der", "wb") as file:
            file.write(b"ca")
        self.settings = settings.Settings(own, flash)

    def starts(self):
        """The seal of a wake: all that it needs is read in anew, as on a chip."""
        for name in list(sys.modules):
            if name.startswith(("sealnode.", "sealwire.")):
                package, _, module = name.partition(".")
                del sys.modules[name]
                if hasattr(sys.modules[package], module):
                    delattr(sys.modules[package], module)
        from sealnode import seal, spool

        board, world = self.board, self.world
        board.count(spool.Spool, "save", "flash_write")
        board.count(seal, "seal_up", "sealing")
        board.count(seal, "open_up", "sealing")

        class Counted(seal.Seal):
            def read_link(self):
                from sealnode import link

                board.count(link.Link, "open", "session")
                board.count(link.Link, "publish", "publish")
                loopback.install(world)
                return super().read_link()

            def identify(self, settings):
                super().identify(settings)
                if self.beacon:
                    from sealnode import beacon

                    board.count(beacon, "seal_advert", "sealing")

        return Counted(board, self.settings)

    def wake(self, network_after_ms=0):
        """One wake to its end: its steps."""
        board = self.board
        began_ms = board.clock_ms
        board.begin()
        own = self.starts()
        while not own.asleep:
            board.network = board.clock_ms - began_ms >= network_after_ms
            own.poll(board.clock_ms)
            board.clock_ms += STEP_MS
        board.steps["searching_s"] = len(board.searched_ms) * STEP_MS // 1000
        return board.steps

    def sleep(self):
        """Until the next heartbeat."""
        self.board.clock_ms += self.board.slept_ms

    def open_door(self):
        """Asleep before; the chip takes its time to wake."""
        self.board.clock_ms += 40_000
        self.board.set_switch(REED, 1, 4)
        self.board.clock_ms += 400


def live(story, lives):
    """The wake of this story."""
    steps = lives.wake()
    if story == "cold":
        return steps
    if story == AIR:  # the first receipt told it that it is heard
        lives.sleep()
        lives.wake()
    if story.startswith("opening"):
        lives.open_door()
    else:
        lives.sleep()
    # Far: the access point is found by the scan; never: by nothing.
    return lives.wake({"opening_far": 4500, "retry": 1 << 30}.get(story, 0))


def by_air(flash):
    """Lives with the second path; None where this firmware has none."""
    try:
        settings.Settings(BY_AIR)
    except settings.SettingsError:
        return None
    from sealwire.receipt import HEARD

    return Lives(flash, BY_AIR, HEARD)


def module_bytes(folder):
    """The size of what was read in of a slot, with board.py and app.py, which a bench has not."""
    from sealnode import running, waking  # noqa: F401 - app.py and board.py read them

    paths = [folder + "/board.mpy", folder + "/app.mpy"]
    for name in sys.modules:
        if name.startswith(("sealnode", "sealwire")):
            path = folder + "/" + name.replace(".", "/")
            paths += [path + ".mpy", path + "/__init__.mpy"]
    return size_of(paths)


def size_of(paths):
    total = 0
    for path in paths:
        try:
            total += os.stat(path)[6]
        except OSError:  # a package's file, or a module's
            pass
    return total


def main(story, folder):
    lives = by_air("./") if story == AIR else Lives("./", OWN, 0)
    if lives is None:
        print("null")
        return
    steps = {step: count for step, count in live(story, lives).items() if count}
    steps["module_bytes"] = module_bytes(folder)
    steps["fixed_bytes"] = size_of([folder + "/main.mpy", folder + "/slot_file.mpy"])
    print(json.dumps(steps))
