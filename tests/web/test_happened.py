"""After every press that leads to a page, that page says what happened, in both languages; and no
address says what nobody pressed."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import HTTPConnection

from gateway.core.cases.transitions import Action
from gateway.language.catalogue import say
from gateway.web.access_rules import RULES
from gateway.web.answers import API
from gateway.web.happened import DONE, LASTS_MS, SAYS_ITSELF, SENTENCES, Happened, word_of
from gateway.web.whose import WHOSE, Counted
from tests.web.every_act import ACTS, HOME, Act
from tests.web.households import household_phone, new_code
from tests.web.signed_in import signed_in_site
from tests.web.test_every_act_twice import REFUSED, Life, kind_of, lived
from tests.web.web_site import console, first_case, new_store

NO_PAGE = {  # answered by a page, a file or a line of their own, not by a way to one
    *("/account/passkeys/options", "/prove/passkey", "/prove/passkey/options"),
    *("/sign-in/passkey", "/sign-in/passkey/options", "/sms/in"),
    *("/accounts/{name}/invite", "/wardens/{warden_id}/invite", "/tokens/{name}"),
    *("/doors/{door_id}/household/sheet", "/doors/{door_id}/walk-test/sheet"),
    "/inbox/{warden_id}/pages/{page_id}/received",
}


def test_every_route_has_its_sentence() -> None:
    """A route that is added is asked about here, and no two share a word by chance."""
    posts = {path for method, path in RULES if method == "POST" and not path.startswith(API)}
    assert SENTENCES.keys() | SAYS_ITSELF.keys() | NO_PAGE == posts
    assert not SENTENCES.keys() & (SAYS_ITSELF.keys() | NO_PAGE)
    assert len({word_of(path) for path in SENTENCES}) == len(SENTENCES)
    for sentence in SENTENCES.values():
        assert say(sentence, "en").endswith(".")
        assert say(sentence, "zh").endswith("。")


def test_a_way_keeps_what_it_has() -> None:
    happened, at = Happened(bytes(32), lambda: 0, lambda _: ""), asked("/updates/stop")
    for where in ("/updates", "/tokens?of=a%20b", "/p/doors/d0#permits"):
        told, kept = (urlsplit(one) for one in (happened.saying(at, where, "/updates/stop"), where))
        (word,) = parse_qs(told.query)[DONE]
        assert word.startswith("updates.stop~")
        assert told._replace(query=told.query.partition(DONE)[0].rstrip("&")) == kept


def asked(path: str, **more: object) -> HTTPConnection:
    query = urlsplit(path).query.encode()
    scope = {"type": "http", "path": urlsplit(path).path, "query_string": query, "headers": []}
    return HTTPConnection({**scope, **more})


def test_no_address_says_what_nobody_pressed() -> None:
    """The whole table: forged, changed in any part, of another page, another person, another run
    of the console, too old or of a time to come, each word says nothing."""
    clock = [1_764_540_000_000]
    happened, later = (Happened(bytes([n]) * 32, lambda: clock[0], lambda _: "") for n in (1, 2))
    for path, sentence in SENTENCES.items():
        whose = WHOSE.set(Counted("account a", is_known=True))
        page = "/doors/d 0"
        told = happened.saying(asked("/x"), "/doors/d%200?q=1", path)
        query = urlsplit(told).query

        def says(query: str = query, page: str = page, by: Happened = happened) -> str:
            return by.sentence(asked(page, query_string=query.encode()), "en")

        assert says() == say(sentence, "en")
        assert says(page="/updates") == "", "handed to another page"
        assert says(by=later) == "", "the console was started again"
        word, second, mark = parse_qs(query)[DONE][0].split("~")
        for wrong in (
            *(word, f"{word}~{second}", f"{word}~{second}~", f"{word}~~{mark}"),
            *(f"{word}~{int(second) + 1}~{mark}", f"{word}~{second}~{mark[:-1]}"),
            *(f"updates.x~{second}~{mark}", f"{word}~{second}~{mark}~", f"{word}~²~{mark}", "é"),
            f"{word_of('/sign-out')}~{second}~{mark}" if path != "/sign-out" else "",
        ):
            assert says(urlencode({DONE: wrong})) == "", wrong
        for away_ms, is_said in ((LASTS_MS - 1_000, True), (LASTS_MS, False), (-1_000, False)):
            clock[0] += away_ms
            assert bool(says()) is is_said, away_ms
            clock[0] -= away_ms
        WHOSE.set(Counted("account b", is_known=True))
        assert says() == "", "it was somebody else"
        WHOSE.reset(whose)


async def test_what_was_refused_is_not_said_to_be_done(tmp_path: Path) -> None:
    """Neither beside the sentence that refuses it, nor where the way leads on undone."""
    async with signed_in_site(tmp_path) as site, site.browser("desk") as desk:
        wrong = {"new": "long enough and new", "again": "another that is long"}
        pages = [await desk.post("/account/password", data=wrong)]
        pages.append(await desk.post("/doors/d0/permits", data={"minutes": "x"}))
        for page, path in zip(
            pages, ("/account/password", "/doors/{door_id}/permits"), strict=True
        ):
            assert page.status_code >= 400
            assert say(SENTENCES[path], "en") not in page.text
        await site.console.seal(0)
        async with household_phone(site.console.app, base="http://menshen.test") as phone:
            await phone.enters(new_code(site.store, "d0"))
            new_code(site.store, "d0")
            where = (await phone.presses("/r/ask", kind="food")).headers["location"]
            page = await phone.opens(where)
            assert "The page was closed." in page.text
            assert say(SENTENCES["/r/ask"], "en") not in page.text


async def test_what_a_script_presses_is_said_beside_the_part_that_changed(tmp_path: Path) -> None:
    """On a case's page and on a card; pressed once more too, and not where it is refused."""
    steps = Action.ACKNOWLEDGE, Action.ON_THE_WAY, Action.ON_SITE, Action.ON_SITE
    async with console(new_store(tmp_path)) as site:
        for number, way in enumerate(("", "/inbox/wang")):
            await site.seal(number)
            await site.opens(number)
            case = f"/cases/{first_case(number)}"
            await site.works_here(first_case(number), "wang")
            assert '<p class="happened toned tone-announced" id="happened" role="status"></p>' in (
                await site.text(way or case)
            ), "nothing was pressed"
            for action in steps:
                sentence = SENTENCES[f"/cases/{{case_id}}/{action}"]
                for language in ("en", "zh"):
                    headers = {"hx-request": "true", "accept-language": language}
                    answer = await site.client.post(f"{way}{case}/{action}", headers=headers)
                    said = f'<p hx-swap-oob="innerHTML:#happened">{say(sentence, language)}</p>'
                    assert said in answer.text
            await site.client.post(f"{way}{case}/acknowledge", headers=headers)
            wrong = {"to": "nobody"}
            refused = await site.client.post(f"{way}{case}/hand_over", headers=headers, data=wrong)
            assert refused.status_code >= 400
            assert "happened" not in refused.text


