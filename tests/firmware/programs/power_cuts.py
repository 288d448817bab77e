"""Cuts the power of a real littlefs at every single write of the spool, and sees what is left.

A seal runs its course: boot, edges, receipts, more edges. At the n-th write, or in its middle,
the power goes; the seal boots anew from what the flash holds then. For every n until the whole life
passes without a cut.
"""

import gc
import json

import flash

from sealnode.spool import Spool
from sealwire.report import EDGE, Report

EDGES = 40
BLOCKS = 8
SETTINGS = {
    "id": "00112233445566aa", "key": "0f" * 32, "broker": "127.0.0.1", "port": 1, "ca": None,
    "server_name": "a", "user": "a", "password": "b", "wifi": {"ssid": "old", "password": "old"},
    "heartbeat_s": 100, "mains": True,
}  # fmt: skip


def live(folder, kept):
    """Play the life. `kept` collects what the flash has promised, and what it was asked last:
    (epoch, next seq, edges, waiting seqs)."""
    spool = Spool(folder)
    spool.boot()
    _save(spool, kept)
    for i in range(EDGES):
        spool.add(Report((i + 1) % 2, EDGE, 1, 0), 1000 + i)
        _save(spool, kept)
        if i % 10 == 9:
            for seq in (spool.seq(0), spool.seq(1)):
                spool.forget(seq)
            _save(spool, kept)


def state(spool):
    """All that must survive."""
    waiting = [spool.seq(i) for i in range(spool.count)]
    return spool.epoch, spool.next_seq, spool.edges, waiting


def _save(spool, kept):
    kept.append(state(spool))
    spool.save()
    kept.append(state(spool))


def cut_at(n, half):
    """Play on an empty disk with power for less than `n` writes; True if that was enough."""
    disk = flash.RamDisk(BLOCKS)
    folder = flash.mount(disk)
    kept = []
    disk.power, disk.half = n, half
    try:
        live(folder, kept)
    except OSError:
        pass
    whole = disk.power > 0
    disk.power = min(disk.power, 0)  # what is left of the old life can no longer write
    after = flash.RamDisk(0)
    after.data, after.blocks = disk.data, BLOCKS
    disk.data = None
    folder = flash.mount(after)
    found = state(Spool(folder))
    promised = [one for i, one in enumerate(kept) if i % 2]  # what `save` returned for
    allowed = promised[-1:] or [(0, 1, 0, [])]
    if len(kept) % 2:
        allowed = allowed + kept[-1:]  # cut within a save: the old state, or already the new one
    if found not in allowed:
        raise AssertionError("cut at %d: found %r, allowed %r" % (n, found, allowed))
    again = Spool(folder)
    again.boot()
    again.save()
    if again.epoch <= (promised[-1][0] if promised else 0):
        raise AssertionError("cut at %d: an epoch came twice" % n)
    return whole


def main():
    """Every write, whole and in half."""
    for half in (False, True):
        n = 1
        while not cut_at(n, half):
            n += 1
            gc.collect()
        print("%d cuts %s a write: old or new each time" % (n - 1, "within" if half else "before"))


def trial_cut_at(n, half, kept):
    """Begin a trial on a disk with power for less than `n` writes, and keep or drop it; True if
    that was enough. What is in force is the old or the new, whole."""
    from sealnode import settings, trial
    from sealwire.command import WIFI

    disk = flash.RamDisk(BLOCKS)
    folder = flash.mount(disk)
    with open(folder + settings.FILE, "w") as file:
        json.dump(SETTINGS, file)
    disk.power, disk.half = n, half
    try:
        fields = trial.wanted(folder, WIFI, [b"new", b"new password"])
        trial.begin(folder, 7, fields)
        if kept:
            trial.keep(folder, trial.on_trial(folder)[1])
        else:
            trial.drop(folder)
    except (OSError, settings.SettingsError):
        pass
    whole = disk.power > 0
    disk.power = min(disk.power, 0)
    after = flash.RamDisk(0)
    after.data, after.blocks = disk.data, BLOCKS
    disk.data = None
    folder = flash.mount(after)
    found = settings.read(folder).wifi[0]
    if found not in (("old", "new") if kept else ("old",)):
        raise AssertionError("cut at %d: %r is in force" % (n, found))
    if trial.has_trial(folder) and trial.on_trial(folder)[1]["wifi"]["ssid"] != "new":
        raise AssertionError("cut at %d: half a trial" % n)
    if whole and (found != ("new" if kept else "old") or trial.has_trial(folder)):
        raise AssertionError("without a cut it was not done")
    return whole


def trials():
    """Every write of a trial, kept or dropped, whole and in half."""
    for kept in (True, False):
        for half in (False, True):
            n = 1
            while not trial_cut_at(n, half, kept):
                n += 1
                gc.collect()
            print("%d cuts: old or new each time" % (n - 1))
