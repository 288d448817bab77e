"""A door is named by its id, its label, its household or its label's code, by every command."""

import pytest

from gateway.cli.exit_codes import CommandError
from gateway.cli.named_door import door_id, named_doors
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor
from gateway.settings import load


@pytest.fixture
def site(store, settings):
    """The doors of the folder's site: one of a random id, two of a household, two of one label."""
    with store.writing() as connection:
        enrolment = Enrolment(connection, 1_900_000_000_000, None)
        for row in (
            NewDoor("d8f", "1栋1单元501", "g1"),
            NewDoor("h-a", "6-601", "g1", household_id="h-6"),
            NewDoor("h-b", "6-601 后门", "g1", household_id="h-6"),
            NewDoor("t-1", "同名", "g1"),
            NewDoor("t-2", "同名", "g1"),
        ):
            enrolment.take(row)
        enrolment.write()
    return load(settings)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("d8f", "d8f"),
        ("1栋1单元501", "d8f"),
        (" 1栋1单元501 ", "d8f"),
        ("3-201", "d1"),
        ("h-6", "h-a"),
        ("6-601 后门", "h-b"),
        ("t-2", "t-2"),
        ("nobody-s", "nobody-s"),  # for whoever asked to say what is wrong with it
    ],
)
def test_what_is_typed_is_the_door_that_is_meant(site, typed, meant):
    assert door_id("DOOR", typed, site) == meant


@pytest.mark.parametrize("typed", ["同名", "9栋9单元999"])
def test_what_is_nobody_s_or_two_doors_is_said_so(site, typed):
    with pytest.raises(CommandError, match="no door, or more than one, is called so"):
        door_id("DOOR", typed, site)


def test_people_read_what_they_call_a_door(site, store):
    with store.reading() as connection:
        assert named_doors(connection, ["d8f", "gone"]) == "1栋1单元501, gone"


@pytest.mark.parametrize(
    "words",
    [
        ("coverage", "1栋1单元501"),
        ("announce", "1栋1单元501", "--to", "2099-01-01", "--who", "李", "--why", "送饭"),
        ("certificate", "show", "1栋1单元501"),
        ("swap", "1栋1单元501", "00112233445566aa"),
        ("move", "00112233445566aa", "1栋1单元501"),
        ("exchange", "1栋1单元501", "3-201"),
        ("visit", "1栋1单元501", "--who", "李"),
        ("notice", "1栋1单元501"),
        ("door-label", "1栋1单元501"),
        ("heartbeat", "300", "--door", "1栋1单元501"),
        ("wifi", "change", "x", "--first", "1栋1单元501"),
        ("end", "order", "--door", "1栋1单元501"),
        ("end", "door", "1栋1单元501"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_each_command_knows_a_door_by_its_label(menshen, site, words, monkeypatch):
    monkeypatch.setenv("MENSHEN_WIFI_PASSWORD", "password-of-it")
    answer = menshen(*words)
    said = answer.out + answer.err
    assert "called so" not in said
    assert "allowed are" not in said
    assert "there is no door 1栋" not in said
