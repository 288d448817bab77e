#!/bin/sh
# Fetch MicroPython where it is missing: with this machine's word size, and with 4-byte words (an ESP32's)
# where the processor can run i386 programs.
set -eu
cd "$(dirname "$0")/.."
sh firmware/get-micropython.sh native
[ "$(uname -m)" != x86_64 ] || sh firmware/get-micropython.sh i386
