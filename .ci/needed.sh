#!/bin/sh
# Get what the tests talk to: the real neighbours, MicroPython, esptool. Each says what it lacks.
set -eu
cd "$(dirname "$0")/.."
all=0
for each in neighbours micropython esptool; do
  sh ".ci/$each.sh" || all=1
done
exit "$all"
