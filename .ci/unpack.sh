#!/bin/sh
# Unpack Debian packages, and all that they need and this machine lacks, into a folder. Needs no root
# and installs nothing: apt works on lists of its own beside the folder, on the mirrors it is set up with.
#   sh .ci/unpack.sh FOLDER PACKAGE...
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$folder.apt
shift
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial"
cat > "$work/apt.conf" <<END
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::Status "/var/lib/dpkg/status";
Dir::Cache "$work";
Dir::Cache::Archives "$work/archives";
Dir::Log "$work";
Debug::NoLocking "true";
APT::Sandbox::User "$(id -un)";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
END
apt-get -c "$work/apt.conf" -qq update
apt-get -c "$work/apt.conf" -qq -y --download-only --reinstall --no-install-recommends install "$@" \
  > /dev/null
for package in "$work"/archives/*.deb; do
  case ${package##*/} in libc6_*) continue ;; esac # goes with this machine's own loader
  dpkg -x "$package" "$folder"
done
