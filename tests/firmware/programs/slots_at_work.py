"""A seal with slots on MicroPython, from its reset on: main.py, and what it starts.

    slots_at_work.main(disk, folder, cause)   `folder` of this machine is copied onto a fresh disk

It ends with 10 when the chip would reset, and with 42 when it would sleep deeply.
"""

import gc

gc.threshold(4096)  # as main.py does it

import os
import sys

import file_disk
import vfs

BLOCKS = 160
DEEPSLEEP_RESET, RESET = 4, 10


class Timer:
    ONE_SHOT = 0

    def __init__(self, _number):
        pass

    def init(self, mode, period, callback):
        pass


def reset():
    sys.exit(RESET)


def reset_cause():
    return cause


def copy(folder, at):
    """From this machine onto the disk, in small pieces: a heap is small."""
    part = bytearray(512)
    for name in os.listdir(folder):
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            os.mkdir(at + name)
            copy(path, at + name + "/")
            continue
        with open(path, "rb") as file, open(at + name, "wb") as out:
            while True:
                count = file.readinto(part)
                if not count:
                    break
                out.write(memoryview(part)[:count])


def main(disk, folder, why):
    """Power on, or whatever `why` says; ends as the chip would."""
    global cause
    cause = why
    flash = file_disk.FileDisk(disk, BLOCKS)
    files = file_disk.littlefs(flash)
    if flash.fresh:
        vfs.mount(files, "/flash")
        copy(folder, "/flash/")
        vfs.umount("/flash")
    vfs.umount("/")
    vfs.mount(files, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.modules["machine"] = sys.modules["slots_at_work"]
    gc.collect()
    __import__("main")
    print("left to the person at the cable")
