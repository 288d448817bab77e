"""The examples on the wire's page are golden bytes, each with its own plaintext."""

import json
import re

from tests.firmware import seal_bench

PAGE = (seal_bench.FIRMWARE / "sealwire" / "README.md").read_text(encoding="utf-8")


def golden(name: str) -> list[dict[str, str]]:
    text = (seal_bench.ROOT / "tests" / "vectors" / f"{name}.json").read_text(encoding="utf-8")
    later = (seal_bench.ROOT / "tests" / "vectors" / "version2.json").read_text(encoding="utf-8")
    return [*json.loads(text).get(name, ()), *json.loads(later).get(name, ())]


def notes() -> list[dict[str, str]]:
    text = (seal_bench.ROOT / "tests" / "vectors" / "version2.json").read_text(encoding="utf-8")
    return list(json.loads(text)["notes"])


def test_every_example_on_the_page_is_golden() -> None:
    examples = re.findall(r"^plain +([0-9a-f ]+)$[^`]*?^frame +([0-9a-f ]+)$", PAGE, re.MULTILINE)
    shown = {(plain.replace(" ", ""), frame.replace(" ", "")) for plain, frame in examples}
    known = {
        (one["plain"], one["frame"]) for one in golden("reports") + golden("receipts") + notes()
    }
    assert len(shown) == 8
    assert shown <= known


def test_the_example_by_air_is_golden() -> None:
    ((plain, advert),) = re.findall(
        r"^plain +([0-9a-f ]+)$\n^numbers.*$\n^advert +([0-9a-f ]+)$", PAGE, re.MULTILINE
    )
    known = {(one["plain"], one["advert"]) for one in golden("adverts")}
    assert (plain.replace(" ", ""), advert.replace(" ", "")) in known


def test_every_topic_on_the_page_is_golden() -> None:
    for topic in re.findall(r"^topic +(\S+)$", PAGE, re.MULTILINE):
        assert topic in {one["topic"] for one in golden("topics")}
