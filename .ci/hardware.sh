#!/bin/sh
# Put what `make hardware` needs into .hardware/, a Python of its own: two gigabytes for solids and
# pictures that no test and no seal needs. By hash from requirements-hardware.lock. skidl and two of
# its companions come as source, built by the setuptools of the same lock. Done once.
set -eu
cd "$(dirname "$0")/.."
lock=requirements-hardware.lock
print=$(cat "$lock" .ci/hardware.sh | cksum)
stamp=.hardware/.set-up
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$print" ]; then exit 0; fi
give_up() { echo "hardware: $*" >&2; exit 1; }
part() { awk -v wanted="$1" '/^[a-z]/ { on = ((/^(setuptools|wheel)==/ ? 1 : 0) == wanted) } on' "$lock"; }
pip() {
  .venv/bin/python -m pip --python .hardware/bin/python --quiet --disable-pip-version-check install \
    --no-deps --require-hashes --only-binary :all: "$@" ||
    give_up "pip could not install what $lock names; the lines above say why"
}
rm -rf .hardware
.venv/bin/python -m venv --without-pip .hardware
echo "hardware: $(grep -c '^[a-z]' "$lock") packages of $lock into .hardware (once; some minutes)" >&2
part 1 > .hardware/setuptools.lock # builds them, so it comes before
part 0 > .hardware/others.lock
pip --requirement .hardware/setuptools.lock
pip --no-build-isolation --no-binary skidl,hierplace,kinet2pcb --requirement .hardware/others.lock
echo "$print" > "$stamp"
