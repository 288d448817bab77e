"""Which sources a made file came from: so that a test sees a stale one without making it anew.

`made.json` holds, for each kind of made file, a fingerprint of its sources' tokens. Comments, blank
lines and the length of lines change nothing.
"""

import hashlib
import json
import tokenize
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "made.json"
SOURCES = {
    "circuit": ("circuit.py", "pins.csv", "schematic.py", "draw_schematic.py", "draw_wiring.py"),
    "magnets": ("dimensions.py", "magnets.py"),
    "solids": ("dimensions.py", "enclosure.py"),
    "pictures": ("dimensions.py", "enclosure.py", "stand_ins.py", "pictures.py"),
}
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def of(path: Path) -> str:
    """What a source says, without how it is laid out."""
    if path.suffix != ".py":
        return path.read_text(encoding="utf-8")
    with path.open("rb") as file:
        tokens = [t.string for t in tokenize.tokenize(file.readline) if t.type not in _LAYOUT]
    # Python 3.12 takes an f-string apart and halves its doubled braces: all versions say the same.
    said = "".join("".join(tokens).split()).replace("{{", "{").replace("}}", "}")
    return said.replace(",)", ")").replace(",]", "]").replace(",}", "}")


def all_of_them() -> dict[str, str]:
    """The fingerprints of today's sources, by what is made from them."""
    return {
        kind: hashlib.sha256("\n".join(of(HERE / name) for name in names).encode()).hexdigest()[:16]
        for kind, names in SOURCES.items()
    }


def write() -> None:
    """Remember that everything was made from today's sources."""
    FILE.write_text(json.dumps(all_of_them(), indent=1) + "\n", encoding="utf-8")
