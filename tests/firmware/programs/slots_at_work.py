"""A seal with slots on MicroPython, from its reset on: the chooser, and what it starts.

    slots_at_work.main(disk, folder, cause)   `folder` of this machine is copied onto a fresh disk

It ends with 10 when the chip would reset, and with 42 when it would sleep deeply.
"""

import os
import sys

import file_disk
import machine

import chooser

BLOCKS = 160
RESET = 10


def leave():
    print("reset")
    sys.exit(RESET)


def copy(folder, at):
    for name in os.listdir(folder):
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            os.mkdir(at + name)
            copy(path, at + name + "/")
        else:
            with open(path, "rb") as file, open(at + name, "wb") as out:
                out.write(file.read())


def main(disk, folder, cause):
    fresh = disk not in os.listdir(".")
    at = file_disk.mount(disk, BLOCKS)
    if fresh:
        copy(folder, at)
    machine.cause, machine.reset = cause, leave
    chooser.main(machine, at)
    print("left to the person at the cable")
