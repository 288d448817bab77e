"""A sentence that is made of another one says nothing twice, and nothing in Python's own words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway.language.error_words import why_not
from gateway.updates.release_file import ReleaseError, read
from tests.updates.releases import made

GATEWAY = Path(gateway.__file__).parent
OF_FILES = {"OSError", "FileNotFoundError", "PermissionError", "ConnectionError"}


def _caught(handler: ast.ExceptHandler) -> set[str]:
    names = ast.walk(handler.type) if handler.type is not None else ()
    return {one.id for one in names if isinstance(one, ast.Name)}


def _raw(handler: ast.ExceptHandler) -> Iterator[int]:
    """Where the error stands as Python says it: in an f-string, or by `str`."""
    for one in ast.walk(handler):
        shown: ast.expr | None = None
        if isinstance(one, ast.FormattedValue):
            shown = one.value
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "str":
            shown = one.args[0] if one.args else None
        if isinstance(shown, ast.Name) and shown.id == handler.name:
            yield one.lineno


def test_no_sentence_has_an_errno_and_a_path_in_it() -> None:
    """`[Errno 13] Permission denied: '/etc/…'` behind a sentence that names the file already."""
    found = [
        f"{path.relative_to(GATEWAY)}:{line}"
        for path in sorted(GATEWAY.rglob("*.py"))
        for handler in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(handler, ast.ExceptHandler) and handler.name and _caught(handler) & OF_FILES
        for line in _raw(handler)
    ]
    assert found == [], "say why_not(error)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/etc/x"), "Permission denied"),
        (OSError("away"), "OSError"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "it is no text"),
        (ValueError("it ends early."), "it ends early"),
    ],
)
def test_an_error_is_half_a_sentence(error: Exception, said: str) -> None:
    assert why_not(error) == said


@pytest.mark.parametrize("damaged", [b"", b"MSHN", b"no release at all", made().render()[:60]])
def test_what_is_no_release_says_once_that_it_is_none(damaged: bytes) -> None:
    with pytest.raises(ReleaseError) as raised:
        read(damaged)
    assert str(raised.value).count("release") <= 1 + str(raised.value).count("less than a release")
    assert "no release: no" not in str(raised.value)
