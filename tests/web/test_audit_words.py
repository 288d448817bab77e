"""The audit as auditors read it: sentences, of one table, that hide nothing of the chain."""

import html
import re
from pathlib import Path

import pytest

from gateway.accounts import audit
from gateway.accounts.audit import Note
from gateway.core.cases.number import case_number
from gateway.core.duration import DAY_MS
from gateway.language import times
from gateway.language.catalogue import LOCALES, say
from gateway.web import audit_words
from gateway.web.access import RULES
from gateway.web.audit_words import KIND_WORDS, WORDS, Names
from gateway.web.pages.audit import LISTED_MAX
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import first_case

GATEWAY = Path(audit.__file__).parent.parent
NOBODY = Names({}, {}, {})
NOTED = re.compile(
    r"""\.note\([^()]*?, "([a-z][a-z -]+)"|noted\(connection, "([a-z -]+)"|"""
    r"""Note\((?:now_ms\(\)|\w+), \w+(?:\(\))?, "([a-z][a-z -]+)\""""
)
FAILED = re.compile(r'note_failure\([^()]*?, "([a-z][a-z -]+)"')


def test_no_route_that_is_noted_is_without_words() -> None:
    noted = {
        f"{method} {path}"
        for (method, path), rule in RULES.items()
        if not rule.is_public and not rule.is_closed and (method != "GET" or rule.is_noted)
    }
    assert noted - set(WORDS) == set()
    there = {f"{method} {path}" for method, path in RULES}
    assert {what for what in WORDS if " /" in what} <= there, "words for what is no more"


