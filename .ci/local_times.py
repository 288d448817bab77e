"""Forbid the machine's own time zone: the site's stands in its settings, as an argument.

    python .ci/local_times.py gateway tests ...

Prints file, line and what is wrong there; the exit code is 1 if anything is. Ruff's DTZ rules see
the rest: a datetime that is made without a zone.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

# Of the module `time`: what the machine's clock on the wall shows, whatever the arguments are.
ALWAYS_LOCAL = {"localtime", "ctime", "mktime"}
# And what does so where the argument that says otherwise is left out: name -> how many there are.
LOCAL_WITHOUT = {"strftime": 2, "asctime": 1}
# Of dates and datetimes: how many arguments name a zone.
NAIVE_WITHOUT = {"astimezone": 1, "now": 1, "fromtimestamp": 2}
ALWAYS_NAIVE = {"utcnow", "utcfromtimestamp", "today"}
DATETIMES = {"datetime", "date", "dt"}


def wrong(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what is called there) for every call that goes by the machine's zone."""
    from_time = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            owner, name = _called(node.func, from_time)
            if _is_local(owner, name, _given(node)):
                yield node.lineno, f"{owner}.{name}" if owner else name


def _called(function: ast.expr, from_time: dict[str, str]) -> tuple[str, str]:
    """Whose function, and which; the owner is the last name before the dot."""
    if isinstance(function, ast.Name) and function.id in from_time:
        return "time", from_time[function.id]
    if not isinstance(function, ast.Attribute):
        return "", ""
    owner = function.value
    if isinstance(owner, ast.Name):
        return owner.id, function.attr
    return owner.attr if isinstance(owner, ast.Attribute) else "", function.attr


def _given(call: ast.Call) -> int:
    """How many arguments there are, but for a None in place of a zone."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return sum(not (isinstance(value, ast.Constant) and value.value is None) for value in values)


def _is_local(owner: str, name: str, given: int) -> bool:
    if owner == "time":
        return name in ALWAYS_LOCAL or given < LOCAL_WITHOUT.get(name, 0)
    if name == "astimezone":
        return given < NAIVE_WITHOUT[name]
    return owner in DATETIMES and (
        name in ALWAYS_NAIVE or (name in NAIVE_WITHOUT and given < NAIVE_WITHOUT[name])
    )


def main(folders: list[str]) -> int:
    """Read through every Python file below the folders; the exit code."""
    found = 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            for line, what in wrong(ast.parse(path.read_text(encoding="utf-8"))):
                print(f"{path}:{line}: {what} goes by the machine's time zone; name the site's")  # noqa: T201
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
