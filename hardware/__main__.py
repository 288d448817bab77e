"""Build everything of the hardware anew and compare it with what is committed, or write it.

    python -m hardware [--write]

Exit 0 where all is as committed (or was written) and nothing is wrong with it, else 1. Pictures are
rendered with `--write` only. Needs requirements-hardware.lock.
"""

import sys

from hardware import (
    draw_schematic,
    draw_wiring,
    fingerprint,
    labels,
    magnets,
    schematic,
    solids,
)
from hardware.circuit import HERE


def texts() -> dict[str, str]:
    """Every text file that is made from the sources, by its path from here."""
    made: dict[str, str] = {}
    for module in (schematic, draw_schematic, draw_wiring, magnets, labels):
        made |= module.files()
    return made


def compare() -> list[str]:
    """What is not as committed, in sentences."""
    said = []
    for name, text in texts().items():
        path = HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            said.append(f"{name} is not what its source says")
    return said + solids.compare()


def write() -> list[str]:
    """Write everything; what is wrong with the parts themselves, in sentences."""
    from hardware import pictures

    for name, text in texts().items():
        (HERE / name).write_text(text, encoding="utf-8")
    wrong = solids.write()
    pictures.write()
    fingerprint.write()
    return wrong


def main(arguments: list[str]) -> int:
    """Run the command line; its exit code."""
    if arguments not in ([], ["--write"]):
        print(__doc__)
        return 2
    wrong = write() if arguments else compare()
    for sentence in wrong:
        print(f"hardware: {sentence}")
    if not wrong:
        print("hardware: all as it should be")
    elif not arguments:
        print("hardware: make hardware WRITE=1 writes it anew; then look at every picture")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
