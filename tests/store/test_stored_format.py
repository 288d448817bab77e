"""What is stored reads the same for ever: a golden line of every event, effect and state.

Renaming a class changes nothing here. Renaming a field, a tag or a word of an enum does, and then
old databases would be read wrongly: raise STORED_FORMAT and migrate, then write the file anew
(stored_samples.py).
"""

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from sqlalchemy import insert, update

from gateway.core.effects import Effect
from gateway.core.events import Event
from gateway.store import tables
from gateway.store.database import STORED_FORMAT, Store, StoreError
from tests.store.stored_samples import GOLDEN, STATES, lines, samples


def golden() -> dict[str, bytes]:
    lines = (line.partition(b"\t") for line in GOLDEN.read_bytes().splitlines())
    return {name.decode(): body for name, _, body in lines}


def test_every_kind_that_can_be_stored_has_one_line_and_every_word_stands_as_ever() -> None:
    assert list(golden()) == list(lines())
    assert golden() == lines()


@pytest.mark.parametrize(("name", "sample"), list(samples()))
def test_it_is_written_and_read_as_ever(name: str, sample: Any) -> None:
    body = golden()[name]
    assert msgspec.json.encode(sample) == body
    kind, _, what = name.partition(" ")
    read_as: Any = {"event": Event, "effect": Effect}.get(kind) or STATES[what]
    assert msgspec.json.decode(body, type=read_as) == sample


def test_every_tag_is_a_word_of_its_own_and_no_class() -> None:
    structs = [*get_args(Event), *get_args(Effect)]
    tags = [struct.__struct_config__.tag for struct in structs]
    assert len(set(tags)) == len(tags)
    assert all(tag != struct.__name__ for tag, struct in zip(tags, structs, strict=True))
    assert all(tag and tag == tag.lower() and len(tag) <= 24 for tag in tags)


def test_a_format_from_tomorrow_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "menshen.db"
    store = Store.open(path)
    row = {"site_id": "00" * 8, "made_ms": 1, "stored_format": STORED_FORMAT}
    with store.writing() as connection:
        connection.execute(insert(tables.site), row)
    store.close()
    store = Store.open(path)
    with store.writing() as connection:
        connection.execute(update(tables.site).values(stored_format=STORED_FORMAT + 1))
    store.close()
    with pytest.raises(StoreError, match="newer release"):
        Store.open(path)
