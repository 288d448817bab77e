"""`make mutants`: does any test notice when a line of the core says something else?

mutmut changes one thing at a time (a comparison, a sign, a constant, an `and`) in a copy of this
checkout under .mutants/, and notes which story calls which function. The tests of the core and of
the replay are collected once; a mutant is a fork of that process, in which they look at it until
one fails (tests/forks_of_mutants.py). One that never ends is killed too: somebody would notice.
What runs while a module is imported is the same in every fork, so its mutants have a process each.
The share that is killed must be LEAST or more, and each survivor must stand in .ci/survivors.toml
with the reason why it means nothing.

    make mutants                   the functions of gateway/core that differ from SINCE (a ref)
    make mutants ALL=1             all of the core: some 14,000, hours
    make mutants SAMPLE=100        so many of them, drawn with SEED
    make mutants FILES='a.py b.py' all of these files, whether they differ or not
    make mutants FILES=... EACH=20 so many of each file, drawn with SEED; the others' draw stays
    make mutants SAMPLE=100 JOBS=1 one process at a time, where others need the machine
"""

import argparse
import ast
import fnmatch
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

LEAST: Final = 0.95
HERE = Path(__file__).resolve().parent.parent
COPY = HERE / ".mutants"
MUTANTS = COPY / "mutants"
SURVIVORS = HERE / ".ci" / "survivors.toml"
CORE = "gateway/core"
SECONDS_MAX = 900  # of one mutant that has a process of its own; the stories take ten
LOOKS = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
CONFIG = """

[tool.mutmut]
source_paths = ["gateway", "firmware/sealwire"]
only_mutate = ["gateway/core/*"]
also_copy = ["firmware", "broker_config", "bench", "docs", "dashboards"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-q", "-m", "not hypothesis"]
pytest_add_cli_args_test_selection = ["tests/core"]
track_dependencies = false
"""


def main() -> int:
    """0 if enough are killed and each survivor has its reason, else 1."""
    asked = _asked()
    _copy()
    _make_mutants(asked.jobs)
    every = _names()
    names = _chosen(asked, every)
    if not names:
        print("mutants: no function of the core differs; nothing to do")
        return 0
    print(f"mutants: {len(names)} of {len(every)}", flush=True)
    found, imported = _looked_at(names, asked.jobs)
    left = [name for name in names if found[name] == "survived"]
    left = [n for n in left if _mangled(n) not in imported or not _is_killed_at_import(n)]
    _tell_each(names, left)
    timed_out = sum(how == "timed out" for how in found.values())
    return _judged(len(names), timed_out, left)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--files", nargs="*", default=[])
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--since", default="HEAD~1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    return parser.parse_args()


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=HERE, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def _copy() -> None:
    """This checkout as it is now; files that did not change keep their mutants."""
    for name in _git("ls-files", "-co", "--exclude-standard"):
        ours, theirs = HERE / name, COPY / name
        if not ours.is_file():
            continue
        if theirs.exists() and theirs.stat().st_mtime >= ours.stat().st_mtime:
            continue
        theirs.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ours, theirs)
    text = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    (COPY / "pyproject.toml").write_text(text + CONFIG, encoding="utf-8")


