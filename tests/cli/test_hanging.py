"""`menshen move`, `exchange`, `swap`, `retire`: what hangs where, and what is said of it."""

import re
import time

import pytest
from sqlalchemy import delete, insert, select

from gateway.cli import broker_leaving, hanging_words
from gateway.cli.exit_codes import INTERRUPTED, STOPPED
from gateway.core.events import SealBound, SealUnbound
from gateway.core.subject import of_door
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewOrder, NewSeal
from gateway.registry.seal_rows import WIPED
from gateway.store import journal, pending, tables
from tests.cli.conftest import SEAL

HOUR_MS = 3_600_000
SPARE, THIRD = "00112233445566ab", "00112233445566ac"


@pytest.fixture
def house(store, settings):
    """d1 under an order with SEAL, d2 with THIRD, and SPARE in the bag."""
    now = time.time_ns() // 1_000_000
    with store.writing() as connection:
        enrolment = Enrolment(connection, now, None)
        enrolment.take(NewSeal(SPARE, bytes(range(1, 33)), broker_password="spare"))
        enrolment.take(NewSeal(THIRD, bytes(range(2, 34)), "d2", broker_password="third"))
        enrolment.take(NewOrder("d1", now - HOUR_MS, now + HOUR_MS, "o1"))
        enrolment.write()
    with store.writing() as connection:
        connection.execute(tables.pending_events.delete())
        for number, (door_id, seal_id) in enumerate((("d1", SEAL), ("d2", THIRD)), 1):
            bound = of_door(door_id), SealBound(seal_id), None  # they have hung there for months
            row = journal.row_of(number, now - 1_000 * HOUR_MS, *bound)
            connection.execute(insert(tables.journal), row)
    return store


def hangs(store):
    """Where each seal in use hangs."""
    c = tables.seals.c
    with store.reading() as connection:
        rows = connection.execute(select(c.seal_id, c.door_id).where(c.ended_ms.is_(None)))
        return {seal_id: door_id for seal_id, door_id in rows}


def told(store):
    """What the gateway is told of it: the door, and what happened there."""
    with store.reading() as connection:
        rows = pending.pending_events(connection, 0)
        return {(subject.id, event) for _, subject, event in rows}


def recorded(store, seal_id, door_id, count):
    rows = [
        {
            "opening_id": f"{seal_id}-{n}",
            "door_id": door_id,
            "opened_ms": n,
            "latest_ms": n,
            "heard_ms": n,
            "reason": "no_order",
        }
        for n in range(count)
    ]
    with store.writing() as connection:
        connection.execute(tables.openings.insert(), rows)


def test_a_seal_from_the_bag_is_hung_and_taken_off(menshen, house):
    assert "d1 carries" not in menshen("move", SPARE, "--nowhere").err
    answer = menshen("move", THIRD, "--nowhere")
    assert (answer.code, answer.err) == (0, "")
    assert "keeps its history and has no seal now" in answer.out.replace("\n", " ")
    assert hangs(house)[THIRD] is None
    answer = menshen("move", SPARE, "d2")
    assert f"Seal {SPARE} hangs on door d2" in answer.out
    assert "menshen commission" in answer.out.replace("\n", " ")
    assert hangs(house) == {SEAL: "d1", SPARE: "d2", THIRD: None}
    assert told(house) == {("d2", SealUnbound(THIRD)), ("d2", SealBound(SPARE, must_certify=True))}
    assert "already" in menshen("move", SPARE, "d2").out


def test_a_door_that_carries_another_is_not_taken_from_it_by_a_move(menshen, house):
    answer = menshen("move", SPARE, "d1")
    said = answer.err.replace("\n", " ")
    assert answer.code == 1
    assert f"menshen exchange {SPARE} {SEAL}" in said
    assert f"menshen swap d1 {SPARE}" in said
    assert hangs(house)[SEAL] == "d1"


def test_who_takes_the_seal_of_a_door_under_an_order_is_told_that_nobody_watches_it(menshen, house):
    said = menshen("move", SEAL, "--nowhere").out.replace("\n", " ")
    assert "NOBODY WATCHES IT NOW" in said
    assert "menshen flash --door d1" in said


def test_two_seals_on_each_others_doors_change_places_in_one_step(menshen, house):
    recorded(house, SEAL, "d1", 2)
    answer = menshen("exchange", SEAL, "d2")
    said = answer.out.replace("\n", " ")
    assert answer.code == 0
    assert hangs(house) == {SEAL: "d2", SPARE: None, THIRD: "d1"}
    third, first = (SealBound(seal, must_certify=True) for seal in (THIRD, SEAL))
    assert told(house) == {("d1", third), ("d2", first)}
    assert "2 openings of door d1" in said
    assert "another household's" in said
    for pair in ((SEAL, THIRD), ("d1", "d2"), (THIRD, SEAL)):  # who saw no answer says it again
        again = menshen("exchange", *pair)
        assert (again.code, "nothing was changed now; --back" in again.out) == (0, True)
        assert hangs(house)[SEAL] == "d2"
    assert menshen("exchange", "d1", "d2", "--back").code == 0
    assert hangs(house)[SEAL] == "d1"


