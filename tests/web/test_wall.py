"""A wall of many doors: read by building and stair, what is not well first, found by its label."""

import itertools
import random
import re
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select

from gateway.core.cases.number import case_number
from gateway.core.events import OrderPlaced
from gateway.core.model import Contact, Door, Order
from gateway.core.subject import of_door
from gateway.store import tables
from gateway.store.database import Store
from gateway.web import door_map
from gateway.web.door_map import NUMBERS_MAX, TILES_MAX, DoorQuery
from gateway.web.door_places import Place, columns, natural, place
from tests.door_rows import insert_doors
from tests.web.web_site import console, first_case, new_store, now_ms, seal_id


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("1栋1单元501", Place("1栋", "1单元", "501")),
        ("12栋3单元1201室", Place("12栋", "3单元", "1201室")),
        ("蠡湖花园7号楼2单元302", Place("蠡湖花园7号楼", "2单元", "302")),
        ("5幢 201", Place("5幢", "", "201")),
        ("3-201", Place("3", "", "201")),
        ("3-2-501", Place("3", "2", "501")),
        ("Flat 7", Place("", "", "Flat 7")),
        ("12号", Place("", "", "12号")),
        ("-", Place("", "", "-")),
        ("1栋", Place("", "", "1栋")),
    ],
)
def test_a_label_says_where_its_door_lies(label: str, expected: Place) -> None:
    assert place(label) == expected


def test_the_tables_columns_say_it_where_the_label_does_not() -> None:
    assert place("501", "1栋", "1单元") == Place("1栋", "1单元", "501")
    assert place("1栋501", "A", "2单元") == Place("1栋", "2单元", "501")


def test_g2_two_stands_before_ten() -> None:
    labels = [f"{n}栋{m}单元" for n in (10, 2, 1) for m in (11, 2)]
    assert sorted(labels, key=natural) == [f"{n}栋{m}单元" for n in (1, 2, 10) for m in (2, 11)]


@pytest.mark.parametrize("seed", range(50))
def test_any_two_labels_can_be_put_in_order(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - labels, no secrets
    letters = "1栋²٣a-号 ０9"
    words = ["".join(chance.choices(letters, k=chance.randint(0, 8))) for _ in range(20)]
    in_order = sorted(words, key=natural)
    assert [natural(word) for word in in_order] == sorted(map(natural, words))
    assert all(columns(word) >= 0 and place(word or "x").rest for word in words)


def many_doors(folder: Path, count: int, bare: int = 0) -> Store:
    """Real labels, three stairs of 24 doors a building, all sealed and under an order; but the
    first `bare` have no seal."""
    store = new_store(folder, 0)
    rows = []
    for n in range(count):
        building, rest = divmod(n, 72)
        stair, rest = divmod(rest, 24)
        floor, flat = divmod(rest, 4)
        state = Door(
            f"d{n}",
            seal_id=seal_id(n) if n >= bare else None,
            heartbeat_ms=100_000,
            contact=Contact.SHUT if n >= bare else Contact.UNKNOWN,
            edges=0,
            heard_ms=now_ms() if n >= bare else None,
            orders=(Order(f"o{n}", 0, now_ms() + 10**9),),
        )
        label = f"{building + 1}栋{stair + 1}单元{floor + 1}0{flat + 1}"
        row = {"door_id": f"d{n}", "label": label, "grid_id": "g1"}
        rows.append(row | {"state": msgspec.json.encode(state)})
    random.Random(count).shuffle(rows)  # noqa: S311 - an order, no secret
    with store.writing() as connection:
        insert_doors(connection, rows)
    return store


def texts(page: str, of: str) -> list[str]:
    """What stands in every element of a class, in the page's order."""
    found = re.findall(rf'class="{of}"[^>]*>(.*?)</(?:a|span|h2|h3)>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>|\s+", "", text) for text in found]


async def test_g2_few_doors_are_tiles_under_their_stair_in_natural_order(tmp_path: Path) -> None:
    async with console(many_doors(tmp_path, TILES_MAX)) as site:
        page = await site.text("/")
    assert texts(page, "grid-name") == ["1栋·1单元", "1栋·2单元"]
    shown = texts(page, "rest")
    assert shown[:5] == ["101", "102", "103", "104", "201"]
    assert len(shown) == TILES_MAX


async def test_g2_many_doors_are_numbers_under_their_building_and_stair(tmp_path: Path) -> None:
    async with console(many_doors(tmp_path, NUMBERS_MAX)) as site:
        page = await site.text("/")
    blocks = re.findall(r"<h3><a[^>]*>(.*?)</a>", page)
    assert blocks == ["1栋", "2栋", "3栋", "4栋", "5栋"]
    assert texts(page, "stair-name")[:3] == ["1单元", "2单元", "3单元"]
    assert texts(page, "cell tone-shut")[:5] == ["101", "102", "103", "104", "201"]


async def test_g2_very_many_doors_are_dots_and_what_is_not_well_stands_first(
    tmp_path: Path,
) -> None:
    async with console(many_doors(tmp_path, 1_000)) as site:
        await site.opens(500)
        page = await site.text("/")
        buildings = re.findall(r"<h3><a[^>]*>(.*?)</a>", page)
        assert buildings == [f"{n}栋" for n in range(1, 15)]
        assert page.count('<i class="tone-') == 1_000
        assert page.count('<i class="tone-breach"') == 1
        (tile,) = re.findall(r'<a class="tile tone-breach".*?</a>', page, re.DOTALL)
        assert "7栋3单元" in tile
        assert page.index("tile tone-breach") < page.index("<h3>")
        assert len(page.encode()) < 80_000


async def test_a_wall_calls_nothing_well_that_nobody_watches(tmp_path: Path) -> None:
    async with console(many_doors(tmp_path, 60, bare=43)) as site:
        page = await site.text("/")
        assert "All doors" not in page
        named = page.partition("Under an order, not sealed")[2].partition("</ul>")[0]
        assert "1栋1单元101" in named
        assert "and 3 more doors" in named
        assert "60 doors · 43 not sealed" in re.sub(r"\s+", " ", page)
        assert "管控中、未封好" in await site.text("/", "zh")
        for n in range(43):
            await site.engine.submit(of_door(f"d{n}"), OrderPlaced(Order(f"o{n}", 0, now_ms())))
        page = await site.text("/")
    assert "not sealed" not in page
    assert "All doors that have a seal are shut" in page, "of the others nothing is known"


async def test_g2_a_tab_or_two_lead_to_the_first_case(tmp_path: Path) -> None:
    async with console(many_doors(tmp_path, 1_000)) as site:
        await site.opens(500)
        page = await site.text("/")
        before = page[: page.index('class="case ')]
        assert len(re.findall(r"<(?:a|button|input) ", before)) < 12
        assert 'class="skip" href="#side"' in page


async def test_g3_the_figures_are_the_sites_whatever_is_shown(tmp_path: Path) -> None:
    async with console(many_doors(tmp_path, 700)) as site:
        await site.opens(0)
        await site.opens(650)
        for path in ("/", "/?q=" + "2栋", "/?stand=open", "/?block=g1/1栋", "/?q=nothing"):
            page = await site.text(path)
            figures = {
                words.strip(): int(number)
                for number, words in re.findall(r"<b>(\d+)</b> ([a-z ]+)", page)
            }
            assert figures["doors"] == 700, path
            assert figures["doors open"] == 2, path
            assert "Enrol the first" not in page


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/?q=3栋1单元501", ["3栋1单元501"]),
        (f"/?q={seal_id(700)}", ["10栋3单元201"]),
        ("/?stand=open", ["7栋3单元402"]),
        ("/?q=   10栋   ", None),
    ],
)
async def test_g2_a_door_is_found_by_label_seal_and_how_it_stands(
    tmp_path: Path, path: str, labels: list[str] | None
) -> None:
    async with console(many_doors(tmp_path, 720)) as site:
        await site.opens(493)
        page = await site.text(path)
    shown = re.findall(r'class="tile tone-[a-z_]+" href="[^"]*" title="([^:]*):', page)
    if labels is None:
        assert "10栋" in page
        assert "9栋" not in page.partition('<div id="doors"')[2].partition("</main>")[0]
    else:
        assert shown == labels


