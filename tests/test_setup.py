"""What a newcomer's first command relies on: the locks, the wheel, and the set-up's own words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway.provisioning.firmware_bundle import FIXED, MAIN, MODULES
from tests.installation.conftest import new_machine

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-mutants.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOLS_OF_THE_SET_UP = ["sh", "cat", "cksum", "dirname", "rm"]


def locked(name: str) -> dict[str, str]:
    """A lock file as {package: version}."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


def wanted(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: to run, for the demo, and of the named groups."""
    lines = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["demo"]
    for group in groups:
        lines = lines + PROJECT["dependency-groups"][group]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", ["checkout"]),
        ("requirements-dev.lock", ["checkout", "dev"]),
        ("requirements-mutants.lock", ["checkout", "dev", "mutants"]),
    ],
)
def test_a_lock_holds_all_that_the_project_asks_for(lock: str, groups: list[str]) -> None:
    """Where this fails, `make lock` was forgotten."""
    pins = locked(lock)
    amiss = [str(w) for w in wanted(*groups) if not pinned_within(w, pins)]
    assert amiss == []


def pinned_within(requirement: Requirement, pins: dict[str, str]) -> bool:
    """Whether the pinned version is one that the requirement allows."""
    version = pins.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


def test_the_locks_agree() -> None:
    for smaller, larger in pairwise(LOCKS):
        less, more = locked(smaller), locked(larger)
        assert {name: version for name, version in less.items() if more.get(name) != version} == {}


def test_every_locked_package_is_hashed_and_comes_from_the_users_own_index() -> None:
    for name in LOCKS:
        lock = (ROOT / name).read_text()
        assert "://" not in lock
        assert len(re.findall(r"^\S+==.*(?: \\\n    --hash=)", lock, re.MULTILINE)) == len(
            locked(name)
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("menshen-*.whl")
    return built


FROM_THE_WHEEL = """
import gateway, sealwire
from gateway.provisioning.broker_config import BrokerPlan, write_broker_config
from gateway.provisioning.firmware_bundle import bundle
from gateway.language.catalogue import LANGUAGE_NAMES, translations
from datetime import UTC, datetime
from pathlib import Path
print(gateway.__file__, sealwire.__file__)
print(sorted(file.path for file in bundle(b"ca")))
print(write_broker_config(Path("broker"), BrokerPlan(["pi.local"]), [], datetime.now(UTC))[0])
print([bool(translations(language).gettext("Doors")) for language in LANGUAGE_NAMES])
"""


def test_a_wheel_alone_flashes_sets_up_a_broker_and_installs(wheel: Path, tmp_path: Path) -> None:
    """Laid out as pip lays it out, in a folder that knows nothing of this checkout."""
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    others = [path for path in sys.path if path.endswith("-packages")]

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", *words],
            cwd=work,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(site), *others])},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run("-c", FROM_THE_WHEEL)
    assert said.count(str(site)) == 2
    for file in ("main.py", "a/board.mpy", "ca.der", "a/sealnode/__init__.mpy", "a/app.mpy"):
        assert f"'{file}'" in said
    assert "lets in the gateway ('gateway') and 0 seals" in said
    assert "[True, True]" in said
    new_machine(tmp_path / "machine")
    dry = ("install", "pi.local", "--root", str(tmp_path / "machine"), "--dry-run")
    assert "to make  units of systemd" in run("-m", "gateway", *dry)


def test_the_wheel_carries_the_gateway_the_contract_and_the_firmware(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    assert missing(held, "gateway", "gateway") == set()
    assert missing(held, "firmware/sealwire", "sealwire") == set()
    for part in ("sealwire", "sealnode", "sealupdate", *MODULES, *FIXED, MAIN):
        assert missing(held, f"firmware/{part}", f"gateway/provisioning/firmware/{part}") == set()
    assert [name for name in held if name.startswith(("tests", "bench", "sealnode"))] == []


def missing(held: set[str], source: str, target: str) -> set[str]:
    """The tracked files at or below source that do not lie at target in the wheel."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", source],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    assert names, source
    return {name for name in names if target + name.removeprefix(source) not in held}


def test_a_python_that_is_too_old_is_told_so(tmp_path: Path) -> None:
    """With nothing else on the PATH, the set-up says what is needed and leaves nothing behind."""
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS_OF_THE_SET_UP:
        os.symlink(str(shutil.which(tool)), tools / tool)
    old = tools / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", ".ci/bootstrap.sh", "run"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, and Python 3.9.2 was found" in done.stderr
    assert not (tmp_path / ".venv").exists()
