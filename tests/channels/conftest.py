"""An empty site's real database, for pages that go out of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.database import Store
from tests.engine.small_site import new_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path)
    yield store
    store.close()
