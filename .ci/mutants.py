"""`make mutants`: does any test notice when a line of the core says something else?

mutmut changes one thing at a time (a comparison, a sign, a constant, an `and`) in a copy of this
checkout under .mutants/, and lets the stories of tests/core look, those that call the function, in
a fork. What survives them, or is made while a module is imported, which no fork sees, is shown to
every test of the core, properties and replay among them, in a process of its own that ends with the
first that fails. One that never ends is killed too: somebody would notice. The share that is killed
must be LEAST or more, and each survivor must stand in .ci/survivors.toml with the reason why it
means nothing.

    make mutants                   the functions of gateway/core that differ from SINCE (a ref)
    make mutants ALL=1             all of the core: an hour and more
    make mutants SAMPLE=100        so many of them, drawn with SEED
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
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

LEAST: Final = 0.95
HERE = Path(__file__).resolve().parent.parent
COPY = HERE / ".mutants"
SURVIVORS = HERE / ".ci" / "survivors.toml"
CORE = "gateway/core"
SECONDS_MAX = 900  # of one mutant that every test looks at; they all take half a minute
KILLED_BY_STORIES, NOT_LOOKED_AT = 1, 33  # mutmut's codes; 0 is a survivor, others are a time-out
CONFIG = """

[tool.mutmut]
source_paths = ["gateway", "firmware/sealwire"]
only_mutate = ["gateway/core/*"]
also_copy = ["firmware", "broker_config", "bench", "docs", "dashboards"]
pytest_add_cli_args = [
  "-p", "no:cacheprovider", "-p", "tests.quickest_first", "-q", "-m", "not hypothesis"
]
pytest_add_cli_args_test_selection = ["tests/core"]
track_dependencies = false
timeout_constant = 3.0
timeout_multiplier = 3.0
"""


def main() -> int:
    """0 if enough are killed and each survivor has its reason, else 1."""
    asked = _asked()
    _copy()
    _mutmut(asked.jobs, "nothing-yet")  # makes the mutants and learns which story calls what
    names = _chosen(asked, [*_results()])
    if not names:
        print("mutants: no function of the core differs; nothing to do")
        return 0
    print(f"mutants: {len(names)} of {len(_results())}")
    _mutmut(asked.jobs, *names)
    results = _results()
    if any(results[name] is None for name in names):
        raise SystemExit(f"mutants: mutmut did not come to an end; {COPY / 'mutmut.log'} says why")
    left = [name for name in names if results[name] in (0, NOT_LOOKED_AT)]
    meaningless = [name for name in left if _has_reason(name)]
    doubtful = [name for name in left if name not in meaningless]
    print(
        f"mutants: the stories killed all but {len(left)}, of which {len(meaningless)} mean "
        f"nothing; every test looks at the others now"
    )
    with ThreadPoolExecutor(asked.jobs) as pool:
        killed = pool.map(_is_killed_by_any_test, doubtful)
        unnamed = [name for name, is_killed in zip(doubtful, killed, strict=True) if not is_killed]
    return _judged(len(names), len(meaningless), unnamed)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
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


def _mutmut(jobs: int, *names: str) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names]
    with (COPY / "mutmut.log").open("ab") as log:
        subprocess.run(command, cwd=COPY, check=False, stdout=log, stderr=log)
    if not _results():
        raise SystemExit(f"mutants: mutmut made none; {COPY / 'mutmut.log'} says why")


def _results() -> dict[str, int | None]:
    """Of every mutant its name, and how mutmut's run of it ended."""
    results: dict[str, int | None] = {}
    for meta in sorted((COPY / "mutants" / CORE).rglob("*.meta")):
        results |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return results


def _chosen(asked: argparse.Namespace, names: list[str]) -> list[str]:
    if not (asked.all or asked.sample):
        changed = _changed_functions(asked.since)
        names = [name for name in names if _function(name) in changed]
    if asked.sample:
        names = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))  # noqa: S311
    return sorted(names)


def _function(name: str) -> str:
    """gateway.core.doors.permits.x__left__mutmut_3 -> gateway.core.doors.permits._left"""
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
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


def _is_killed_by_any_test(name: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.quickest_first", "--hypothesis-profile=mutants"]
    command += ["tests/core", "tests/replay"]
    env = {**os.environ, "MUTANT_UNDER_TEST": name}
    try:
        done = subprocess.run(
            command,
            cwd=COPY / "mutants",
            env=env,
            check=False,
            capture_output=True,
            timeout=SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return True  # it never ends: somebody would notice
    return done.returncode != 0


@cache
def _known() -> list[str]:
    """Patterns of the names of those that mean nothing."""
    return [*tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivors", {})]


def _has_reason(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _known())


def _judged(count: int, meaningless: int, unnamed: list[str]) -> int:
    share = 1 - (meaningless + len(unnamed)) / count
    for name in unnamed:
        print(_shown(name))
    print(
        f"mutants: {count}, killed {share:.1%} (at least {LEAST:.0%}), {meaningless} that mean "
        f"nothing survive, and {len(unnamed)} without a reason in {SURVIVORS.name}"
    )
    return int(share < LEAST or bool(unnamed))


def _shown(name: str) -> str:
    command = [sys.executable, "-m", "mutmut", "show", name]
    done = subprocess.run(command, cwd=COPY, check=False, capture_output=True, text=True)
    return f"{name}\n{done.stdout}"


if __name__ == "__main__":
    raise SystemExit(main())
