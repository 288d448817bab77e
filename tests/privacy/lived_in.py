"""A site at work with its console beside it, a household with something in each place where people
write, and everything that anybody can have out of it: pages, the API, tables, commands, files."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from gateway.cli.app import app as menshen
from gateway.cli.exit_codes import MISUSED
from gateway.cli.log_lines import TEXT, JsonFormatter, LineFormatter
from gateway.core.actor import actor_of
from gateway.core.duration import DAY_MS
from gateway.core.households.events import (
    DisputeAnswered,
    DisputeAssigned,
    DisputeRaised,
    RequestAsked,
)
from gateway.core.households.model import RecordKind, RequestKind
from gateway.core.subject import of_household
from gateway.settings import Settings
from gateway.store import households
from gateway.web.access_rules import RULES
from gateway.web.app import build
from tests.ending.ended_site import NOTE, TELEPHONE, WHO, WHY, EndedSite, Home, ended_site
from tests.engine.small_site import new_store
from tests.manual_clock import ManualClock
from tests.privacy.typed_commands import typed
from tests.web.households import household_phone
from tests.web.web_site import now_ms

LABEL = "canary-label-3-501"
CONTESTED, ASKED = "canary-contested-nurse", "canary-asked-insulin"
ANSWERED = "canary-answered-so"
CANARIES = (LABEL, TELEPHONE, WHO, WHY, NOTE, CONTESTED, ASKED)
BASE = "http://127.0.0.1"
WIDE = {"COLUMNS": "4000"}  # no table wraps a word
# Streams have no end (what they tell stands on their pages), and of these one is like another.
NOT_READ = {"/stream", "/handheld/sw.js"}


class House(NamedTuple):
    """The site, its console, and the household that the stories are about."""

    site: EndedSite
    app: FastAPI
    home: Home
    household_id: str

    @property
    def ids(self) -> dict[str, str]:
        """What stands in addresses."""
        case_id = f"{self.home.seal.seal_id}-1"
        return {
            "door_id": self.home.door_id,
            "case_id": case_id,
            "photo_id": "p1",
            "page_id": f"{case_id}-r1",
            "warden_id": "wang",
            "order_id": self.home.order_id,
            "seal_id": self.home.seal.seal_id,
            "code": "abcdef",
            "number": "000000",
            "token": "none",
            "sent_id": "0" * 16,
        }

    async def ends(self, backups: Path | None = None) -> None:
        """What it contests is answered, and all of its times pass."""
        theirs, chen = of_household(self.household_id), actor_of("chen")
        for event in (
            DisputeAssigned(action_id="a", dispute_id="d", actor=chen, to=chen),
            DisputeAnswered(
                action_id="b", dispute_id="d", actor=chen, is_upheld=True, words=ANSWERED
            ),
        ):
            await self.site.engine.submit(theirs, event)
        ending = self.site.ending(backups=backups)
        for ms in (3 * DAY_MS, DAY_MS, 13 * DAY_MS):
            await self.site.later(ms)
            await ending.look()
        self.site.store.cut_log()


def logged(caplog: pytest.LogCaptureFixture, folder: Path) -> None:
    """Write all that this process has logged since the test began, to the last word, into a
    folder, in both forms. The test's own browser is no part of it."""
    folder.mkdir()
    said = [record for record in caplog.get_records("call") if record.name != "httpx"]
    for name, form in (("text", LineFormatter(TEXT)), ("json", JsonFormatter())):
        (folder / f"{name}.log").write_text("\n".join(map(form.format, said)), encoding="utf-8")


@contextlib.asynccontextmanager
async def lived_in(folder: Path, is_reported: bool = True) -> AsyncIterator[House]:
    """Such a site, in whose one household somebody opened, wrote, contested and asked. Its case
    waits still where it is not reported."""
    store, home = new_store(folder), Home(0)
    (folder / "menshen.toml").write_text("")
    async with ended_site(store, ManualClock(now_ms())) as site:
        await site.enrol([home])
        if is_reported:
            await site.lives(home)
        else:
            await site.opens(home)
        with store.reading() as connection:
            (household_id,) = households.of_doors(connection, [home.door_id]).values()
        await says(site, home, household_id)
        app = build(Settings(store={"path": store.path}), store, site.engine)
        yield House(site, app, home, household_id)
    store.close()


async def says(site: EndedSite, home: Home, household_id: str) -> None:
    """What the household itself writes."""
    theirs = of_household(household_id)
    asked = RequestAsked(action_id="q", request_id="q", kind=RequestKind.OTHER, words=ASKED)
    case_id = f"{home.seal.seal_id}-1"
    contested = DisputeRaised(
        action_id="d",
        dispute_id="d",
        record=RecordKind.CASE,
        record_id=case_id,
        door_id=home.door_id,
        words=CONTESTED,
        parties=("wang",),
    )
    for event in (asked, contested):
        assert (await site.engine.submit(theirs, event)).changed


def addresses(ids: dict[str, str]) -> list[str]:
    """Every address that can be read, with these ids in it."""
    found = []
    for method, pattern in sorted(RULES):
        if method != "GET" or pattern in NOT_READ:
            continue
        path = pattern
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, path
        found.append(path)
    return found


async def pages(house: House, code: str = "") -> dict[str, bytes]:
    """What every address answers; and to a household, where it has a code."""
    answers = {}
    transport = httpx.ASGITransport(app=house.app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for path in addresses(house.ids):
            answer = await client.get(path, headers={"accept-language": "zh"})
            assert answer.status_code < 500, (path, answer.text)
            answers[path] = answer.content + str(answer.headers).encode()
    async with household_phone(house.app, base=BASE) as phone:
        await phone.enters(code or "0000 0000 0000 0000 0000")
        for path in [path for path in addresses(house.ids) if path.startswith("/r")]:
            answers[f"household {path}"] = (await phone.opens(path)).content
    return answers


def commands(house: House, folder: Path) -> dict[str, bytes]:
    """What every command that reads says, as a table and for programs; and the files that are
    written for a printer."""
    said = {}
    lines = [[word.format(**house.ids) for word in line] for line in typed()]
    runner, before = CliRunner(), Path.cwd()
    os.chdir(folder)
    try:
        for words in lines:
            result = runner.invoke(menshen, words, prog_name="menshen", env=WIDE)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code != MISUSED, (words, result.output)
            answer = result.stdout_bytes + result.stderr_bytes
            for word in set(words) & set(house.ids.values()):  # it says again what was typed
                answer = answer.replace(word.encode(), b"")
            said[" ".join(words)] = answer
    finally:
        os.chdir(before)
    return said
