"""The rules of the house that no other tool keeps: sizes, names, docstrings, documents, links."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FOLDERS = {"firmware", "gateway", "broker_config", "dashboards", "hardware"}
FOLDERS |= {"tests", "bench", "docs", ".ci"}
AT_THE_TOP = {"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md"}
AT_THE_TOP |= {"DECISIONS.md", "CHANGELOG.md", "SECURITY.md"}
AT_THE_TOP |= {"LICENSE", "Makefile", "pyproject.toml", ".gitignore"}
AT_THE_TOP |= {"requirements.lock", "requirements-dev.lock", "requirements-mutants.lock"}
AT_THE_TOP |= {"requirements-hardware.lock"}
AT_THE_TOP |= {"requirements-esptool.lock", "NOTICE"}
HAVE_A_README = ["firmware/sealwire", "broker_config", "dashboards", "hardware"]
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Taken apart here, so that this file does not hold them either.
HOSTS_OF_REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "registry." + "npmjs",
    "debian.org/" + "debian",
    "snapshot." + "debian",
    "pi" + "wheels.org",
    "archive." + "raspberrypi",
]
PATH_OF_ONE_MACHINE = re.compile(r"(?<![\w}$.])/(work|root|home|Users)/\w")


def tracked() -> list[Path]:
    """Every file that is, or would be, in the repository."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [Path(name) for name in names if (ROOT / name).is_file()]


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
PRODUCT = [path for path in PYTHON if path.parts[0] in FOLDERS - {"tests"}]
MARKDOWN = [path for path in FILES if path.suffix == ".md"]


def text(path: Path) -> str:
    """A file's text, or nothing where it is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(text(path))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a file, nested ones and methods too."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public_functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that another file may call: of the module, not of a class, without `_`."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            yield node


def none(found: Iterable[object]) -> None:
    """Fail with every find on a line of its own."""
    lines = "\n".join(str(find) for find in found)
    assert lines == ""


def test_no_file_grows_past_400_lines() -> None:
    lists_of_tables = {path for path in PYTHON if "versions" in path.parts}
    sizes = {path: text(path).count("\n") for path in PYTHON if path not in lists_of_tables}
    none(f"{path}: {size} lines" for path, size in sizes.items() if size > LINES_MAX)


def test_no_function_grows_past_70_lines() -> None:
    for path in PYTHON:
        if "versions" not in path.parts:  # a migration is a list of tables
            sizes = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions(tree(path))}
            none(f"{path}: {n}, {size}" for n, size in sizes.items() if size > FUNCTION_LINES_MAX)


def test_every_module_says_what_it_is_for() -> None:
    none(path for path in PYTHON if not ast.get_docstring(tree(path)))


@pytest.mark.parametrize("path", PRODUCT, ids=str)
def test_every_public_function_says_what_it_does(path: Path) -> None:
    none(f.name for f in public_functions(tree(path)) if not ast.get_docstring(f))


def test_how_long_an_hour_and_a_day_are_is_written_once() -> None:
    gateway = [p for p in PRODUCT if p.parts[0] == "gateway" and p.name != "duration.py"]
    none(p for p in gateway if re.search(r"\b(3_600_000|86_400_000)\b", text(p)))


def test_no_name_that_says_nothing() -> None:
    none(p for p in FILES if NAMES_THAT_SAY_NOTHING & {Path(name).stem for name in p.parts})


def test_no_test_imports_from_a_conftest() -> None:
    """There are several of that name, and which one is found depends on what else is run."""
    none(path for path in PYTHON if re.search(r"^(from|import) conftest\b", text(path), re.M))


def test_no_registry_is_named() -> None:
    none((path, host) for path in FILES for host in HOSTS_OF_REGISTRIES if host in text(path))


def test_no_path_of_one_persons_machine_is_named() -> None:
    none((path, found[0]) for path in FILES if (found := PATH_OF_ONE_MACHINE.search(text(path))))


def test_the_top_level_is_what_the_architecture_says() -> None:
    none({path.parts[0] for path in FILES} ^ (FOLDERS | AT_THE_TOP))


@pytest.mark.parametrize("folder", HAVE_A_README)
def test_a_folder_that_a_person_installs_from_explains_itself(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


@pytest.mark.parametrize("path", MARKDOWN, ids=str)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text(path))
    relative = [link for link in links if not re.match(r"[a-z]+:", link)]
    none(link for link in relative if not (ROOT / path.parent / link).exists())


@pytest.mark.parametrize("path", MARKDOWN, ids=str)
def test_every_make_command_that_a_document_gives_exists(path: Path) -> None:
    none(set(re.findall(r"(?:^|`)make ([a-z-]+)", text(path), re.MULTILINE)) - targets())


def test_make_help_names_every_command() -> None:
    shown = set(re.findall(r"'make ([a-z-]+) ", text(Path("Makefile"))))
    none(targets() ^ shown ^ {"help", "venv", "venv-run"})


def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
