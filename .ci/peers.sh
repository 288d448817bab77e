#!/bin/sh
# Put what `make bench-peers` measures us against into $MENSHEN_PEERS (default: .peers/), each in a
# place of its own: Home Assistant in a Python of its own, Node-RED in a folder of its own. What the
# locks in bench/peers/ name is taken by hash, through pip and npm as they are set up on this machine.
# Done once. With the name of a function below, that one alone. A peer that cannot be had here is
# said so, and the others are measured without it.
set -u
cd "$(dirname "$0")/.."
peers=${MENSHEN_PEERS:-.peers}
mkdir -p "$peers"
say() { echo "peers: $*" >&2; }
print_of() { cat "$@" .ci/peers.sh | cksum; }
is_there() { [ -f "$peers/$1.set-up" ] && [ "$(cat "$peers/$1.set-up")" = "$2" ]; }

home_assistant() {
  lock=bench/peers/homeassistant.lock
  print=$(print_of $lock)
  is_there homeassistant "$print" && return
  found=$(command -v python3.11 || command -v python3.12 || true)
  [ -n "$found" ] || { say "no Python 3.11 or 3.12 here, so no Home Assistant"; return; }
  say "Home Assistant: $(grep -c '^[a-z]' $lock) packages into $peers/homeassistant (once; some minutes)"
  rm -rf "$peers/homeassistant"
  "$found" -m venv --without-pip "$peers/homeassistant" &&
    .venv/bin/python -m pip --python "$peers/homeassistant/bin/python" --quiet \
      --disable-pip-version-check install --no-deps --require-hashes --requirement $lock &&
    echo "$print" > "$peers/homeassistant.set-up" ||
    say "Home Assistant could not be installed; the lines above say why"
}

node_red() {
  lock=bench/peers/nodered/package-lock.json
  print=$(print_of $lock)
  is_there nodered "$print" && return
  command -v npm > /dev/null || { say "no npm here, so no Node-RED (apt install npm)"; return; }
  say "Node-RED into $peers/nodered (once; a minute)"
  rm -rf "$peers/nodered"
  mkdir "$peers/nodered"
  cp bench/peers/nodered/package.json $lock "$peers/nodered"
  npm --prefix "$peers/nodered" ci --omit=dev --no-audit --no-fund --ignore-scripts --loglevel=error &&
    echo "$print" > "$peers/nodered.set-up" ||
    say "Node-RED could not be installed; the lines above say why"
}

if [ $# -gt 0 ]; then "$@"; else home_assistant; node_red; fi
