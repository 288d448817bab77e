"""A seal with slots on MicroPython, from its reset on: main.py, and what it starts.

    slots_at_work.main(disk, folder, cause, rom)   `folder` of this machine is copied onto a fresh
                                                   disk; `rom`: the board's ROMFS partition, or None

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


class Vfs:
    """The module as a program on the chip sees it."""

    rom_ioctl = None


def main(disk, folder, why, rom=None):
    """Power on, or whatever `why` says; ends as the chip would."""
    global cause
    cause = why
    if rom:
        import rom_partition

        held = rom_partition.mapped(rom)
        Vfs.rom_ioctl = rom_partition.rom_ioctl_on(rom_partition.RomPartition(rom))
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
    if rom:
        rom_partition.mount_at_rom(held)
        sys.modules["vfs"] = Vfs
    sys.modules["machine"] = sys.modules["slots_at_work"]
    gc.collect()
    __import__("main")
    print("left to the person at the cable")
