"""Real neighbours for the workbench: a mosquitto that runs from our own configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

import neighbours
from commission.site_broker import Site, new_site


@pytest.fixture
def site(
    tmp_path: Path, free_port: Callable[[], int], keep: Callable[[neighbours.Neighbour], None]
) -> Site:
    """A running broker that knows two seals."""
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    made = new_site(program, tmp_path, free_port())
    keep(made.broker)
    return made
