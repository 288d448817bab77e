"""What no page hangs on stops none: a bug in it is told loudly, once, by one rule for all of it."""

import asyncio
import logging

import pytest

from gateway.service import beside_pages


async def _breaks() -> None:
    raise RuntimeError("a bug of ours")


async def _breaks_inside() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_breaks())


@pytest.mark.parametrize("work", [_breaks, _breaks_inside])
async def test_a_bug_beside_the_pages_is_told_with_its_traceback_and_ends_nothing_else(
    work, caplog: pytest.LogCaptureFixture
) -> None:
    await beside_pages(work(), "no more history is written")
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert told.getMessage() == (
        "no more history is written until the next start; pages to people go on"
    )
    assert "a bug of ours" in caplog.text
    assert "in _breaks" in caplog.text


async def test_who_ends_the_gateway_ends_it_too() -> None:
    going_on = asyncio.create_task(beside_pages(asyncio.Event().wait(), "nothing"))
    await asyncio.sleep(0)
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
