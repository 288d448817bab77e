"""A whole seal on MicroPython: its flash is a littlefs in a file, its door follows a script.

    seal_at_work.main(path)   of a JSON file, whose content is as in tests/firmware/seal_bench.py

The last line that it prints is one JSON object: how it ended.
"""

import gc
import json
import os
import time

gc.threshold(4096)  # as main.py does it

from sealnode import settings
from sealnode.flutter import Flutter
from sealnode.hardware import REED
from sealnode.seal import Seal

TOGGLE_MS = 30  # more than a contact's settle time


def _put(folder, name, data):
    with open(folder + name, "wb") as file:
        file.write(data)


def _get(path):
    with open(path, "rb") as file:
        return file.read()


def _board(work):
    import file_disk

    from bench_board import BenchBoard

    folder = file_disk.mount(work["disk"])
    _put(folder, "seal.json", _get(work["settings"]))
    if work.get("ca"):
        _put(folder, "ca.der", _get(work["ca"]))
    board = BenchBoard(folder, battery_mv=work.get("battery_mv"), seed=work.get("seed", 1))
    start_ms = board.now_ms()
    for after_ms, switch, level in work.get("script", ()):
        board.play([(start_ms + after_ms, switch, level)])
    return board


def _over(work, seal, script_over):
    if not script_over:
        return False
    if work.get("until") == "receipts":
        return seal.waiting == 0 and seal.receipts > 0
    if work.get("until") == "toggled":
        return True
    return work.get("until") == "enough" and seal.waiting == 0 and "enough" in os.listdir()


def main(path):
    """Be a seal until `until` is true, and say how it went."""
    with open(path) as file:
        work = json.load(file)
    gc.collect()
    without_bench = gc.mem_alloc()
    board = _board(work)
    gc.collect()
    bench = gc.mem_alloc() - without_bench
    start_ms = board.now_ms()
    seal = Seal(board, settings.read(board.flash))
    last_ms = max(
        [item[0] for item in work.get("script", ())] or [100]
    )  # not before the first reading
    toggles, why = work.get("toggles", 0), []
    while True:
        now_ms = board.now_ms()
        has_read = seal.spool.next_seq > 1  # on a busy bench a boot takes a while
        if toggles and has_read and now_ms - start_ms > last_ms:
            last_ms = now_ms - start_ms + TOGGLE_MS
            toggles -= 1
            seal.switches.flutters[REED] = Flutter(
                True, now_ms
            )  # each as if there had been none before
            board.set_switch(REED, 1 - board.level(REED))
        if now_ms - start_ms > work["ms"]:
            print("the time is over")
            break
        wait_ms = min(seal.poll(now_ms), 10)
        if seal.link.why and seal.link.why not in why:
            why.append(seal.link.why)
        if _over(work, seal, not toggles and now_ms - start_ms > last_ms + 100):
            break
        if not seal.wait(wait_ms):
            time.sleep_ms(wait_ms)
    gc.collect()
    live = gc.mem_alloc()
    if work.get("orderly", True):
        seal.close()
    print(json.dumps({
        "epoch": seal.spool.epoch, "counter": seal.spool.counter, "waiting": seal.waiting,
        "sent": seal.sent, "receipts": seal.receipts, "refused": seal.refused, "why": why,
        "live": live, "bench": bench, "misses": seal.node.misses,
        "said": board.said,
    }))  # fmt: skip
