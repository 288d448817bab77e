"""People at the real programs, by HTTPS: the first account by the command line, a warden by her
invitation; she sees her own grid, acts under her own name, and the audit has all of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from gateway.provisioning.certificates import CONSOLE_CRT, CONSOLE_KEY
from tests import neighbours, waiting
from tests.accounts.people_file import GOOD
from tests.end_to_end import site as sites
from tests.end_to_end.console_site import START_S, Play
from tests.end_to_end.line import open_line
from tests.end_to_end.receiver import Receiver
from tests.web.site_certificate import certified

DOORS = 60  # of two grids
HERS, OTHERS = 0, 55
WARDEN = "warden-grid-00"
TOLD_S = 10.0


class People:
    """The site with its gateway at work, and browsers of people."""

    def __init__(self, play: Play, trusted: ssl.SSLContext) -> None:
        self.play, self.site, self._trusted = play, play.site, trusted
        self.url = play.site.console_url

    @contextlib.asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        """One that trusts the site's authority."""
        said = {"accept-language": "en", "origin": self.url}
        async with httpx.AsyncClient(
            verify=self._trusted, base_url=self.url, headers=said, timeout=30.0
        ) as client:
            yield client

    async def is_up(self) -> None:
        """Wait until the console answers and the gateway took what the enrolment left."""
        async with self.browser() as client:

            async def answers() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await client.get("/trust")).status_code == 200
                return False

            await waiting.until(answers, wait_s=START_S)
        await waiting.until(self.site.is_enrolled, wait_s=START_S)

    async def menshen(self, *words: str, typed: str = "") -> str:
        """What a command says."""
        return await sites.command(self.site, *words, typed=typed)

    async def audit(self) -> list[dict[str, Any]]:
        """All of it, the oldest first."""
        entries: list[dict[str, Any]] = json.loads(await self.menshen("audit", "--json"))
        return entries[::-1]


@pytest.fixture
async def people(
    tmp_path: Path, mosquitto: Callable[[], neighbours.Broker]
) -> AsyncIterator[People]:
    """`menshen run` over HTTPS, with doors of two grids under orders."""
    broker, receiver = mosquitto(), Receiver()
    await receiver.start()
    site = sites.found(
        tmp_path / "site",
        random.Random(10),  # noqa: S311 - not a secret
        doors=DOORS,
        ordered=DOORS,
        broker_port=broker.port,
        webhook=receiver.url,
        console=f'certificate = "{CONSOLE_CRT}"\nkey = "{CONSOLE_KEY}"\n',
    )
    trusted = ssl.create_default_context(cafile=str(certified(site.folder, ())))
    line = await open_line(broker.port, lambda *_: None, ["seals/+/receipt"], client_id="doors")
    gateway = sites.gateway(site)
    gateway.start()
    there = People(Play(site, gateway, line, receiver), trusted)
    try:
        await there.is_up()
        yield there
    finally:
        line.cut()
        gateway.stop()
        await receiver.stop()


