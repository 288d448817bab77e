"""What a command that fails leaves behind: nothing, and above all no empty database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SEAL = "ff" * 8
PERMIT = ("--to", "2099-01-01", "--who", "a", "--why", "b")
WRONG = [
    ("announce", "d1", *PERMIT),
    ("announce", *PERMIT),
    ("broker-config",),
    ("broker-config", "a b"),
    ("canary", "not-json.txt", "--warden", "w1"),
    ("canary", "nope.json", "--warden", "w1"),
    ("cases",),
    ("cases", "--limit", "0"),
    ("check", "--nope"),
    ("coverage", "d1"),
    ("decode", "zz"),
    ("decode", "10" + "01" * 26),
    ("demo", "--port", "0"),
    ("doors",),
    ("doors", "--nope"),
    ("enrol",),
    ("enrol", "nope.csv"),
    ("enrol", "wrong.csv"),
    ("enrol", "wrong.csv", "--dry-run"),
    ("enrol", "grids.csv", "--kind", "nope"),
    ("enrol", "grids.csv", "--kind", "doors"),
    ("enrol", "grids.csv", "--seal", "new"),
    ("enrol", "--seal", "new", "--door", "d9"),
    ("enrol", "--seal", "new", "--door", "d 9"),
    ("enrol", "--seal", "new", "--key-file", "key"),
    ("enrol", "--seal", "new", "--out", "no/such/folder/seal.json"),
    ("enrol", "--seal", SEAL),
    ("enrol", "--seal", SEAL, "--key-file", "nope"),
    ("enrol", "--seal", "xyz", "--key-file", "key"),
    ("enrol", "--seal", SEAL, "--key-file", "key", "--out", "key"),
    ("flash",),
    ("flash", "--ca", "nope.der"),
    ("flash", "--no-tls"),
    ("flash", "--no-tls", "--broker", "pi.local", "--door", "d9"),
    ("flash", "--no-tls", "--broker", "pi.local", "--heartbeat", "1"),
    ("flash", "--no-tls", "--broker", "pi.local", "--port", "no-such-port"),
    ("label", "12"),
    ("label", SEAL, "--out", "key"),
    ("run", "--nope"),
    ("run", "--config", "nope.toml"),
    ("settings", "--config", "nope.toml"),
    ("simulate", "--doors", "0"),
    ("simulate", "--scenario", "nope.toml"),
    ("what-if", "--from", "yesterday"),
    ("what-if", "--from", "2026-03-02", "--to", "2026-03-01"),
    ("what-if", "--from", "2026-03-01", "--rules", "nope.toml"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_fails_leaves_nothing_behind(
    menshen: Callable[..., Any], folder: Path, settings: Path, words: tuple[str, ...]
) -> None:
    (folder / "grids.csv").write_text("grid_id,name\ng1,一网格\n")
    (folder / "wrong.csv").write_text("grid_id,name\ng 1,一网格\n")
    (folder / "key").write_text("ab" * 32)
    (folder / "not-json.txt").write_text("not JSON")
    before = everything_in(folder)
    answer = menshen(*words)
    assert answer.code != 0
    assert answer.err + answer.out != ""
    assert everything_in(folder) == before


def everything_in(folder: Path) -> dict[str, bytes]:
    """Every file and folder, with what a file holds."""
    return {
        str(path.relative_to(folder)): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def test_what_succeeds_makes_the_database_where_it_is_needed(
    menshen: Callable[..., Any], folder: Path, settings: Path
) -> None:
    assert menshen("broker-config", "pi.local").code == 0  # nobody is enrolled yet
    assert not (folder / "menshen.db").exists()
    assert menshen("enrol", "--seal", "new").code == 0
    assert (folder / "menshen.db").exists()
    assert len(list(folder.glob("seal-*.json"))) == 1
