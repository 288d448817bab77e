"""Runs a program under the filter of system calls that a systemd unit asks for.

    python system_calls.py RULES.json PROGRAM ARGUMENT...

`SystemCallFilter`, `MemoryDenyWriteExecute` and `RestrictAddressFamilies`, as systemd's manual
(systemd.exec(5)) describes them, by the same libseccomp; what is refused gets EPERM.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import json
import mmap
import os
import socket
import subprocess
import sys
from pathlib import Path

from tests import neighbours

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
EQUAL, MASKED_EQUAL = 4, 7


class Compared(ctypes.Structure):
    """`struct scmp_arg_cmp` of libseccomp."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def of_unit(unit: Path) -> dict[str, list[str]]:
    """The names that a unit allows: of system calls and of address families."""
    program = neighbours.or_skip(
        neighbours.find("systemd-analyze"), "systemd-analyze", "`apt install systemd` brings it"
    )
    library = ctypes.util.find_library("seccomp")
    neighbours.or_skip(library, "libseccomp", "`apt install libseccomp2` brings it")
    allowed: set[str] = set()
    families: list[str] = []
    for line in unit.read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "SystemCallFilter":
            names = _expanded(program, value.lstrip("~").split())
            allowed = allowed - names if value.startswith("~") else allowed | names
        elif key == "RestrictAddressFamilies":
            families = value.split()
    assert "MemoryDenyWriteExecute=yes" in unit.read_text()
    assert allowed
    assert families
    return {"allowed": sorted(allowed), "families": families}


def command(rules: dict[str, list[str]], file: Path) -> list[str]:
    """What stands before a command that is to live under these rules; they are put into `file`."""
    file.write_text(json.dumps(rules))
    return [sys.executable, "-m", "tests.installation.system_calls", str(file)]


def _expanded(program: str, names: list[str]) -> set[str]:
    """Sets of systemd's, which may hold sets, as the names of system calls."""
    found: set[str] = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        said = subprocess.run(
            [program, "syscall-filter", name], capture_output=True, text=True, check=True
        )
        lines = [line.strip() for line in said.stdout.splitlines()[1:]]
        found |= _expanded(program, [line for line in lines if line and not line.startswith("#")])
    return found


def confine(rules: dict[str, list[str]]) -> None:
    """This process, and what it becomes, may do no more than that."""
    library = ctypes.CDLL(ctypes.util.find_library("seccomp"))
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))

    def allow(name: str, *compared: Compared) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # of another architecture
            return
        row = (Compared * len(compared))(*compared)
        failed = library.seccomp_rule_add_array(
            context, ctypes.c_uint32(ALLOW), number, len(compared), row
        )
        assert failed == 0, (name, failed)

    families = [int(getattr(socket, family)) for family in rules["families"]]
    both = mmap.PROT_WRITE | mmap.PROT_EXEC
    apart = [Compared(2, MASKED_EQUAL, both, some) for some in (0, mmap.PROT_WRITE, mmap.PROT_EXEC)]
    never = [Compared(2, MASKED_EQUAL, mmap.PROT_EXEC, 0)]
    only = {
        "mmap": apart,
        "mmap2": apart,
        "mprotect": never,
        "pkey_mprotect": never,
        "socket": [Compared(0, EQUAL, family, 0) for family in families],
    }
    for name in rules["allowed"]:
        if name not in only:
            allow(name)
        for compared in only.get(name, ()):
            allow(name, compared)
    failed = library.seccomp_load(context)
    assert failed == 0, failed


if __name__ == "__main__":
    confine(json.loads(Path(sys.argv[1]).read_text()))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - what a test names
