"""The documents say what is so: drawings, pictures, paths, commands and options all exist."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import diagrams, openapi, pictures, rights
from gateway.cli.app import COMMANDS, command_of

ROOT = Path(__file__).resolve().parent.parent
COLUMNS_MAX = 100
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
ARCHITECTURE_LINES_MAX = 150
FOR_PEOPLE = [
    *ROOT.glob("README*.md"),
    ROOT / "CONTRIBUTING.md",
    ARCHITECTURE,
    *ROOT.glob("docs/*.md"),
]
AT_THE_TARGET = (ROOT / "gateway" / "engine").is_dir()
later = pytest.mark.skipif(not AT_THE_TARGET, reason="the documents describe the target layout")


def named(path: Path) -> str:
    """How a document is called in a test's name."""
    return str(path.relative_to(ROOT))


def columns(line: str) -> int:
    """How wide a line is on a terminal: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every `menshen COMMAND` of a document with the options on its line."""
    for name, rest in re.findall(r"\bmenshen ([a-z][a-z-]+)\b([^\n`]*)", text):
        yield name, re.findall(r"(?<!\S)(--[a-z-]+)", rest)


@pytest.mark.parametrize("path", FOR_PEOPLE, ids=named)
def test_a_document_for_people_fits_a_terminal(path: Path) -> None:
    wide = {n: columns(line) for n, line in enumerate(path.read_text().splitlines(), 1)}
    assert {n: width for n, width in wide.items() if width > COLUMNS_MAX} == {}


def test_the_glossary_has_each_word_once() -> None:
    rows = [line.split("|") for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()]
    for column in (1, 2):
        words = [row[column].strip() for row in rows if len(row) == 5]
        assert sorted({word for word in words if words.count(word) > 1}) == []


def test_the_architecture_is_short() -> None:
    assert ARCHITECTURE.read_text().count("\n") <= ARCHITECTURE_LINES_MAX


def test_the_document_of_the_api_is_what_the_routes_say() -> None:
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.written(), "make openapi"


def test_the_drawings_are_what_the_tables_say() -> None:
    document = ARCHITECTURE.read_text()
    assert diagrams.written(document) == document, "make diagrams writes them anew"


def test_the_table_of_rights_is_the_one_that_the_code_obeys() -> None:
    document = rights.DOCUMENT.read_text()
    assert rights.written(document) == document, "make diagrams writes it anew"


def test_a_drawing_without_a_place_is_told() -> None:
    with pytest.raises(ValueError, match="0 times"):
        diagrams.written("# Nothing is drawn here\n")


def test_every_picture_that_is_taken_is_shown_and_no_other_lies_there() -> None:
    shown: set[str] = set()
    for path in FOR_PEOPLE:
        shown |= set(re.findall(r"pictures/([\w-]+\.png)", path.read_text()))
    taken = {picture.file(lang) for picture in pictures.PICTURES for lang in picture.languages}
    assert shown == taken == {path.name for path in pictures.FOLDER.iterdir()}
    assert {p.name for p in pictures.FOLDER.iterdir() if p.stat().st_size > pictures.BYTES_MAX} == (
        set()
    )


@later
@pytest.mark.parametrize("path", FOR_PEOPLE, ids=named)
def test_every_command_and_option_that_a_document_gives_exists(path: Path) -> None:
    known = {command.name: command for command in COMMANDS}
    for name, options in commands(path.read_text()):
        assert name in known, name
        parameters = command_of(known[name]).params
        assert set(options) <= {option for p in parameters for option in p.opts}, name


@later
def test_every_path_and_name_in_the_architecture_exists() -> None:
    text = ARCHITECTURE.read_text()
    for path in re.findall(r"`(\w+/[\w./]*(?:\.py|/))`", text):
        assert (ROOT / path).exists() or (ROOT / "firmware" / path).exists(), path
    for path, name in re.findall(r"`(gateway/[\w/]+\.py)`,\s+`([\w.]+)`", text):
        assert name in set(definitions(ast.parse((ROOT / path).read_text()))), (path, name)


def definitions(node: ast.AST, prefix: str = "") -> Iterator[str]:
    """The names of classes and functions of a file, methods as Class.method."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name
            yield from definitions(child, f"{prefix}{child.name}.")


@later
def test_every_package_says_what_is_in_it() -> None:
    """Its `__init__` names each of its modules and packages, in the order in which to read them."""
    missing = []
    for init in sorted(ROOT.glob("gateway/**/__init__.py")):
        said = ast.get_docstring(ast.parse(init.read_text())) or ""
        inside = {p.stem for p in init.parent.glob("*.py") if p.stem[0] != "_"}
        inside |= {p.parent.name for p in init.parent.glob("*/__init__.py")}
        missing += [(str(init.parent), name) for name in inside if f"`{name}`" not in said]
    assert missing == []


def test_every_line_of_check_stands_in_the_operators_table() -> None:
    """`menshen check` and docs/operator.md know the same lines."""
    parts = set()
    for file in (ROOT / "gateway" / "cli").glob("check*.py"):
        parts |= set(re.findall(r'CheckResult\(\s*"([a-z ]+)"', file.read_text()))
    table = (ROOT / "docs" / "operator.md").read_text().partition("## What `menshen check` says")[2]
    named = re.findall(r"^\| `([a-z ]+)` \|", table.partition("\n## ")[0], re.MULTILINE)
    assert sorted(named) == sorted(parts)
