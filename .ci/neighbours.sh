#!/bin/sh
# Get the real programs that the tests talk to: mosquitto, influxd, Chromium, Firefox and a Chinese font; and
# a C compiler, for a lying disk. What is on the PATH is taken as it is. The rest comes from Debian's
# packages: installed where the user is root (no service is left running or enabled), else unpacked
# into .neighbours/ with a wrapper for each.
set -eu
cd "$(dirname "$0")/.."
prefix=$PWD/.neighbours
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:$prefix/bin

say() { echo "neighbours: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
has_chinese_font() {
  for fonts in /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" "$prefix/root/usr/share/fonts"; do
    [ -z "$(find "$fonts" -name 'NotoSansCJK*' 2>/dev/null | head -n 1)" ] || return 0
  done
  return 1
}

wanted=
has mosquitto || wanted="$wanted mosquitto"
has influxd || wanted="$wanted influxdb"
has nginx || [ -x /usr/sbin/nginx ] || wanted="$wanted nginx"
has chromium || has chromium-browser || wanted="$wanted chromium"
has firefox-esr || has firefox || wanted="$wanted firefox-esr"
has_chinese_font || wanted="$wanted fonts-noto-cjk"
has gcc || [ "$(id -u)" -ne 0 ] || wanted="$wanted gcc libc6-dev" # no compiler runs from the prefix
wanted=${wanted# }
[ -n "$wanted" ] || exit 0

if ! has apt-get || ! has dpkg; then
  say "not found: $wanted (Debian's names). This is no Debian, so nothing is fetched: install them"
  say "yourself and put them on the PATH. Until then the tests that need them are skipped."
  exit 1
fi

keep_services_off() { # of those just installed; they are for the tests, and take well-known ports
  for service in mosquitto influxdb nginx; do
    case " $wanted " in *" $service "*) update-rc.d "$service" disable || true ;; esac
  done
}

install_as_root() {
  say "installing $wanted (apt-get; a minute or two)"
  export DEBIAN_FRONTEND=noninteractive
  if [ ! -e /usr/sbin/policy-rc.d ]; then # it keeps packages from starting their services
    ours=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' > "$ours"
    chmod +x "$ours"
  fi
  apt-get -qq update
  # shellcheck disable=SC2086
  apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install $wanted > /dev/null
  keep_services_off
}

wrap() { # NAME PROGRAM ARGUMENT: make a script that runs a program of the prefix, and try it
  [ -x "$prefix/root$2" ] || return 0
  printf '#!/bin/sh\nexport LD_LIBRARY_PATH="%s" FONTCONFIG_FILE="%s"\nexec "%s" "$@"\n' \
    "$libraries" "$prefix/fonts.conf" "$prefix/root$2" > "$prefix/bin/$1"
  chmod +x "$prefix/bin/$1"
  "$prefix/bin/$1" "$3" > /dev/null || [ $? -ne 127 ] # 127: a library is missing
}

unpack_into_prefix() {
  say "unpacking $wanted into .neighbours/ (you are not root; a minute or two)"
  # shellcheck disable=SC2086
  sh .ci/unpack.sh "$prefix/root" $wanted
  mkdir -p "$prefix/bin"
  libraries=$(find "$prefix/root" -name 'lib*.so*' -exec dirname {} + | sort -u | paste -s -d : -)
  cat > "$prefix/fonts.conf" <<END
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>$prefix/root/usr/share/fonts</dir>
  <cachedir>$prefix/font-cache</cachedir>
</fontconfig>
END
  wrap mosquitto /usr/sbin/mosquitto -h
  wrap mosquitto_passwd /usr/bin/mosquitto_passwd -h
  wrap influxd /usr/bin/influxd version
  wrap nginx /usr/sbin/nginx -v
  wrap chromium /usr/lib/chromium/chromium --version
  wrap firefox-esr /usr/lib/firefox-esr/firefox-esr --version
}

ours= complete=
at_the_end() {
  [ -z "$ours" ] || rm -f "$ours"
  [ -n "$complete" ] || {
    say "could not get all of: $wanted; the lines above say why."
    say "By hand: sudo apt install --no-install-recommends $wanted"
  }
}
trap at_the_end EXIT
trap 'exit 1' HUP INT TERM
if [ "$(id -u)" = 0 ]; then install_as_root; else unpack_into_prefix; fi
complete=yes
