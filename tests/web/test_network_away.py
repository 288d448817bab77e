"""The network of one place is away: its case says where, and of how many seals."""

from pathlib import Path as File

import msgspec
import pytest

from gateway.core.model import Door, Path, SilentPath
from gateway.core.reasons import Reason
from gateway.store import case_views, tables
from tests.door_rows import insert_doors
from tests.web.signed_in import Site, signed_in_site

SILENT = SilentPath(Path.NETWORK, 1, 2, is_ours=True)


async def away(site: Site, place: str) -> str:
    """Three doors there are heard by air alone, and one is at fault for itself; the case's id."""
    by_itself = msgspec.structs.replace(SILENT, is_ours=False)
    with site.store.writing() as connection:
        for number in range(4):
            paths = (SILENT if number < 3 else by_itself,)
            door = Door(f"m{number}", grid_id="g2", silent_paths=paths)
            row = {"door_id": f"m{number}", "label": f"9-{number}", "grid_id": "g2"}
            row |= {"building": "9", "state": msgspec.json.encode(door)}
            insert_doors(connection, row)
    site.console.engine.trouble(Reason.NETWORK_AWAY, is_present=True, about=place)
    await site.console.engine.idle()
    with site.store.reading() as connection:
        return str(connection.execute(tables.cases.select()).one().case_id)


@pytest.mark.parametrize(
    ("place", "language", "where"),
    [
        ("building:9", "en", "Building 9"),
        ("grid:g2", "zh", "网格 g2"),
        ("site", "en", "The whole site"),
    ],
)
async def test_a_case_about_it_says_where_and_how_many(
    tmp_path: File, place: str, language: str, where: str
) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("desk") as client:
        case_id = await away(site, place)
        headers = {"accept-language": language}
        page = (await client.get(f"/cases/{case_id}", headers=headers)).text
        assert where in page
        words = "3 seals are heard" if language == "en" else "现在有 3 个封条"
        assert words in page
        with site.store.reading() as connection:
            assert case_views.without_network(connection, "building:none") == 0
