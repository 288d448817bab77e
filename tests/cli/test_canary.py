"""`menshen canary`: what is wrong with its seal's file or its password is told in a sentence.

How it opens, pages and signs is told in tests/end_to_end/test_canary.py.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_a_file_that_is_no_seals_is_told(menshen: Callable[..., Any], folder: Path) -> None:
    answer = menshen("canary", "nope.json", "--warden", "w1")
    assert (answer.code, answer.err) == (
        2,
        "menshen: nope.json cannot be read: No such file or directory\n",
    )
    (folder / "seal.json").write_text(json.dumps({"id": "x"}))
    answer = menshen("canary", "seal.json", "--warden", "w1")
    assert answer.code == 2
    assert answer.err.startswith("menshen: seal.json is no seal's settings file: ")
    (folder / "seal.json").write_bytes(b"\xff\xfe")
    answer = menshen("canary", "seal.json", "--warden", "w1")
    assert answer.err == "menshen: seal.json is no seal's settings file: it is no text\n"
    assert not (folder / "seal.flash").exists()


def test_a_password_that_cannot_be_read_is_told(
    menshen: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD_FILE", "nope")
    answer = menshen("canary", "seal.json", "--warden", "w1")
    assert answer.code == 2
    assert "MENSHEN_CONSOLE_PASSWORD_FILE" in answer.err


def test_h7_an_authority_that_is_missing_is_named_and_not_the_seals_file(
    menshen: Callable[..., Any], folder: Path, store: object
) -> None:
    menshen("broker-config", "pi.local")
    menshen("enrol", "--seal", "new", "--door", "d2")
    (file,) = folder.glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"ca": "ca.der"}))
    answer = menshen("canary", file.name, "--warden", "w1")
    assert answer.code == 2
    assert "ca.der cannot be read: No such file or directory; copy ca.der of the" in answer.err
    assert file.name not in answer.err
