#!/bin/sh
# Put esptool into .esptool/, a Python of its own: it is under the GPL and is only ever started as a
# program, and it comes as source, which the wheels-only set-up of .venv does not take. What is locked
# in requirements-esptool.lock is taken by hash, and done at once where nothing has changed.
set -eu
cd "$(dirname "$0")/.."
lock=requirements-esptool.lock
print=$(cat "$lock" .ci/esptool.sh | cksum)
stamp=.esptool/.set-up
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$print" ] && .esptool/bin/esptool version > /dev/null; then
  exit 0
fi
give_up() { echo "esptool: $*" >&2; exit 1; }
part() { awk -v wanted="$1" '/^[a-z]/ { on = ((/^setuptools==/ ? 1 : 0) == wanted) } on' "$lock"; }
pip() {
  .venv/bin/python -m pip --python .esptool/bin/python --quiet --disable-pip-version-check install \
    --no-deps --require-hashes --only-binary :all: "$@" ||
    give_up "pip could not install what $lock names; the lines above say why"
}
rm -rf .esptool
.venv/bin/python -m venv --without-pip .esptool
part 1 > .esptool/setuptools.lock # builds esptool, so it comes before
part 0 > .esptool/others.lock
pip --requirement .esptool/setuptools.lock
pip --no-build-isolation --no-binary esptool --requirement .esptool/others.lock
echo "$print" > "$stamp"