def test_no_word_that_the_code_notes_is_without_words() -> None:
    found = set()
    for path in (path for room in ("web", "cli") for path in (GATEWAY / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= {"".join(groups) for groups in NOTED.findall(text)} | set(FAILED.findall(text))
    assert {"signed in", "sign-in refused", "token made"} <= found, "the search finds them"
    assert found - set(WORDS) == set()


@pytest.mark.parametrize("language", LOCALES)
def test_every_sentence_is_filled_in_both_languages(language: str) -> None:
    about = "person wang, case a1-1, door d1, area stair:A, seal 00aa, name chen"
    names = Names({"d1": "3-101"}, {"wang": "Wang Fang"}, {"chen": "Chen Jing"})
    for what in WORDS:
        told = audit_words.told(Note(0, "wang", what, about), names, language)
        assert told.words.strip()
        assert not re.search(r"[{}_]|–|^(GET|POST)", told.words), what
    assert {say(word, "zh") for word in KIND_WORDS.values()}.isdisjoint(KIND_WORDS.values())


def test_the_two_languages_do_not_say_the_same() -> None:
    note = Note(0, "wang", "GET /wardens")
    assert len({audit_words.told(note, NOBODY, one).words for one in LOCALES}) == len(LOCALES)


def test_a_line_of_another_release_is_shown_as_it_stands() -> None:
    told = audit_words.told(Note(0, "wang", "GET /of/old/{door_id}", "door d1"), NOBODY, "zh")
    assert told.words == "GET /of/old/{door_id} · door d1"


def test_things_are_read_whatever_people_called_them() -> None:
    assert audit_words.things("person a b, case x-1") == {"person": "a b", "case": "x-1"}
    assert audit_words.things("chen") == {"name": "chen"}
    assert audit_words.things("") == {}
    assert audit_words.things("seal 00aa, seal 00bb") == {"seal": "00aa, 00bb"}


@pytest.mark.parametrize("language", LOCALES)
def test_the_command_line_is_a_user_of_the_machine_and_never_an_account(language: str) -> None:
    names = Names({}, {}, {"pi": "Wang Fang"})
    note = Note(0, "(command line) pi", "menshen retire", "seal 00aa", "lost")
    told = audit_words.told(note, names, language)
    assert ("pi" in told.who, "Wang" in told.who, told.why) == (True, False, "lost")
    assert "00aa" in told.words
    failed = audit_words.told(Note(0, *note_of(note), 500), names, language)
    assert (failed.is_refused, failed.why.startswith("lost · ")) == (True, True)
    assert audit_words.told(Note(0, "(command line)", "token made"), names, language).who


def note_of(note: Note) -> tuple[str, str, str, str]:
    return note.account, note.what, note.about, note.why


async def worked(site: Site) -> str:
    """A day: Wang takes a case, looks where she may not; Li looks; the desk invites nobody."""
    await site.console.seal(0)
    await site.console.opens(0)
    case_id = first_case(0)
    async with site.browser("wang") as phone:
        await phone.get("/handheld/wang")
        await phone.post(f"/handheld/wang/cases/{case_id}/acknowledge")
        await phone.get("/health")
    await site.asks("li", "GET", "/doors/d2")
    await site.asks("adm", "POST", "/accounts/wang/invite")
    return case_id


async def lines(site: Site, query: str, language: str = "en") -> list[str]:
    headers = {"accept-language": language}
    page = (await site.asks("aud", "GET", f"/audit{query}", headers=headers)).text
    sentences = re.findall(r'class="what">(.*?)</span><span class="soft', page)
    plain = html.unescape(re.sub(r"<[^>]+>", " ", "\n".join(sentences)))
    return [" ".join(line.split()) for line in plain.splitlines() if line.strip()]


async def test_an_auditor_reads_what_happened(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        number = case_number(await worked(site))
        assert await lines(site, "?account=wang") == [
            "Wang Fang (wang) looked at the gateway's health · refused: not allowed to them",
            f"Wang Fang (wang) acknowledged case {number} · in their grids",
            "Wang Fang (wang) opened the phone's page of Wang Fang · their own",
        ]
        assert f"Wang Fang (wang) 接手了事件 {number} · 在其网格内" in await lines(site, "", "zh")
        assert "adm invited a phone of Wang Fang · all of the site" in await lines(site, "")
        assert "GET /" not in "".join(await lines(site, ""))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?account=Wang+Fang", ["health", "acknowledged", "opened"]),  # by her name
        ("?account=li", ["looked at 9-909"]),
        ("?account=nobody", []),
        ("?case={number}", ["acknowledged"]),
        ("?case={number}&account=li", []),
        ("?kind=act", ["acknowledged"]),
        ("?kind=account", ["invited"]),
        ("?kind=refused", ["health"]),
        ("?kind=look&account=li", ["looked at 9-909"]),
        ("?day={today}&kind=act", ["acknowledged"]),
        ("?day={yesterday}", []),
        ("?day=yesterday", []),
        ("?case=000-001", []),
    ],
)
async def test_it_can_be_narrowed(query: str, found: list[str], tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        number = case_number(await worked(site))
        now_ms, zone = site.clock.now_ms(), site.console.zone
        today, yesterday = (
            times.local(now_ms - ago, zone).date().isoformat() for ago in (0, DAY_MS)
        )
        query = query.format(number=number, today=today, yesterday=yesterday)
        said = await lines(site, query)
        assert len(said) == len(found), said
        assert all(word in line for word, line in zip(found, said, strict=True)), said


async def test_what_the_form_says_wrong_is_told(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        page = (await site.asks("aud", "GET", "/audit?case=123-456")).text
        assert "No case has the number 123-456." in page
        page = (await site.asks("aud", "GET", "/audit?day=%3Cb%3E")).text
        assert "&lt;b&gt; is no day" in page


async def test_one_goes_from_page_to_page_and_keeps_the_filter(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        with site.accounts.writing() as connection:
            now_ms = site.clock.now_ms()
            notes = [Note(now_ms, "li", "GET /doors/{door_id}", "door d2")] * (LISTED_MAX + 3)
            audit.add(connection, notes)
        page = (await site.asks("aud", "GET", "/audit?account=li&kind=look")).text
        assert page.count("looked at 9-909") == LISTED_MAX
        assert "Newest" not in page
        [older] = re.findall(r'href="/audit(\?[^"]+before=\d+)"', page)
        page = (await site.asks("aud", "GET", "/audit" + older.replace("&amp;", "&"))).text
        assert page.count("looked at 9-909") == 3
        assert "Newest" in page
        assert "Older" not in page


async def test_a_day_s_anchor_can_be_printed_and_holds_the_chain(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await worked(site)
        site.clock.advance(DAY_MS)
        await site.asks("li", "GET", "/doors/d2")
        page = (await site.asks("aud", "GET", "/audit/anchors")).text
        printed = [re.sub(r"\s", "", code) for code in re.findall(r"<code>(.*?)</code>", page)]
        assert len(printed) == 2, "of the day that is over, and of now"
        with site.accounts.reading() as connection:
            assert audit.verify(connection, printed) > 5
            with pytest.raises(audit.BrokenChainError):
                audit.verify(connection, [printed[0][::-1]])
        for name in ("adm", "desk", "wang"):
            assert (await site.asks(name, "GET", "/audit/anchors")).status_code == 403
