"""Whose password is checked next: the known before strangers, and nobody's flood before others."""

import asyncio
import contextlib

from gateway.accounts.checking import OF_ONE_MAX, WAITING_MAX, Checking


async def came(checking: Checking, whose: str, *, is_known: bool, order: list[str]) -> None:
    async with checking.turn(whose, is_known=is_known):
        order.append(whose)
        await asyncio.sleep(0)


async def test_strangers_fill_their_own_room_and_the_known_come_first() -> None:
    checking, order = Checking(), list[str]()
    flood = [
        asyncio.create_task(came(checking, f"10.0.0.{n}", is_known=False, order=order))
        for n in range(WAITING_MAX + 1)  # one is checked, the others wait
    ]
    await asyncio.sleep(0)
    assert not checking.has_room("192.0.2.9", is_known=False)
    assert checking.has_room("desk", is_known=True)
    desk = asyncio.create_task(came(checking, "desk", is_known=True, order=order))
    await asyncio.gather(*flood, desk)
    assert order.index("desk") <= 2, "the first is being checked, the second was called"
    assert len(order) == WAITING_MAX + 2
    assert checking.has_room("192.0.2.9", is_known=False)


async def test_one_address_and_one_account_have_a_few_places_and_no_more() -> None:
    checking, order = Checking(), list[str]()
    flood = [
        asyncio.create_task(came(checking, whose, is_known=is_known, order=order))
        for whose, is_known in (("10.0.0.1", False), ("stolen", True))
        for _ in range(OF_ONE_MAX)
    ]
    await asyncio.sleep(0)
    for whose, is_known in (("10.0.0.1", False), ("stolen", True)):
        assert not checking.has_room(whose, is_known=is_known)
    assert checking.has_room("10.0.0.2", is_known=False)
    assert checking.has_room("desk", is_known=True)
    await asyncio.gather(*flood)
    assert checking.has_room("10.0.0.1", is_known=False)


async def test_who_goes_away_while_they_wait_holds_nobody_up() -> None:
    checking, order = Checking(), list[str]()
    tasks = [
        asyncio.create_task(came(checking, f"{n}", is_known=False, order=order)) for n in range(9)
    ]
    await asyncio.sleep(0)
    for task in tasks[1:8]:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert order == ["0", "8"]
    tasks = [
        asyncio.create_task(came(checking, f"{n}", is_known=False, order=order)) for n in range(3)
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the first is done, the second was called and has not come yet
    tasks[1].cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert order[-1] == "2"
    async with checking.turn("later", is_known=False):
        pass
