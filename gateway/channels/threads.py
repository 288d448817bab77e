"""Threads for what blocks in other people's code: name servers, Apprise's services.

A thread a call, and none of them from asyncio's shared pool: there the journal's look-ups and the
broker's reconnect wait, and they must not wait behind a stranger. They are daemons, so that a
service that never answers holds up no stop of the gateway. How many run at a time is for whoever
calls: each destination has its places, and gives one back only when the thread has ended.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def in_thread(
    work: Callable[[], T], name: str, ended: Callable[[], None] | None = None
) -> "asyncio.Future[T]":
    """Do the work in a thread of its own.

    Args:
        work: what blocks; it takes no arguments.
        name: what the thread is for, in lists of threads.
        ended: told on the loop when the thread has ended, though nobody may wait for it any more.

    Returns:
        A future of the running loop with what the work returned or raised. To cancel it ends the
        waiting, not the work.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if ended is not None:
            ended()
        if future.done():  # nobody waits any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = work(), None
        except BaseException as error:  # noqa: BLE001 - handed over to who waits, as it is
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
