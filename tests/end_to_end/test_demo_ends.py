"""However the demo ends, nothing of it is left."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import neighbours
from tests.end_to_end.demo_process import COMMAND, ON_NATS, demo, left_over

PARTS = 3  # broker, gateway, building


@pytest.mark.parametrize(
    ("number", "command"),
    [(signal.SIGINT, COMMAND), (signal.SIGHUP, ON_NATS)],
    ids=["ctrl-c", "terminal-closed-on-nats"],
)
def test_an_ended_demo_leaves_no_process_no_port_and_no_file(
    tmp_path: Path,
    free_port: Callable[[], int],
    number: signal.Signals,
    command: tuple[str, ...],
) -> None:
    """On a port of its own: the usual one may be another demo's as soon as it is free."""
    port = free_port()
    with demo(tmp_path, (*command, "--port", str(port))) as running:
        running.wait_until_ready()
        children = running.wait_for_children(PARTS)
        assert running.send(number) == 0, running.said()
        assert left_over(children) == []
        assert running.url == f"http://127.0.0.1:{port}/"
        assert not neighbours.answers(port)
        assert [path.name for path in tmp_path.iterdir()] == ["demo.log"]
        assert "Traceback" not in running.said()
        assert running.said().count("http://") == 1


def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        children = running.wait_for_children(1)
        assert running.send(signal.SIGTERM) == 0, running.said()
        assert left_over(children) == []
        assert [path.name for path in tmp_path.iterdir()] == ["demo.log"]


def test_even_a_killed_demo_leaves_no_process(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        running.wait_until_ready()
        children = running.wait_for_children(PARTS)
        assert running.send(signal.SIGKILL) == -signal.SIGKILL
        assert left_over(children) == []


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with demo(tmp_path, (*COMMAND, "--port", port)) as running:
            assert running.process.wait(60) == 1
            assert f"port {port} cannot be had" in running.said()
            assert "Traceback" not in running.said()
