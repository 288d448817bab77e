#!/bin/sh
# Put Debian's MicroPython (the Unix port) into the repository, without root and without touching
# the system:   firmware/get-micropython.sh [native|i386|both]           (both, if nothing is said)
#
#   .mpy/micropython        this machine's own words; a good one on the PATH is used as it is
#   .mpy-i386/micropython   4-byte words, as on the ESP32: only there do heap figures mean something
#
# An interpreter that works already is left alone. Otherwise the package and all that it needs are
# fetched from the mirror that apt is set up with, their signatures checked by apt, unpacked into
# the folder above, and run through that folder's own loader: Debian 12 has no such package, so it
# comes from a later suite, whose C library is newer than the system's.
set -eu
cd "$(dirname "$0")/.."
suites=${MICROPYTHON_SUITES:-trixie sid}
probe='import tls, cryptolib, vfs, sys; vfs.VfsLfs2; sys.exit(0 if sys.implementation.name == "micropython" else 1)'

fail() {
    echo "get-micropython: $*" >&2
    exit 1
}

works() { [ -x "$1" ] && "$1" -c "$probe" >/dev/null 2>&1; }

say() { echo "$1: $("$1" -c 'import sys; v = sys.implementation[1]; print("MicroPython %d.%d.%d, %d-bit" % (v[0], v[1], v[2], 64 if sys.maxsize > 2**32 else 32))')"; }

# The first Debian mirror that apt knows and that is not the security archive.
mirror() {
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' "Created-By: Packages" 2>/dev/null |
        sed -n 's/^Debian //p' | grep -v security | head -n 1
}

# The keys that Debian's archives are signed with, where the system keeps them.
keyring() {
    for file in /usr/share/keyrings/debian-archive-keyring.pgp \
        /usr/share/keyrings/debian-archive-keyring.gpg; do
        [ -r "$file" ] && { echo "signed-by=$file"; return; }
    done
    return 0
}

# apt with a state of its own: unpack SUITE ARCH FOLDER
unpack() {
    apt=$3/apt
    rm -rf "$3"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$3/root"
    echo "deb [arch=$2 $(keyring)] $(mirror) $1 main" >"$apt/sources.list"
    : >"$apt/status"
    cat >"$apt/conf" <<EOF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "$(id -un)";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "2";
EOF
    export APT_CONFIG="$apt/conf"
    apt-get -qq update >"$apt/log" 2>&1 || { unset APT_CONFIG; return 1; }
    wanted=$(apt-get -s install micropython 2>>"$apt/log" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    [ -n "$wanted" ] || { unset APT_CONFIG; return 1; }
    # shellcheck disable=SC2086  # one word a package
    (cd "$apt" && apt-get -qq download $wanted) >>"$apt/log" 2>&1 || { unset APT_CONFIG; return 1; }
    unset APT_CONFIG
    for package in "$apt"/*.deb; do dpkg -x "$package" "$3/root" || return 1; done
}

# Leave a starter beside what was unpacked, and drop what the interpreter never reads.
starter() {
    root=$1/root
    loader=$(find "$root" -name 'ld-linux*.so.*' | head -n 1)
    tls=$(dirname "$(find "$root" -name 'libmbedtls.so.*' | head -n 1)")
    libc=$(dirname "$(find "$root" -name libc.so.6 | head -n 1)")
    rm -rf "$1/apt" "$root/usr/share" "$libc/gconv"
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
        "$loader" "$tls:$libc" "$root/usr/bin/micropython" >"$1/micropython"
    chmod +x "$1/micropython"
}

# fetch ARCH FOLDER: the first suite that has it and whose interpreter runs here.
fetch() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail "this is no Debian, so it cannot be fetched. Install MicroPython 1.25 or newer (the Unix port, with tls and cryptolib) and put it on the PATH as micropython."
    [ -n "$(mirror)" ] || fail "apt knows no Debian mirror. Run apt-get update once, as root, and try again."
    for suite in $suites; do
        if unpack "$suite" "$1" "$PWD/$2" && starter "$PWD/$2" && works "$2/micropython"; then
            say "$2/micropython"
            return
        fi
    done
    log=$(tail -n 3 "$2/apt/log" 2>/dev/null || true)
    rm -rf "${PWD:?}/$2"
    fail "no working MicroPython for $1 in: $suites. apt said: ${log:-nothing; the interpreter did not start}"
}

native() {
    if works .mpy/micropython; then
        say .mpy/micropython
        return
    fi
    found=$(command -v micropython || true)
    if [ -n "$found" ] && works "$found"; then
        mkdir -p .mpy
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$found" >.mpy/micropython
        chmod +x .mpy/micropython
        say .mpy/micropython
        return
    fi
    fetch "$(dpkg --print-architecture 2>/dev/null || uname -m)" .mpy
}

i386() {
    if works .mpy-i386/micropython; then
        say .mpy-i386/micropython
        return
    fi
    case $(uname -m) in
    x86_64 | i?86) fetch i386 .mpy-i386 ;;
    *) echo "get-micropython: no 4-byte words here: $(uname -m) does not run i386 programs. The heap test is skipped." >&2 ;;
    esac
}

case ${1:-both} in
native) native ;;
i386) i386 ;;
both)
    native
    i386
    ;;
*) fail "say native, i386 or both" ;;
esac
