"""What several stories of the console need: a port, a push service of our own, two homes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.channels.push_service import PushService
from tests.web.households import HouseholdPhone, household_phone, new_code
from tests.web.web_site import Console, console, new_store


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


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    """Two sealed doors under an order, each a household of its own; nobody signs in. A file whose
    stories want another site has a fixture of its own."""
    async with console(new_store(tmp_path, 2)) as found:
        await found.seal(0)
        await found.seal(1)
        yield found


@pytest.fixture
async def phone(site: Console) -> AsyncIterator[HouseholdPhone]:
    """That of the first household, which is in."""
    async with household_phone(site.app) as found:
        assert (await found.enters(new_code(site.store, "d0"))).status_code == 200
        yield found
