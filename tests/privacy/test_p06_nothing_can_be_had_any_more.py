"""P6: what pages, lists, tables, files for a printer and commands give out: all of it while the
order runs, and nothing of it after its end, wherever somebody asks."""

import asyncio
import logging
import re
from pathlib import Path

import pytest

from tests.privacy.byte_search import forms, found_in, hits
from tests.privacy.lived_in import CANARIES, LABEL, commands, lived_in, logged, pages
from tests.privacy.typed_commands import LEFT_OUT, READ, parts, typed, with_a_file
from tests.web.households import new_code

TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)


def told(answers: dict[str, bytes], words) -> dict[str, set[str]]:
    """The answers that hold any of these words, with those that they hold."""
    found = {place: hits(content, words) for place, content in answers.items()}
    return {place: its for place, its in found.items() if its}


def titles(answers: dict[str, bytes]) -> dict[str, bytes]:
    """The title of each page."""
    found = {place: TITLE.search(content) for place, content in answers.items()}
    return {place: title[1] for place, title in found.items() if title}


def test_p06_the_search_finds_a_word_however_it_is_written(tmp_path: Path) -> None:
    for form in forms("王小明 3-501"):
        assert hits(b"\x00" * 7 + form + b"\xff", ["王小明 3-501"]), form


def test_p06_every_command_is_searched_or_left_out_for_a_reason() -> None:
    known = parts()
    assert READ.keys() | LEFT_OUT.keys() == known, "a new command is a place to look"
    assert not READ.keys() & LEFT_OUT.keys()
    to_files = {line[0] for line in typed() if "--out" in line}
    assert to_files == {part.split()[0] for part in with_a_file()}, "whoever writes a file does so"


async def test_p06_pages_tables_commands_and_sheets_give_all_of_it_and_then_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, logs = tmp_path / "site", tmp_path / "logs"
    folder.mkdir()
    caplog.set_level(logging.DEBUG)
    async with lived_in(folder) as house:
        ids = (house.home.door_id, house.home.order_id, house.household_id)
        code = new_code(house.site.store, house.household_id, house.site.clock.now_ms())
        answers = await pages(house, code)
        shown = told(answers, CANARIES)
        assert set().union(*shown.values()) == set(CANARIES)
        assert told(titles(answers), (*CANARIES, *ids)) == {}, "a browser's history keeps it"
        typed = told(await asyncio.to_thread(commands, house, folder), (*CANARIES, *ids))
        assert LABEL in set().union(*typed.values())
        assert found_in(folder, (LABEL,)).keys() == {"labels.html"}, "and in no other file"
        for sheet in ("labels.html", "sheets.pdf"):
            (folder / sheet).unlink()  # as the command says
        await house.ends()
        words = (*CANARIES, *ids, house.ids["case_id"], code)
        assert told(await pages(house, code), words) == {}
        assert told(await asyncio.to_thread(commands, house, folder), words) == {}
        assert found_in(folder, words) == {}
        assert not {path.name for path in folder.glob("*.*")} & {"labels.html", "sheets.pdf"}
    logged(caplog, logs)
    # A log outlives what it tells of: no name and no door ever stand there, a case's id does.
    assert found_in(logs, (*CANARIES, *ids, code)) == {}
    assert found_in(logs, (house.ids["case_id"],)).keys() == {"text.log", "json.log"}
