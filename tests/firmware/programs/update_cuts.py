"""Cuts the power of a real littlefs at every single write of an update, and sees what starts then.

A seal has pulled a release: it looks at it, fills the other slot, goes on trial, gets its receipt.
At the n-th write, or in its middle, the power goes; the seal starts anew from what the flash holds
then. For every n until the whole update passes without a cut.
"""

import gc

import flash

import chooser
from sealupdate import install
from sealwire import release

OLD = (("app.mpy", b"the program before"), ("sealnode/node.mpy", b"o" * 900))
BLOCKS = 20


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)


def holds(path, size):
    with open(path, "rb") as file:
        return file.read(size + 1)


def prepare(folder, data, trust):
    import os

    os.mkdir(folder + "a")
    os.mkdir(folder + "a/sealnode")
    for path, content in OLD:
        put(folder + "a/" + path, content)
    put(folder + install.TRUST, trust)
    put(folder + install.PULLED, bytes(10) + data)


def live(folder):
    """From the whole release to a good slot, as the chooser does it."""
    slots = chooser.Slots(folder)
    slots.install("010203040506")
    settle(folder)


def settle(folder):
    """Start until nothing more is on trial; the gateway answers at once."""
    while True:
        slots = chooser.Slots(folder)
        slots.begin(False)
        if slots.state == chooser.INSTALL:
            install.run(slots)
        elif slots.state == chooser.TRIAL:
            check(slots)
            slots.good()
        else:
            return check(slots)


def check(slots):
    """What starts is whole: the old program or the new one. Which, as True for the new one."""
    folder = slots.folder + slots.current + "/"
    new = slots.current == "b"
    for path, content in NEW if new else OLD:
        if holds(folder + path, len(content)) != content:
            raise AssertionError("%s%s is torn" % (folder, path))
    return new


NEW = []


def read_release(data):
    end = release.HEAD_BYTES + release.read_head(data[: release.HEAD_BYTES])
    manifest = release.parse(data[release.HEAD_BYTES : end])
    at = end + release.SIGNATURE_BYTES
    for path, size, _ in manifest.files:
        NEW.append((path, data[at : at + size]))
        at += size


def cut_at(n, half, data, trust):
    """Play with power for less than `n` writes; True if that was enough."""
    disk = flash.RamDisk(BLOCKS)
    folder = flash.mount(disk)
    prepare(folder, data, trust)
    disk.power, disk.half = n, half
    new = False
    try:
        new = live(folder)
    except OSError:
        pass
    enough = disk.power > 0
    disk.power = min(disk.power, 0)  # what is left of the old life can no longer write
    after = flash.RamDisk(0)
    after.data, after.blocks = disk.data, BLOCKS
    disk.data = None
    folder = flash.mount(after)
    check(chooser.Slots(folder))
    new = settle(folder)
    if enough and not new:
        raise AssertionError("an update with all its power did not come")
    slots = chooser.Slots(folder)
    if slots.floor != (7 if new else 0):
        raise AssertionError("the floor is %d" % slots.floor)
    return enough, new


def main(path, halves):
    """Every write, whole and, if `halves`, in half."""
    data, trust = holds(path + "/release", 100_000), holds(path + "/trust", 1000)
    read_release(data)
    for half in (False, True) if halves else (False,):
        n = came = 0
        enough = False
        while not enough:
            n += 1
            enough, new = cut_at(n, half, data, trust)
            came += new
            gc.collect()
        print(
            "%d cuts %s a write: old or new each time; %d went on to the new"
            % (n - 1, "within" if half else "before", came - 1)
        )
