"""The machine that the figures come from, in one line each: no figure means much without it."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

import psutil

SYNCS = 200
_BLOCK = bytes(4096)


def describe(folder: Path) -> dict[str, object]:
    """Processor, cores, memory, system, Python, and what a full sync costs under `folder`."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
        "sync_ms": round(sync_ms(folder), 3),
        "load_before": round(load(), 2),
    }


def sync_ms(folder: Path) -> float:
    """The median of a full sync of one block, in milliseconds."""
    path, times = folder / "sync", []
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(SYNCS):
            os.write(file, _BLOCK)
            began = time.perf_counter()
            os.fdatasync(file)
            times.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(file)
        path.unlink()
    return statistics.median(times)


def others_s() -> float:
    """Processor time that everybody but us and our ended children has taken, in seconds."""
    busy, ours = psutil.cpu_times(), os.times()
    idle = busy.idle + busy.iowait + busy.guest + busy.guest_nice
    return float(sum(busy) - idle - sum(ours[:4]))


def commit() -> str:
    """Of which commit this checkout is; with a + if files of it were changed since. Empty where
    that cannot be said."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return said.stdout.strip()


def load() -> float:
    """How many programs wanted a core over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