def _make_mutants(jobs: int) -> None:
    """mutmut makes them and learns which story calls what; it is asked for none, and so ends."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), "none-of-them"]
    with (COPY / "mutmut.log").open("wb") as log:
        subprocess.run(command, cwd=COPY, check=False, stdout=log, stderr=log)
    if not (MUTANTS / "mutmut-stats.json").exists() or not _names():
        raise SystemExit(f"mutants: mutmut made none; {COPY / 'mutmut.log'} says why")


def _names() -> list[str]:
    names: list[str] = []
    for meta in sorted((MUTANTS / CORE).rglob("*.meta")):
        names += json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return names


def _looked_at(names: list[str], jobs: int) -> tuple[dict[str, str], list[str]]:
    """How each of them ended, and the functions that ran while modules were imported."""
    (MUTANTS / "mutants-asked.json").write_text(json.dumps({"names": names, "jobs": jobs}))
    found = MUTANTS / "mutants-found.json"
    found.unlink(missing_ok=True)
    command = [*LOOKS, "-s", "-p", "tests.forks_of_mutants", "--hypothesis-profile=mutants"]
    subprocess.run([*command, "tests/core", "tests/replay"], cwd=MUTANTS, check=False)
    if not found.exists():
        raise SystemExit("mutants: the tests do not pass without a mutant")
    its = json.loads(found.read_text(encoding="utf-8"))
    return its["found"], its["imported"]


def _chosen(asked: argparse.Namespace, names: list[str]) -> list[str]:
    if asked.files:
        modules = {name.removesuffix(".py").replace("/", ".") for name in asked.files}
        names = [name for name in names if _module(name) in modules]
    elif not (asked.all or asked.sample):
        changed = _changed_functions(asked.since)
        names = [name for name in names if _function(name) in changed]
    if asked.each:
        names = [name for its in _by_module(names).values() for name in _drawn(asked, its)]
    if asked.sample:
        names = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))  # noqa: S311
    return sorted(names)


def _drawn(asked: argparse.Namespace, of_one_file: list[str]) -> list[str]:
    draw = random.Random(f"{asked.seed} {_module(of_one_file[0])}")  # noqa: S311 - repeats by it
    return draw.sample(of_one_file, min(asked.each, len(of_one_file)))


def _by_module(names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_module(name), []).append(name)
    return found


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _mangled(name: str) -> str:
    return name.partition("__mutmut_")[0]


def _function(name: str) -> str:
    """gateway.core.doors.permits.x__left__mutmut_3 -> gateway.core.doors.permits._left"""
    module, _, mangled = _mangled(name).rpartition(".")
    return f"{module}.{mangled.split('ǁ')[-1] if 'ǁ' in mangled else mangled.removeprefix('x_')}"


def _changed_functions(since: str) -> set[str]:
    """Every function of the core on a line that differs from `since`."""
    changed: set[str] = set()
    lines: dict[str, set[int]] = {}
    name = ""
    for line in _git("diff", "--unified=0", since, "--", CORE):
        if line.startswith("+++ b/"):
            name = line.removeprefix("+++ b/")
        elif line.startswith("@@"):
            start, _, count = line.split("+")[1].split(" ")[0].partition(",")
            span = range(int(start), int(start) + int(count or 1))
            lines.setdefault(name, set()).update(span)
    for name, numbers in lines.items():
        if not name.endswith(".py") or not (HERE / name).exists():
            continue
        module = name.removesuffix(".py").replace("/", ".")
        for node in ast.walk(ast.parse((HERE / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and numbers & {
                *range(node.lineno, (node.end_lineno or node.lineno) + 1)
            }:
                changed.add(f"{module}.{node.name}")
    return changed


def _is_killed_at_import(name: str) -> bool:
    command = [*LOOKS, "-x", "-m", "not hypothesis", "tests/core"]
    env = {**os.environ, "MUTANT_UNDER_TEST": name}
    try:
        done = subprocess.run(
            command, cwd=MUTANTS, env=env, check=False, capture_output=True, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return True  # it never ends: somebody would notice
    return done.returncode != 0


def _tell_each(names: list[str], survivors: list[str]) -> None:
    """How each file fared, for a good figure of all may hide a bad one of one."""
    for module, its in _by_module(names).items():
        killed = sum(name not in survivors for name in its)
        print(f"mutants: {module.removeprefix('gateway.core.'):28} {killed} of {len(its)} killed")


def _judged(count: int, timed_out: int, survivors: list[str]) -> int:
    known = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivors", {})
    unnamed = [n for n in survivors if not any(fnmatch.fnmatch(n, pattern) for pattern in known)]
    for name in unnamed:
        print(_shown(name))
    share = 1 - len(survivors) / count
    print(
        f"mutants: {count}, killed {share:.1%} (at least {LEAST:.0%}; {timed_out} never ended), "
        f"{len(survivors)} survive, {len(unnamed)} of them without a reason in {SURVIVORS.name}"
    )
    return int(share < LEAST or bool(unnamed))


def _shown(name: str) -> str:
    command = [sys.executable, "-m", "mutmut", "show", name]
    done = subprocess.run(command, cwd=COPY, check=False, capture_output=True, text=True)
    return f"{name}\n{done.stdout}"


if __name__ == "__main__":
    raise SystemExit(main())