async def test_what_is_looked_for_stays_while_the_wall_goes_on(tmp_path: Path) -> None:
    query = DoorQuery.of("open", "", "栋")
    assert DoorQuery.named(query.name()) == query
    assert DoorQuery.of("nonsense", "", "") == DoorQuery()
    async with console(many_doors(tmp_path, 100)) as site:
        page = await site.text("/?stand=open&q=栋")
        assert "name=open%7C%7C%E6%A0%8B&amp;" in page
        assert "No door is so" in page
        await site.opens(3)
        assert "tile tone-breach" in await site.text("/?stand=open&q=栋")


async def test_a_site_too_large_for_a_wall_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_map, "DOORS_MAX", 50)
    async with console(many_doors(tmp_path, 60)) as site:
        assert "10 more doors are not on this wall" in await site.text("/")


async def test_long_labels_in_both_scripts_are_whole_for_who_cannot_see_the_tile(
    tmp_path: Path,
) -> None:
    label = "江苏省无锡市梁溪区" + "蠡" * 100 + " Building of the Very Long Name 12"
    store = new_store(tmp_path, 0)
    with store.writing() as connection:
        row = {"door_id": "d0", "label": label, "grid_id": "g1"}
        insert_doors(connection, row)
    async with console(store) as site:
        assert f'title="{label}: ' in await site.text("/")


async def test_a_case_number_said_on_the_telephone_leads_from_the_wall_to_its_case(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in range(2):
            await site.seal(number)
            await site.opens(number)
        case_id = first_case(1)
        head, _, tail = case_number(case_id).partition("-")
        for typed in (f"{head}-{tail}", f"{head} {tail}", f" {head}{tail} ", f"{head}－{tail}"):
            answer = await site.client.get("/", params={"q": typed})
            assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case_id}")
        page = await site.text(answer.headers["location"])
        assert f"{head}-{tail}" in page
        assert f">{seal_id(1)[-4:]}-1<" not in page, "a number that tells of the seal"
        nobodys = f"{(int(head) + 1) % 1000:03}-{tail}"
        for other in (nobodys, head, "3-801"):
            answer = await site.client.get("/", params={"q": other})
            assert answer.status_code == 200, "it is looked for among the doors"


async def test_of_two_cases_with_one_number_the_open_one_is_meant(tmp_path: Path) -> None:
    known: dict[str, str] = {}
    ids = (f"c{number}" for number in itertools.count())
    closed = next(each for each in ids if known.setdefault(case_number(each), each) != each)
    opened = known[case_number(closed)]
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        await site.opens(0)
        with site.store.writing() as connection:
            row = connection.execute(select(tables.cases)).mappings().one()
            row = {**row, "number": case_number(closed)}
            older = {**row, "case_id": opened}
            newer = {**row, "case_id": closed, "state": "closed", "raised_ms": now_ms() + 1}
            connection.execute(insert(tables.cases), [older, newer])
        answer = await site.client.get("/", params={"q": case_number(closed)})
        assert answer.headers["location"] == f"/cases/{opened}"
