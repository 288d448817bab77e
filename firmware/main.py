"""Switch on. Never updated, as little as `slot_file` and `chooser`: all else lies in the slot."""

import gc

# Collect often while the modules come in: what each leaves behind would split a heap of 64 KB into
# pieces too small for a certificate, though a third of it is free.
gc.threshold(4096)

import sys
import time

import machine

import slot_file

TROUBLE_S = 30  # before a fresh start; each one costs an epoch, of which there are 16 million

line = slot_file.read("/")
state = line[1]
if state == slot_file.GOOD:
    slot_file.enter("/", line)
else:
    import chooser

    state = chooser.choose(machine)
    del chooser, sys.modules["chooser"]
try:
    # What a slot holds of these: `app` is a seal at work, `install` looks at what was pulled, `rom`
    # lays a slot's copy where its modules are read without the heap.
    if state == "install":
        import sealupdate.install as program
    elif state == "lay":
        import sealupdate.rom as program
    else:
        import app as program
    reason = program.main(state)
except Exception as error:  # noqa: BLE001 - nobody is there to read it but the cable
    sys.print_exception(error)
    reason = "crashed"

import chooser

try:
    is_over = chooser.failed("/", state, reason)
except OSError:  # the flash does not take that; the next start finds what was good (chooser.spare)
    is_over, reason = False, "crashed"
if is_over:
    machine.reset()
elif reason == "crashed":
    time.sleep(TROUBLE_S)
    machine.reset()
