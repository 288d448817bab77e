"""A site that takes text messages of households, and who writes them."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from sqlalchemy import update

from gateway.channels import signature
from gateway.store import tables
from gateway.store.database import Store
from tests.web.web_site import Console, console

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
HERS = "+86 138 0000 1111"


@contextlib.asynccontextmanager
async def site_of(store: Store) -> AsyncIterator[Console]:
    """One household under an order, whose telephone is known, and another."""
    with store.writing() as connection:
        change = update(tables.doors).where(tables.doors.c.door_id == "d0")
        connection.execute(change.values(telephone="13800001111"))
    async with console(store, household={"sms_secret": SECRET}) as found:
        await found.seal(0)
        await found.seal(1)
        yield found


async def text(
    site: Console, said: Any, sender: str = HERS, number: str = "m1", **wrong: Any
) -> httpx.Response:
    """What takes texts for the site hands one over."""
    body = wrong.get("body") or json.dumps({"from": sender, "text": said}).encode()
    now_s = wrong.get("at_s") or site.clock.now_ms() / 1000
    signer = signature.Signer([wrong.get("key", KEY)], lambda: now_s)
    headers = signer.headers(number, body) | wrong.get("headers", {})
    sent = wrong.get("sent", body)
    return await site.client.post("/sms/in", content=sent, headers=headers)


async def says(site: Console, said: str, number: str = "m1", sender: str = HERS) -> str:
    """The answer to a text."""
    answer = await text(site, said, sender, number)
    assert answer.status_code == 200, answer.text
    assert answer.json()["to"] == sender
    return str(answer.json()["text"])