@pytest.mark.parametrize("is_taken", [False, True], ids=["waiting", "journaled"])
def test_only_what_changed_places_lately_counts_as_done(menshen, house, is_taken):
    """Also once the gateway has taken it; not when it was long ago, nor when anything was hung on
    one of the two doors since, nor of two that were first hung together."""
    assert menshen("exchange", SEAL, "d2").code == 0
    numbers = list(range(3, 100))

    def take(ago_ms: int = 0) -> None:
        at_ms = time.time_ns() // 1_000_000 - ago_ms
        with house.writing() as connection:
            for pending_id, subject, event in pending.pending_events(connection, 0):
                row = journal.row_of(numbers.pop(0), at_ms, subject, event, None)
                connection.execute(insert(tables.journal), row)
                one = tables.pending_events.c.pending_id == pending_id
                connection.execute(delete(tables.pending_events).where(one))

    if is_taken:
        take()
    assert "nothing was changed" in menshen("exchange", SEAL, "d1").out
    assert menshen("swap", "d1", SPARE).code == 1  # there is no broker to tell of it
    assert "already, and seal" in menshen("swap", "d1", SPARE).out  # and it is told again
    assert hangs(house) == {SPARE: "d1", SEAL: "d2"}
    if is_taken:
        take()
    assert "from now on" in menshen("exchange", "d1", "d2").out
    assert hangs(house) == {SPARE: "d2", SEAL: "d1"}
    take(2 * HOUR_MS)
    assert "from now on" in menshen("exchange", "d1", "d2").out
    assert hangs(house) == {SPARE: "d1", SEAL: "d2"}


def test_two_from_the_bag_that_were_hung_crosswise_have_not_changed_places_yet(menshen, house):
    assert menshen("move", SEAL, "--nowhere").code == menshen("move", THIRD, "--nowhere").code == 0
    with house.writing() as connection:
        connection.execute(delete(tables.journal))
        connection.execute(delete(tables.pending_events))
    assert menshen("move", THIRD, "d1").code == menshen("move", SPARE, "d2").code == 0
    assert "from now on" in menshen("exchange", "d1", "d2").out
    assert hangs(house) == {SEAL: None, SPARE: "d1", THIRD: "d2"}


def test_what_hung_there_before_the_journal_begins_is_known_by_what_it_told(menshen, house):
    with house.writing() as connection:
        connection.execute(delete(tables.journal))
    recorded(house, SEAL, "d1", 1)
    recorded(house, THIRD, "d2", 1)
    assert "from now on" in menshen("exchange", "d1", "d2").out
    assert "nothing was changed" in menshen("exchange", "d1", "d2").out


def test_what_cannot_change_places_is_told(menshen, house):
    assert "hangs nowhere" in menshen("exchange", SEAL, SPARE).err
    assert "both are seal" in menshen("exchange", SEAL, "d1").err
    assert "there is no seal" in menshen("exchange", SEAL, "0" * 15 + "1").err
    assert "no seal hangs on door d9" in menshen("exchange", SEAL, "d9").err
    assert menshen("move", SEAL).code == 2
    assert menshen("move", SEAL, "d2", "--nowhere").code == 2
    assert "door d9" in menshen("move", SPARE, "d9").err.replace("_id", "")
    assert hangs(house) == {SEAL: "d1", SPARE: None, THIRD: "d2"}


def test_a_dead_seal_is_swapped_and_its_door_keeps_its_history(menshen, house):
    recorded(house, SEAL, "d1", 1)
    answer = menshen("swap", "d1", SPARE)
    assert f"Seal {SPARE} hangs on door d1" in answer.out
    assert "the broker may still let it in" in answer.err.replace("\n", " ")  # none is set up
    assert answer.code == 1
    assert hangs(house) == {SPARE: "d1", THIRD: "d2"}
    with house.reading() as connection:
        doors = connection.execute(select(tables.openings.c.door_id)).scalars().all()
    assert doors == ["d1"]
    assert "hangs on door d2" in menshen("swap", "d1", THIRD).err.replace("\n", " ")
    assert f"seal {SEAL} is retired" in menshen("swap", "d1", SPARE).out  # and told again
    assert "hangs on door d2 (3-202) already" in menshen("swap", "d2", THIRD).err


def test_a_retired_seal_has_no_key_and_never_comes_back(menshen, house):
    assert "NOBODY WATCHES IT NOW" in menshen("retire", SEAL).out.replace("\n", " ")
    c = tables.seals.c
    with house.reading() as connection:
        query = select(c.key, c.broker_hash, c.door_id).where(c.seal_id == SEAL)
        assert connection.execute(query).one() == (WIPED, "", None)
    assert told(house) == {("d1", SealUnbound(SEAL))}
    answer = menshen("enrol", "--seal", SEAL, "--door", "d1", "--key-file", "-")
    assert answer.code != 0
    assert "was retired already" in menshen("retire", SEAL).out
    assert "there is no seal" in menshen("retire", "0" * 15 + "1").err
    assert menshen("retire").code == 2


