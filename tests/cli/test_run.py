"""`menshen run`: what would stop it is told before anything starts."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_a_port_that_is_taken_is_told_and_nothing_is_started(
    menshen: Callable[..., Any], settings: Path, folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings.write_text(f"[console]\nport = {port}\n")
        answer = menshen("run")
    assert answer.code == 1
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there" in answer.err
    assert not (folder / "menshen.db").exists()


def test_an_address_that_this_machine_does_not_have_is_told(
    menshen: Callable[..., Any], settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text('[console]\nhost = "192.0.2.1"\ncertificate = "c.crt"\nkey = "c.key"\n')
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", "a long one for a test")
    answer = menshen("run")
    assert answer.code == 1
    assert "192.0.2.1" in answer.err
    assert "this machine has no such address; change console.host" in answer.err
