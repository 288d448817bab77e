"""A household at its page: a phone of its own, with the code from its sheet."""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI

from gateway.core.model import Permit
from gateway.language.notice import version
from gateway.registry import notices, resident_codes
from gateway.settings import Settings
from gateway.store import views
from gateway.store.database import Store
from tests.web.web_site import now_ms


def new_code(store: Store, household_id: str, at_ms: int | None = None) -> str:
    """Another sheet for a household; its code."""
    facts = notices.facts_of(Settings())
    with store.writing() as connection:
        notices.keep(connection, facts, at_ms or now_ms())
        return resident_codes.renew(connection, household_id, version(facts), at_ms or now_ms())


class HouseholdPhone:
    """A browser without script."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.key = ""

    async def enters(self, code: str) -> httpx.Response:
        """Type the code; what the first page then says."""
        answer = await self.client.post("/r", data={"code": code})
        if answer.status_code != 303:
            return answer
        return await self.opens("/r/home")

    async def opens(self, path: str) -> httpx.Response:
        """A page, whose forms have the key from then on."""
        answer = await self.client.get(path)
        if found := re.search(r'name="key" value="([^"]+)"', answer.text):
            self.key = found[1]
        return answer

    async def presses(self, path: str, **fields: Any) -> httpx.Response:
        """What a form sends."""
        return await self.client.post(path, data={"key": self.key, **fields})


@contextlib.asynccontextmanager
async def household_phone(
    app: FastAPI, address: str = "192.0.2.7", language: str = "en", base: str = "http://127.0.0.1"
) -> AsyncIterator[HouseholdPhone]:
    """A phone at an address."""
    transport = httpx.ASGITransport(app=app, client=(address, 40_000))
    headers = {"accept-language": language}
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        yield HouseholdPhone(client)


def permits_of(store: Store, door_id: str) -> tuple[Permit, ...]:
    """What is announced at a door, as people read it."""
    with store.reading() as connection:
        (row,) = views.doors_of(connection, [door_id])
    return row.state.permits
