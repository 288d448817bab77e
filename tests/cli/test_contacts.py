"""Contacts of other makers by the commands that people type: enrolled, listed, moved, ended."""

import csv
import io

import pytest

DOORS = "door_id,label,grid_id\nd1,1栋1单元501,g1\nd2,1栋1单元502,g1\n"
FREE = "There is no seal yet; `menshen flash` makes one."


@pytest.fixture
def site(menshen, settings, folder):
    """Two doors, and the contact of the example on the first."""
    (folder / "grids.csv").write_text("grid_id,name\ng1,一网格\n")
    (folder / "doors.csv").write_text(DOORS)
    sample = menshen("enrol", "--example", "contacts").out.replace("3栋201", "d1")
    (folder / "contacts.csv").write_text(sample)
    files = [str(folder / f"{name}.csv") for name in ("grids", "doors", "contacts")]
    assert menshen("enrol", *files).code == 0
    return folder


def listed(menshen):
    return menshen("seals", "--json").json


def test_the_example_is_a_contact_that_is_listed_with_whose_it_is(menshen, site):
    rows = list(csv.reader(io.StringIO((site / "contacts.csv").read_text())))
    assert rows[0][:2] == ["make", "address"]
    (one,) = listed(menshen)
    assert (one["door_id"], one["make"], one["address"]) == ("d1", "zigbee2mqtt", rows[1][1])
    assert f"Zigbee2MQTT: {rows[1][1]}" in menshen("seals").out


@pytest.mark.parametrize("command", [("retire",), ("end", "seal")])
def test_it_moves_and_ends_as_a_seal_does_and_no_broker_is_asked(menshen, site, command):
    (one,) = listed(menshen)
    assert menshen("move", one["seal_id"], "d2").code == 0
    assert listed(menshen)[0]["door_id"] == "d2"
    ended = menshen(*command, one["seal_id"])
    assert ended.code == 0, ended.out
    assert "at its own broker nothing changes" in ended.out
    assert FREE in menshen("seals").out
