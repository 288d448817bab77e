"""Forbid what makes code brittle: another module's private names, tests that merely sleep, and
readers of JSON that know half of what is raised where it is none.

    python .ci/house_rules.py gateway firmware tests ...

Prints file, line and what is wrong there; the exit code is 1 if anything is. What must stay stands
in exceptions.toml beside this file, with its reason; an exception that nothing needs any more is
wrong too.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
# Public in spite of their names, for a named tuple's and a row's fields own the plain ones.
PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_mapping"}
BY_NAME = ("getattr", "setattr", "delattr")  # a monkeypatch's too
SLEEPERS = {"asyncio", "time", "anyio", "trio"}


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, name) of every private name that a file uses and does not define itself."""
    own = set(_defined(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names += (node.module or "").split(".")
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.Attribute) and not _is_own(node.value):
            names = [node.attr] if node.attr not in own else []
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(BY_NAME):
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            names = [part for text in texts for part in str(text).split(".")]
        else:
            continue
        yield from ((node.lineno, name) for name in names if _is_private(name))


def sleeps(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, call) of every sleep that takes time; asyncio.sleep(0) only lets others run."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in SLEEPERS
        for alias in node.names
        if alias.name.startswith("sleep")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _sleeps(node.func, imported) and not _is_zero(node):
            yield node.lineno, ast.unparse(node)


def half_of_no_json(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, clause) of every `except` that names what msgspec raises and forgets the rest."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            clause = ast.unparse(node.type)
            if "msgspec.DecodeError" in clause or "msgspec.MsgspecError" in clause:
                yield node.lineno, clause


def _defined(tree: ast.Module) -> Iterator[str]:
    """Names that a file gives: functions, methods, fields, and what is set on `self`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from [node.attr] if _is_own(node.value) else []


def _is_own(owner: ast.expr) -> bool:
    if isinstance(owner, ast.Call):
        owner = owner.func
        return isinstance(owner, ast.Name) and owner.id == "super"
    return isinstance(owner, ast.Name) and owner.id in {"self", "cls"}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name not in PUBLIC


def _sleeps(function: ast.expr, imported: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value
        is_ours = isinstance(owner, ast.Name) and owner.id in SLEEPERS
        return is_ours and function.attr.startswith("sleep")
    return isinstance(function, ast.Name) and function.id in imported


def _is_zero(call: ast.Call) -> bool:
    return any(isinstance(value, ast.Constant) and value.value == 0 for value in call.args[:1])


class Exceptions:
    """What may stay: table -> "path: what it does" -> why."""

    def __init__(self, tables: dict[str, dict[str, str]]) -> None:
        self._tables = tables
        self._unused = {(table, key) for table in tables for key in tables[table]}

    def allow(self, table: str, key: str) -> bool:
        """Whether this may stay, which is then known to be needed."""
        self._unused.discard((table, key))
        return key in self._tables.get(table, {})

    def unused(self) -> list[str]:
        """What nothing needs any more."""
        return sorted(key for _, key in self._unused)


def wrong(path: Path, exceptions: Exceptions) -> Iterator[str]:
    """A sentence for everything that a file does and may not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for line, name in private_names(tree):
        if not exceptions.allow("private_names", f"{path}: {name}"):
            yield f"{path}:{line}: {name} is another's private name; make public what is needed"
    for line, clause in half_of_no_json(tree) if path.parts[0] == "gateway" else ():
        yield f"{path}:{line}: except {clause}: say NO_JSON (gateway/core/no_json.py)"
    if path.parts[0] == "tests":
        for line, call in sleeps(tree):
            if not exceptions.allow("sleeps", f"{path}: {call}"):
                yield f"{path}:{line}: {call}; wait for a condition, or advance a clock"


def main(folders: list[str]) -> int:
    """Read through every Python file below the folders; the exit code."""
    exceptions = Exceptions(tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8")))
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    sentences = [sentence for path in paths for sentence in wrong(path, exceptions)]
    sentences += [f"{EXCEPTIONS.name}: nothing needs {key!r}" for key in exceptions.unused()]
    for sentence in sentences:
        print(sentence)  # noqa: T201
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
