"""`menshen release` and `menshen update`: a key, a release, a roll-out, and what each refuses."""

import json
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.store import tables
from gateway.store.database import Store
from gateway.updates import kept, release_file, signing
from gateway.updates.rollout import Progress, SealState
from tests.updates.releases import KEY, STRANGER, made

SETTINGS = """\
[site]
name = "Test"
"""
RETIRED = 4
_STANDS = ((SealState.GOOD, ""), (SealState.FAILED, "full"))


@pytest.fixture
def menshen(tmp_path: Path) -> Callable[..., Any]:
    """Runs a command on a site with three seals, and one that was retired; its result."""
    config = tmp_path / "menshen.toml"
    config.write_text(SETTINGS)
    rows = [
        {"seal_id": f"{n:016x}", "key": bytes(32), "broker_hash": "", "enrolled_ms": 1}
        | {"ended_ms": 2 if n == RETIRED else None}
        for n in range(1, RETIRED + 1)
    ]
    with closing(Store.open(tmp_path / "menshen.db")) as store, store.writing() as connection:
        connection.execute(insert(tables.seals), rows)

    def run(*words: str, code: int = 0) -> str:
        settings = ["--config", str(config)] if words[0] == "update" else []
        done = CliRunner().invoke(app, [*words, *settings])
        assert done.exit_code == code, (words, done.output, done.exception)
        return done.output

    return run


def test_from_a_key_to_a_roll_out(
    menshen: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    menshen("release", "key", str(tmp_path))
    assert stat.S_IMODE((tmp_path / "release.key").stat().st_mode) == 0o600
    assert len((tmp_path / "release.pub").read_text().strip()) == 64
    assert "is there already" in menshen("release", "key", str(tmp_path), code=1)
    public = tmp_path / "release.pub"
    line = public.read_text()
    public.unlink()  # killed between the two
    menshen("release", "key", str(tmp_path))
    assert public.read_text() == line
    file = str(tmp_path / "seals-7.rel")
    said = menshen("release", "build", file, "--version", "1.4.0", "--counter", "7")
    assert "not signed yet" in said
    assert "is not signed by the owner" in menshen("update", "add", file, code=1)
    assert "signed" in menshen("release", "sign", file)
    shown = json.loads(menshen("release", "show", file, "--json"))
    assert (shown["counter"], shown["chips"], shown["signed"]) == (7, ["esp32c6", "esp32s3"], True)
    held = {path for path, _, _ in release_file.read(Path(file).read_bytes()).manifest.files}
    assert {"app.mpy", "board.mpy", "sealnode/seal.mpy", "sealupdate/install.mpy"} <= held
    assert "chooser.mpy" not in held  # what chooses is never updated
    menshen("update", "add", file)
    assert "is here already" in menshen("update", "add", file, code=1)
    assert json.loads(menshen("update", "list", "--json"))[0]["counter"] == 7
    said = menshen("update", "start", "7", "--canary", f"{2:016x}", "--at-once", "2")
    assert f"First: {2:016x}" in said
    assert "ends it before another" in menshen("update", "start", "7", code=1)
    shown = json.loads(menshen("update", "--json"))
    assert [seal["stage"] for seal in shown["seals"]].count(0) == 1
    assert "3 waits" in menshen("update")  # a retired one would be waited for without end
    for act, state in (("stop", "stopped"), ("go-on", "running"), ("end", "ended")):
        assert f"is {state}" in menshen("update", act)
    assert "the newest is ended" in menshen("update", "stop", code=1)
    took, full = (Progress(0, state, 1, reason=why) for state, why in _STANDS)
    with closing(Store.open(tmp_path / "menshen.db")) as store, store.writing() as connection:
        kept.write(connection, 1, {f"{1:016x}": took, f"{2:016x}": full})
        kept.add(connection, made(6), 1)
    assert "1 waits, 1 runs it, 1 refused it" in menshen("update")
    assert "1 of 3 seals run a newer release" in menshen("update", "start", "6", code=1)
    menshen("update", "start", "6", "--older")


def test_what_is_refused_says_why(menshen: Callable[..., Any], tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    assert "No release was ever rolled out" in menshen("update")
    assert "cannot be read" in menshen("update", "add", str(nothing), code=1)
    file = tmp_path / "seals.rel"
    file.write_bytes(made().render())
    assert "release.pub cannot be read" in menshen("update", "add", str(file), code=1)
    (tmp_path / "release.pub").write_text("nonsense")
    assert "64 hexadecimal digits" in menshen("update", "add", str(file), code=1)
    (tmp_path / "release.pub").write_text(signing.raw(KEY.public_key()).hex())
    for release in (made(key=STRANGER), made(key=None)):
        file.write_bytes(release.render())
        assert "is not signed by the owner" in menshen("update", "add", str(file), code=1)
    file.write_bytes(made(wire=9).render())
    assert "update the gateway first" in menshen("update", "add", str(file), code=1)
    file.write_bytes(made().render()[:-1])
    assert "fetch it again" in menshen("update", "add", str(file), code=1)
    file.write_bytes(made(files=[("image.bin", bytes(1_572_865))], kind="image", mpy=0).render())
    assert "too large: it needs 1537 KB" in menshen("update", "add", str(file), code=1)
    wide = tmp_path / "wide.csv"
    wide.write_text("ota_0, app, ota_0, 0x10000, 0x200000\nvfs, data, fat, 0x400000, 0x100000\n")
    menshen("update", "add", str(file), "--partitions", str(wide))
    for content in (b"\xff\xfe", b"ota_0, app\n", b"ota_0, app, ota_0, 0, much\n"):
        wide.write_bytes(content)
        said = menshen("update", "add", str(file), "--partitions", str(wide), code=1)
        assert "wide.csv is no table of partitions: a line of it has no name" in said
    assert "there is no release 9" in menshen("update", "start", "9", code=1)
    assert "which one?" in menshen("update", "start", code=2)
    file.write_bytes(made().render())
    assert "is no private key" in menshen("release", "sign", str(file), "--key", str(file), code=1)
    assert "needs --version" in menshen("release", "build", str(file), code=2)