@pytest.mark.parametrize(
    ("typed", "meanwhile"),
    [
        (("swap", "d1", SPARE), ("exchange", "d1", "d2")),  # the dead one hangs on d2 by then
        (("swap", "d1", SPARE), ("move", SPARE, "d9")),
        (("move", SPARE, "d9"), ("move", THIRD, "d9")),
        (("exchange", SEAL, "d2"), ("exchange", SEAL, "d2")),
        (("retire", SEAL), ("exchange", "d1", "d2")),
        (("move", SEAL, "--nowhere"), ("retire", SEAL)),
    ],
    ids=" ".join,
)
def test_what_somebody_else_hangs_meanwhile_is_not_lost(
    menshen, house, monkeypatch, typed, meanwhile
):
    """Two terminals at once: whoever comes second changes nothing and says why, for what was
    decided by is not so any more, and a door could stand unwatched with nobody told of it."""
    with house.writing() as connection:
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, None)
        enrolment.take(NewDoor("d9", "9-901", "g1"))
        enrolment.write()
    after, enrol = [], hanging_words.enrol

    def after_another(store, take):
        monkeypatch.setattr(hanging_words, "enrol", enrol)
        menshen(*meanwhile)
        after.append(hangs(house))
        enrol(store, take)

    monkeypatch.setattr(hanging_words, "enrol", after_another)
    answer = menshen(*typed)
    said = answer.err.replace("\n", " ")
    assert (answer.code, "somebody else is at it" in said) == (1, True), said
    assert after == [hangs(house)]


def test_a_label_stays_as_it_is_written(menshen, house):
    with house.writing() as connection:
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, None)
        enrolment.take(NewDoor("d1", "Tower B 3A", "g1"))
        enrolment.write()
    assert "Door d1 (Tower B 3A) is under" in menshen("retire", SEAL).out.replace("\n", " ")


def test_stopped_at_the_broker_it_says_what_is_left_and_so_does_the_check(
    menshen, house, folder, monkeypatch
):
    broker = folder / "broker"
    broker.mkdir()
    (broker / "ca.crt").write_text("")
    (broker / "passwd").write_text(f"{SEAL}:$7$hash\n{THIRD}:$7$hash\n")

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(broker_leaving, "leave_broker", stopped)
    answer = menshen("swap", "d1", SPARE)
    said = answer.err.replace("\n", " ")
    assert (answer.code, "may still let it in: it was stopped here" in said) == (1, True)
    assert f"`menshen retire {SEAL}`" in said
    checked = [one for one in menshen("check", "--json").json if one["part"] == "retired"]
    assert [(one["mark"], one["facts"]["left"]) for one in checked] == [("fail", [SEAL])]
    (broker / "passwd").write_text(f"{THIRD}:$7$hash\n")
    checked = [one for one in menshen("check", "--json").json if one["part"] == "retired"]
    assert [one["mark"] for one in checked] == ["ok"]


def test_stopped_anywhere_else_it_ends_with_one_sentence(menshen, house, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(hanging_words, "enrol", stopped)
    answer = menshen("exchange", "d1", "d2")
    assert (answer.code, answer.out, answer.err) == (INTERRUPTED, "", f"menshen: {STOPPED}\n")


CALLED = {"d1": "3-201", "d2": "3-202", "o1": "3-201"}  # a door, or the order of one
TYPED = (
    ("move", SPARE, "d1"),
    ("move", SEAL, "d1"),
    ("swap", "d1", SEAL),
    ("swap", "d1", THIRD),
    ("enrol", "--seal", "new", "--door", "d1"),
    ("heartbeat", "60", "--door", "d1"),
    ("certificate", "show", "d1"),
    ("destruction", "release", "o1"),
    ("destruction", "hold", "o1", "--by", "Li Hua", "--why", "a court asks"),
    ("destruction", "holds"),
    ("destruction", "release", "o1"),
    ("exchange", "d1", "d2"),
    ("swap", "d2", SPARE),
    ("seals", "--door", "3-201"),
    ("retire", THIRD),
    ("seals", "--door", "3-201"),
    ("exchange", "d1", "d2"),
    ("move", SPARE, "--nowhere"),
    ("move", SPARE, "d2"),
    ("enrol", "--seal", "new", "--door", "d1"),
)


def test_whatever_names_a_door_or_an_order_says_what_people_call_it(menshen, house):
    """An id is random: whoever stands in a stairwell with it is sent to no door."""
    named = set()
    for words in TYPED:
        answer = menshen(*words)
        sentences = re.sub("`[^`]*`", "", f"{answer.out}{answer.err}")  # what is to be typed
        for own_id, called in CALLED.items():
            if re.search(rf"\b{own_id}\b", sentences):
                named.add((words[0], own_id))
                assert called in sentences, (words, sentences)
    assert len(named) >= 11, named
