"""Real neighbours for the workbench: a mosquitto with our configuration."""

import shutil
import socket

import pytest


@pytest.fixture
def mosquitto_path() -> str:
    """Where the real mosquitto is."""
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip("mosquitto is not on the PATH")
    return found


@pytest.fixture
def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
