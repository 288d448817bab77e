"""After every press that leads to a page, that page says what happened, in both languages."""

from pathlib import Path

from gateway.core.cases.transitions import Action
from gateway.language.catalogue import say
from gateway.web.access_rules import RULES
from gateway.web.answers import API
from gateway.web.happened import DONE, SAYS_ITSELF, SENTENCES, saying, word_of
from tests.web.every_act import ACTS
from tests.web.test_every_act_twice import REFUSED, kind_of, lived
from tests.web.web_site import console, first_case, new_store

NO_PAGE = {  # answered by a page, a file or a line of their own, not by a way to one
    *("/account/passkeys/options", "/prove/passkey", "/prove/passkey/options"),
    *("/sign-in/passkey", "/sign-in/passkey/options", "/sms/in"),
    *("/accounts/{name}/invite", "/wardens/{warden_id}/invite", "/tokens/{name}"),
    *("/doors/{door_id}/household/sheet", "/doors/{door_id}/walk-test/sheet"),
    "/inbox/{warden_id}/pages/{page_id}/received",
}
OWN_WORDS = ("/r/", "/doors/{door_id}/household/", "/doors/{door_id}/holds/")  # `?done=` of theirs

OF_PAGES = ('tone-announced" role="status">', '<p class="say good" role="status">')


def test_every_route_has_its_sentence() -> None:
    """A route that is added is asked about here, and no two share a word by chance."""
    posts = {path for method, path in RULES if method == "POST" and not path.startswith(API)}
    own = {path for path in posts if path.startswith(OWN_WORDS) and path not in SAYS_ITSELF}
    own |= {"/doors/{door_id}/orders/{order_id}/hold"}
    assert SENTENCES.keys() | SAYS_ITSELF.keys() | NO_PAGE | own == posts
    assert not SENTENCES.keys() & (SAYS_ITSELF.keys() | NO_PAGE | own)
    assert len({word_of(path) for path in SENTENCES}) == len(SENTENCES)
    for sentence in SENTENCES.values():
        assert say(sentence, "en").endswith(".")
        assert say(sentence, "zh").endswith("。")


def test_a_way_keeps_what_it_has() -> None:
    path, word = "/updates/stop", "updates.stop"
    assert saying("/updates", path) == f"/updates?{DONE}={word}"
    assert saying("/tokens?of=a%20b", path) == f"/tokens?of=a%20b&{DONE}={word}"
    assert saying("/p/doors/d0#permits", path) == f"/p/doors/d0?{DONE}={word}#permits"
    assert saying("/r/home?done=sent", path) == "/r/home?done=sent"


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
            pages = {
                language: (await client.get(f"{where}{sign}lang={language}")).text
                for language in ("en", "zh")
            }
            if path in SENTENCES:
                sentence = SENTENCES[path]
                is_said = all(say(sentence, tongue) in page for tongue, page in pages.items())
            else:
                is_said = all(any(mark in page for mark in OF_PAGES) for page in pages.values())
            said.add(kind_of(act))
            if not is_said:
                unsaid.append((act.who, path, where))
    assert unsaid == [], unsaid
    of_acts = {kind_of(act) for act in ACTS if act.path in SENTENCES}
    assert of_acts - said <= REFUSED
