#!/bin/sh
# `menshen install` for real, as root, on a copy of this machine that is gone afterwards.
#   sh .ci/trial.sh FOLDER     which holds the wheel and requirements.lock (`make wheel`)
# A mount namespace lays a copy over /etc, /var, /opt and /usr/local. There the wheel is installed as
# the operator's page says, the site made, broker and gateway started as their units say (without
# systemd: as their users, without capabilities), looked at by `menshen check`, and taken off again.
# Wants root, Debian with mosquitto, and a way to the package index.
set -eu
folder=$(cd "$1" && pwd)
[ "$(id -u)" = 0 ] || { echo "trial: root must ask" >&2; exit 1; }
[ -x /usr/sbin/mosquitto ] || { echo "trial: apt install mosquitto" >&2; exit 1; }
room=$(mktemp -d); trap 'rm -rf "$room"' EXIT
export room folder
# Whatever is started there ends with it.
unshare --mount --pid --fork --kill-child --mount-proc sh -eu <<'IN'
mount -t tmpfs none "$room"
for part in etc var opt usr/local; do
  mkdir -p "$room/up/$part" "$room/work/$part"
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=$room/up/$part,workdir=$room/work/$part" "/$part"
done
/usr/bin/python3 -m venv /opt/menshen
/opt/menshen/bin/pip -q install --require-hashes -r "$folder/requirements.lock"
/opt/menshen/bin/pip -q install --no-deps "$folder"/menshen-*.whl
ln -sf /opt/menshen/bin/menshen /usr/local/bin/menshen
exec unshare -n sh -eu <<'AT_WORK'
cd /
step() { echo; echo "== $*"; }
as() { user=$1; shift; exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all "$@"; }
ip link set lo up
step a dry run; menshen install pi.local --dry-run
step install; echo "only for this trial 1" | menshen install pi.local 192.168.1.20
step again; menshen install
step what systemd says
systemd-analyze verify menshen.service menshen-broker-reload.path
systemd-analyze security --offline=true --threshold=20 menshen.service mosquitto.service | grep Overall
step at work
as mosquitto /usr/sbin/mosquitto -c /etc/menshen/broker/mosquitto.conf 2>"$room/broker.log" & broker=$!
as menshen /opt/menshen/bin/python -P -m gateway run --config /etc/menshen/menshen.toml & gateway=$!
tries=0
until said=$(menshen check) || true
  echo "$said" | grep -q "gateway *runs since" && echo "$said" | grep -q "the gateway is connected, and heard itself"; do
  tries=$((tries + 1)); [ $tries -lt 20 ] || { menshen check; exit 1; }
  sleep 1
done
menshen check || true # no door is enrolled yet
step files of root beside the database
! find /var/lib/menshen -uid 0 | grep .
step stop and take off
kill $gateway; wait $gateway || true; kill $broker; wait $broker || true
menshen uninstall
menshen uninstall --with-data --yes
! id menshen 2>/dev/null
echo; echo "trial: all of it worked"
AT_WORK
IN
