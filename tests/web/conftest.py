"""What several stories of the console need: a port, and a push service of our own."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.channels.push_service import PushService


@pytest.fixture
def port(free_port: Callable[[], int]) -> int:
    """Where this story's console is open."""
    return free_port()


@pytest.fixture
async def service(free_port: Callable[[], int]) -> AsyncIterator[PushService]:
    """A push service, checked at the end for requests that it refused."""
    where = free_port()
    made = PushService(f"http://127.0.0.1:{where}")
    async with made.open(where):
        yield made
