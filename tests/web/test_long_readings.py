"""What looks at every door takes a while at a large site: no other page waits for it."""

import asyncio
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store import views
from gateway.web.door_map import DOORS_MAX
from tests.web.web_site import console, new_store

LONG = ("/", "/health", "/commission")
OTHERS = ("/cases", "/wardens", "/doors/d0", "/inbox/wang", "/api/v1/doors", "/api/v1/cases")
PATIENCE_S = 60.0


async def test_no_page_waits_for_one_that_looks_at_every_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun = threading.Event(), threading.Event()
    of_list, of_site = views.doors, views.unnamed_doors

    def wait() -> None:
        begun.set()
        assert go_on.wait(PATIENCE_S)

    def doors(connection, limit, *more, **others):  # type: ignore[no-untyped-def]
        if limit == DOORS_MAX:
            wait()
        return of_list(connection, limit, *more, **others)

    def unnamed_doors(*asked):  # type: ignore[no-untyped-def]
        wait()
        return of_site(*asked)

    with closing(new_store(tmp_path)) as store:
        async with console(store) as site:
            with monkeypatch.context() as patch:
                patch.setattr(views, "doors", doors)
                patch.setattr(views, "unnamed_doors", unnamed_doors)
                for path in LONG:
                    go_on.clear()
                    begun.clear()
                    long = asyncio.ensure_future(site.client.get(path))
                    assert await asyncio.to_thread(begun.wait, PATIENCE_S), path
                    for other in OTHERS:
                        answer = await asyncio.wait_for(site.client.get(other), PATIENCE_S)
                        assert answer.status_code == 200, (path, other)
                    assert not long.done()
                    go_on.set()
                    assert (await long).status_code == 200