async def test_each_press_is_said_where_it_leads(tmp_path: Path) -> None:
    """Every act of `every_act`, pressed once; the page it leads to, read in both languages."""
    unsaid, said = list[tuple[str, str, str]](), set[str]()
    async with lived(tmp_path / "site") as life:
        for act in ACTS:
            answer = await life.press(act, life.path_of(act))
            path = act.path.partition("?")[0]
            if answer.status_code >= 400:  # whether it is refused, others ask
                continue
            if answer.status_code != 303:
                assert path in NO_PAGE or path.startswith(API), act
                said.add(kind_of(act))
                continue
            where, client = answer.headers["location"].partition("#")[0], life.browser(act.who)
            sign = "&" if "?" in where else "?"
            is_first = kind_of(act) not in said
            pages = {
                language: (await client.get(f"{where}{sign}lang={language}")).text
                for language in ("en", "zh")
            }
            sentence = SENTENCES[path]
            is_said = all(say(sentence, tongue) in page for tongue, page in pages.items())
            if is_first:
                await says_nothing_to_others(life, act, where, say(sentence, "en"))
            said.add(kind_of(act))
            if not is_said:
                unsaid.append((act.who, path, where))
    assert unsaid == [], unsaid
    of_acts = {kind_of(act) for act in ACTS if act.path in SENTENCES}
    assert of_acts - said <= REFUSED


async def says_nothing_to_others(life: Life, act: Act, where: str, sentence: str) -> None:
    """What an address says to who pressed it, it says to nobody whom it is sent to."""
    for who in ({"desk", "wang", HOME} & life.people) - {act.who}:
        page = await life.browser(who).get(f"{where}{'&' if '?' in where else '?'}lang=en")
        assert sentence not in page.text, (act, who)
