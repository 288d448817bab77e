#!/bin/sh
# Resolve the dependencies of pyproject.toml for every platform into the lock files. What is
# locked already stays as it is; `sh .ci/lock.sh --upgrade` takes the newest of everything.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || {
  echo "lock: uv is not on the PATH; python3 -m pip install uv" >&2; exit 1; }
compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --extra demo --group checkout "$@" pyproject.toml
}
compile "$@" --output-file requirements.lock
# PyRIC comes as source only, and is the extra's for a receiver that hangs: no test needs it.
compile "$@" --extra bthome --no-emit-package pyric --group dev --constraint requirements.lock \
  --output-file requirements-dev.lock
compile "$@" --extra bthome --no-emit-package pyric --group dev --group mutants \
  --constraint requirements-dev.lock --output-file requirements-mutants.lock
# Its own, of nothing but what designs the hardware (hardware.sh).
uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header "$@" --group hardware --output-file requirements-hardware.lock
# Its own, for it comes as source only; setuptools builds it (esptool.sh).
printf 'esptool>=5,<6\nsetuptools>=77\n' | uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header "$@" --output-file requirements-esptool.lock -
# Theirs, whom `make bench-peers` measures beside us (peers.sh).
uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@" \
  --output-file bench/peers/homeassistant.lock bench/peers/homeassistant.in
! command -v npm > /dev/null || npm --prefix bench/peers/nodered install --package-lock-only \
  --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error
echo "lock: $(grep -c '^[a-z]' requirements.lock) packages to run, $(grep -c '^[a-z]' requirements-dev.lock) with the tests"
