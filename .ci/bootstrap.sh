#!/bin/sh
# Make .venv: a Python of this project's own with the locked packages in it.
#   sh .ci/bootstrap.sh run     what `menshen` needs (requirements.lock)
#   sh .ci/bootstrap.sh dev     that, and what the tests and checks need (requirements-dev.lock)
#   sh .ci/bootstrap.sh mutants that, and what `make mutants` needs (requirements-mutants.lock)
# It takes python3 and pip as they are set up on this machine (mirror, proxy, certificates) and is
# done at once where nothing has changed since the last time. Root or not makes no difference.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
here=$PWD
python=.venv/bin/python
stamp=.venv/.set-up

say() { echo "set-up: $*" >&2; }
give_up() { say "$*"; exit 1; }

case $kind in
  run) lock=requirements.lock ;;
  dev) lock=requirements-dev.lock ;;
  mutants) lock=requirements-mutants.lock ;;
  *) give_up "'$kind' is not known; it is run, dev or mutants" ;;
esac

print=$(cat requirements.lock requirements-dev.lock requirements-mutants.lock pyproject.toml .ci/bootstrap.sh | cksum)
case $kind in run) more="run dev mutants" ;; dev) more="dev mutants" ;; *) more=mutants ;; esac
for enough in $more; do
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$enough $print $here" ]; then exit 0; fi
done

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && new_enough "$candidate"; then echo "$candidate"; return; fi
  done
}

make_venv() {
  found=$(find_python)
  [ -n "$found" ] || give_up "Python 3.11 or newer is needed, and $(python3 --version 2>/dev/null ||
    echo 'no python3') was found. Debian 12, Debian 13 and their Raspberry Pi OS have it
        (apt install python3); elsewhere install it, or name it: make PYTHON=/path/to/python3.13 ..."
  rm -rf .venv
  "$found" -m venv --without-pip .venv || give_up "'$found -m venv' failed; the lines above say why"
}

# Debian ships python3 without pip. The package python3-pip-whl holds pip as a wheel, which for pip means
# that unpacking is installing. Debian's pip trusts the machine's certificates only; a machine that has
# none gets those of the package ca-certificates, here and not on the machine.
pip_from_debian() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || give_up \
    "this Python has no pip and no ensurepip; install pip for it and try again"
  say "this Python has no pip; taking it from Debian's python3-pip-whl"
  sh .ci/unpack.sh .venv/debian python3-pip-whl ca-certificates || give_up \
    "apt could not fetch pip; the lines above say why. Or: sudo apt install python3-venv"
  site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  "$python" -m zipfile -e "$(find .venv/debian -name 'pip-*.whl' | head -n 1)" "$site"
  trusted=/etc/ssl/certs/ca-certificates.crt
  if [ ! -e "$trusted" ]; then
    find .venv/debian -path '*/mozilla/*.crt' -exec cat {} + > .venv/certificates.pem
    sed -i "s#$trusted#$here/.venv/certificates.pem#" "$site/pip/_vendor/certifi/core.py"
  fi
  rm -rf .venv/debian
}

pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }

if [ -e .venv ] && [ ! -w .venv ]; then
  give_up ".venv belongs to another user; remove it (sudo rm -r .venv) and try again"
fi
[ ! -f "$stamp" ] || case $(cat "$stamp") in *" $here") ;; *) rm -rf .venv ;; esac # moved here
new_enough "$python" || make_venv
rm -f "$stamp"

export PIP_USER=0 PIP_ROOT_USER_ACTION=ignore
"$python" -m pip --version >/dev/null 2>&1 ||
  "$python" -m ensurepip >/dev/null 2>&1 || pip_from_debian

say "$("$python" --version), $(grep -c '^[a-z]' "$lock") packages of $lock into .venv (once; a minute or two)"
pip install --no-deps --require-hashes --only-binary :all: --requirement "$lock" || give_up \
  "pip could not install the packages; the lines above say why. Behind a proxy or a mirror, tell pip
        of it (pip config set global.proxy ... / global.index-url ...) and try again"
pip install --no-deps --no-index --no-build-isolation --editable . || give_up \
  "this checkout could not be put on the path of .venv; the lines above say why"
echo "$kind $print $here" > "$stamp"