async def signs_in_by_password(people: People, client: httpx.AsyncClient, name: str) -> None:
    """With a password, and the second factor that is set up at the first time."""
    answer = await client.post("/sign-in", data={"name": name, "password": GOOD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code?after=")
    form = (await client.get("/sign-in/code")).text
    key = re.search(r'name="code_key" value="([A-Z2-7]+)"', form)
    assert key is not None
    given = {"code_key": key[1], "code": pyotp.TOTP(key[1]).now(), "phone": "Desk"}
    assert (await client.post("/sign-in/code", data=given)).status_code == 303


async def signs_in_by_invitation(people: People, client: httpx.AsyncClient, name: str) -> None:
    """By the link that `menshen account invite` prints; it opens nothing a second time."""
    said = await people.menshen("account", "invite", name)
    link = next(line for line in said.splitlines() if line.startswith("http"))
    assert link.startswith(f"{people.url}/invitation/")
    assert "Sign this phone in" in (await client.get(link)).text
    answer = await client.post(link, data={"phone": "Mi 9"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/handheld/{WARDEN}")
    [session] = [
        cookie
        for cookie in answer.headers.get_list("set-cookie")
        if cookie.startswith("__Host-menshen_session=")
    ]
    assert {"Secure", "HttpOnly", "Path=/"} <= set(session.split("; "))
    async with people.browser() as stranger:
        assert (await stranger.post(link, data={"phone": "x"})).status_code == 410


async def test_an_invited_warden_sees_her_grid_acknowledges_and_the_audit_has_it(
    people: People,
) -> None:
    await people.menshen("account", "add", "chen", "--role", "administrator")
    await people.menshen("account", "password", "chen", typed=f"{GOOD}\n")
    await people.menshen("account", "add", "wang", "--warden", WARDEN)

    async def asked() -> bool:  # the console hears of the first account within seconds
        async with people.browser() as stranger:
            return (await stranger.get("/")).headers.get("location", "").startswith("/sign-in")

    await waiting.until(asked, wait_s=TOLD_S)
    async with people.browser() as desk, people.browser() as phone:
        await signs_in_by_password(people, desk, "chen")
        assert (await desk.get("/accounts")).status_code == 200
        assert (await desk.get("/doors/door-0000")).status_code == 403  # she manages, and reads not

        await signs_in_by_invitation(people, phone, "wang")
        await people.play.told(people.play.opens(HERS), TOLD_S)
        await people.play.told(people.play.opens(OTHERS), TOLD_S)
        await sees_her_own(people, phone)
        await acknowledges(people, phone)

        await asyncio.to_thread(people.play.gateway.stop)
        people.play.gateway.start()
        await people.is_up()
        assert (await phone.get(f"/inbox/{WARDEN}")).status_code == 200  # still signed in
        await people.menshen("account", "revoke", "wang")
        assert (await phone.get(f"/inbox/{WARDEN}")).status_code == 303  # a lost phone

    await is_in_the_audit(people)
    log = people.play.gateway.log.read_text()
    assert "Traceback" not in log
    assert GOOD not in log


def case_of(people: People, number: int) -> str:
    return f"{people.site.seals[number].seal_id}-1"


async def sees_her_own(people: People, phone: httpx.AsyncClient) -> None:
    wall = (await phone.get("/")).text
    assert "door-0000" in wall
    assert "door-0055" not in wall
    listed = (await phone.get("/api/v1/cases")).json()
    assert [case["case_id"] for case in listed["open"]] == [case_of(people, HERS)]
    for path in ("/doors/door-0055", f"/cases/{case_of(people, OTHERS)}", "/inbox/warden-grid-01"):
        assert (await phone.get(path)).status_code == 404, path
    there = f"/api/v1/cases/{case_of(people, OTHERS)}/acknowledge"
    assert (await phone.post(there, headers={"menshen-actor": "centre"})).status_code == 404


async def acknowledges(people: People, phone: httpx.AsyncClient) -> None:
    """Whatever the header says, it is hers."""
    there = f"/api/v1/cases/{case_of(people, HERS)}/acknowledge"
    answer = await phone.post(there, headers={"menshen-actor": "warden:warden-grid-01"})
    assert (answer.status_code, answer.json()) == (200, {"changed": True})
    [case] = (await phone.get("/api/v1/cases")).json()["open"]
    assert WARDEN in json.dumps(case)


async def is_in_the_audit(people: People) -> None:
    entries = await people.audit()
    did = {(e["account"], e["what"], e["about"], e["status"]) for e in entries}
    hers, other = f"case {case_of(people, HERS)}", f"case {case_of(people, OTHERS)}"
    act = "POST /api/v1/cases/{case_id}/acknowledge"
    assert ("wang", act, hers, 200) in did
    assert ("wang", act, other, 404) in did
    assert ("wang", "GET /doors/{door_id}", "door door-0055", 404) in did
    assert ("chen", "GET /doors/{door_id}", "door door-0000", 403) in did
    assert "each as it was written" in await people.menshen("audit", "verify")
