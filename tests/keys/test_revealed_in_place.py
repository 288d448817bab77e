"""A list makes a copy of nothing: what it has just read is revealed in its place, all of it, and a
key that goes takes with it what SQL finds at hand."""

from pathlib import Path

import msgspec
from sqlalchemy import select

from gateway.core.events import CaseReported, PermitAnnounced
from gateway.core.model import Door
from gateway.store import sealing, tables, views
from gateway.store.order_keys import OrderKeys, ring_of
from tests.store.stored_samples import sample
from tests.web.web_site import new_store

KINDS = (Door, PermitAnnounced, CaseReported)


def test_all_that_a_state_holds_is_revealed_in_its_place_as_in_a_copy(tmp_path: Path) -> None:
    store = new_store(tmp_path, 2)
    with store.writing() as connection:
        keys = OrderKeys(connection)
        for kind in KINDS:
            plain, count = sample(kind), 0

            def seal(text: str) -> str:
                nonlocal count
                count += 1
                return keys.seal("d0", text)

            stored = msgspec.json.encode(sealing.changed(plain, seal))
            assert count, kind
            read = msgspec.json.decode(stored, type=kind)
            copy = sealing.changed(read, ring_of(connection).shown)
            assert read != copy
            for _ in range(2):  # from the key, and then from what is at hand
                read = msgspec.json.decode(stored, type=kind)
                sealing.reveal_in(connection, read)
                assert read == copy == msgspec.json.decode(msgspec.json.encode(plain), type=kind)
    store.close()


def test_what_sql_finds_at_hand_goes_with_its_key_at_once(tmp_path: Path) -> None:
    """Whether a label is asked for, put in order or compared: by the same process, at once."""
    store = new_store(tmp_path, 3)
    with store.writing() as connection:
        keys, label = OrderKeys(connection), "1栋1单元501"
        key_id = keys.key_id("d0")
        d = tables.doors.c
        sealed = tables.doors.update().where(d.door_id == "d0")
        connection.execute(sealed.values(label=keys.seal("d0", label)))

    def seen() -> str:
        with store.reading() as connection:
            cells = connection.execute(select(d.label)).scalars().all()
            place = views.door_place(connection, "d0")
            behind = views.doors(connection, 9, ("", "", 0, "", ""))
            return f"{cells} {place} {behind} {views.doors(connection, 9)}"

    for _ in range(2):
        assert seen().count(label) == 4
    store.keys.destroy(key_id)
    assert label not in seen()
    store.close()
