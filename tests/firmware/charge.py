"""Count anew what the real firmware does in each kind of wake, on MicroPython.

python -m tests.firmware.charge     writes gateway/power/ledger.json
"""

import json
import subprocess
import tempfile
from pathlib import Path

from gateway.power import ledger
from tests.firmware import seal_bench


def compiled(folder: Path) -> Path:
    """The firmware with board.py and main.py, and what a bench adds, as .mpy."""
    seal_bench.compiled(folder)
    seal_bench.compile_into(folder, seal_bench.sources(), seal_bench.FIRMWARE)
    return folder


def count(interpreter: str, folder: Path, story: str) -> dict[str, int] | None:
    """The steps of one wake, None if this firmware has none of that kind. `folder` from
    `compiled`."""
    with tempfile.TemporaryDirectory(prefix="menshen-") as flash:
        program = f"import charge_wakes; charge_wakes.main({story!r}, {str(folder)!r})"
        done = subprocess.run(
            [interpreter, "-c", program],
            capture_output=True,
            text=True,
            cwd=flash,
            env={"MICROPYPATH": f"{folder}:.frozen"},
            timeout=seal_bench.PATIENCE_S,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    steps: dict[str, int] | None = json.loads(done.stdout.splitlines()[-1])
    return None if steps is None else dict(sorted(steps.items()))


def main() -> None:
    """Write the ledger. A wake that this firmware has not got stays as it was."""
    interpreter = str(seal_bench.ROOT / ".mpy" / "micropython")
    with tempfile.TemporaryDirectory(prefix="menshen-") as room:
        folder = compiled(Path(room))
        fresh = {story: count(interpreter, folder, story) for story in ledger.WAKES}
    known = json.loads(ledger.FILE.read_text(encoding="utf-8")) if ledger.FILE.exists() else {}
    counts = {story: fresh[story] or known.get(story) for story in ledger.WAKES}
    ledger.FILE.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
