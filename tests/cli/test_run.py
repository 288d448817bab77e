"""`menshen run`: what would stop it is told before anything starts."""

import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.log_lines import JsonFormatter
from gateway.store.database import Store
from gateway.store.one_gateway import alone


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


def test_where_a_program_reads_the_log_what_ends_the_gateway_is_an_object_too(
    menshen: Callable[..., Any],
    settings: Path,
    store: Store,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.write_text(f'{settings.read_text()}[log]\nformat = "json"\n')
    with alone(store.path):
        answer = menshen("run")
    assert (answer.code, answer.err) == (1, "")
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    told = json.loads(JsonFormatter().format(record))
    assert "a gateway is running" in told["message"]
    assert "exception" not in told
