#!/bin/sh
# Fetch MicroPython where it is missing: this machine's word size, and 4-byte words (an ESP32's) where
# the processor can run them.
set -eu
cd "$(dirname "$0")/.."
[ -n "${MICROPYTHON:-}" ] || [ -x .mpy/micropython ] || sh firmware/get-micropython.sh
[ "$(uname -m)" = x86_64 ] || exit 0
[ -n "${MICROPYTHON_I386:-}" ] || [ -x .mpy-i386/micropython ] || sh firmware/get-micropython.sh i386
