"""Switch on. Never updated, as little as what it starts (`chooser`): all else lies in a slot."""

import gc

# Collect often while the modules come in: what each leaves behind would split a heap of 64 KB into
# pieces too small for a certificate, though a third of it is free.
gc.threshold(4096)

import machine

import chooser

chooser.main(machine)
