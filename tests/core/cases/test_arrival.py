"""At the door: proved by the code of the order that held when it was scanned, or not."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.cases.arrival import WRONG_AT_DOOR_MAX, WRONG_BY_ONE_MAX, proof_of
from gateway.core.cases.deeds import Attribution
from gateway.core.cases.milestones import Happened, milestones
from gateway.core.cases.refusal import Refusal
from gateway.core.effects import ActionRefused, CaseMoved, Effect
from gateway.core.events import PersonOnSite
from gateway.core.model import Case, CaseState
from gateway.core.proof import Proof, Scan, WrongScan
from tests.core.actors import DAY, HOUR, MINUTE, Person
from tests.core.timeline import Site

DOOR, OTHER = "1-1", "1-2"
ITS = Scan(DOOR, "order")
CHEN = actor_of("chen")


class Opened(Site):
    """A door that opened at 09:00 with nobody's leave; chen took the case."""

    def __init__(self) -> None:
        super().__init__(DOOR, OTHER)
        self.at("09:00").door(DOOR).opens()
        self.at("09:01").person("chen", DOOR).acknowledges()

    @property
    def open(self) -> Case:
        found = self.case_of(DOOR)
        assert found is not None
        return found

    @property
    def proof(self) -> Proof | None:
        return self.open.proof

    @property
    def latest(self) -> list[Effect]:
        """What followed from the latest event."""
        newest_ms = self.followed[-1][0]
        return [what for at_ms, _, what in self.followed if at_ms == newest_ms]  # type: ignore[misc]

    @property
    def refusal(self) -> Refusal | None:
        refused = [what for what in self.latest if isinstance(what, ActionRefused)]
        return refused[-1].refusal if refused else None


@pytest.mark.parametrize(
    ("scan", "proof"),
    [
        (ITS, Proof.PROVED),
        (None, Proof.UNPROVED),
        (Scan(OTHER, "order"), Proof.OTHER_DOOR),
        (Scan(DOOR, "an older one"), Proof.OTHER_ORDER),
        (Scan(), Proof.UNKNOWN_CODE),
    ],
)
def test_she_is_at_the_door_whatever_she_scans_and_the_case_says_what_it_proves(
    scan: Scan | None, proof: Proof
) -> None:
    site = Opened()
    site.at("09:05").person("chen", DOOR).is_there(scan)
    assert (site.open.state, site.proof) == (CaseState.ON_SITE, proof)
    [result] = [r for r in site.doors[DOOR].recent if r.arrived_ms == site.now_ms]
    assert (result.refusal, result.proof) == (None, proof)


def test_what_was_not_proved_is_proved_afterwards_and_once() -> None:
    site = Opened()
    site.at("09:05").person("chen", DOOR).is_there()
    returns_ms = site.open.returns_ms
    site.at("09:06").person("chen", DOOR).proves(Scan(OTHER, "order"))
    assert site.proof is Proof.OTHER_DOOR
    site.at("09:07").person("li", DOOR).proves(ITS)
    assert site.refusal is Refusal.TAKEN_ALREADY  # li is not the one who is there
    site.at("09:08").person("chen", DOOR).proves(ITS)
    assert site.proof is Proof.PROVED
    assert site.open.returns_ms == returns_ms  # nobody gains an hour by scanning
    site.at("09:09").person("chen", DOOR).proves(ITS)
    assert site.refusal is Refusal.PROVED_ALREADY
    tries = [
        (what.detour.outcome, at_ms)
        for at_ms, _, what in site.followed
        if isinstance(what, CaseMoved) and what.detour
    ]
    assert tries == [
        (Proof.OTHER_DOOR, site.time("09:06")),
        (Proof.PROVED, site.time("09:08")),
    ]


def test_a_wrong_code_at_once_stands_in_the_log_though_the_right_one_follows() -> None:
    site = Opened()
    site.at("09:05").person("chen", DOOR).is_there(Scan(OTHER, "order"))
    site.at("09:06").person("chen", DOOR).proves(ITS)
    detours = [
        what.detour.outcome
        for _, _, what in site.followed
        if isinstance(what, CaseMoved) and what.detour
    ]
    assert detours == [Proof.OTHER_DOOR, Proof.PROVED]


def test_the_code_counts_that_held_when_she_scanned_it_and_not_when_that_came() -> None:
    site = Opened()
    site.at("09:30").door(DOOR).gets_order("09:20", "day 9 09:00", name="new")
    site.at("09:40").person("chen", DOOR).ago(25 * MINUTE).is_there(ITS)  # done at 09:15
    assert site.proof is Proof.PROVED


def test_after_the_new_order_began_the_old_label_proves_nothing_and_the_new_one_does() -> None:
    site = Opened()
    site.at("09:10").door(DOOR).gets_order("09:20", "day 9 09:00", name="new")
    site.at("09:15").person("chen", DOOR).is_there(Scan(DOOR, "new"))
    assert site.proof is Proof.OTHER_ORDER  # stuck on too early
    site.at("09:25").person("chen", DOOR).proves(ITS)
    assert site.proof is Proof.OTHER_ORDER
    site.at("09:26").person("chen", DOOR).proves(Scan(DOOR, "new"))
    assert site.proof is Proof.PROVED


def test_an_order_that_has_just_ended_leaves_its_label_on_the_door() -> None:
    site = Opened()
    arrival = PersonOnSite(site.open.case_id, CHEN, "a", scan=ITS)
    site.at("09:10").door(DOOR).gets_order("07:00", "09:10")  # the same one, ended
    site.at("09:12")
    came = Attribution(CHEN, site.now_ms, site.now_ms)
    assert proof_of(site.doors[DOOR], arrival, came) is Proof.PROVED


def test_whoever_guesses_is_stopped_and_another_can_still_prove_it() -> None:
    site = Opened()
    site.at("09:05").person("chen", DOOR).is_there(Scan())
    for number in range(1, WRONG_BY_ONE_MAX):
        site.at(f"09:{5 + number:02}").person("chen", DOOR).proves(Scan())
        assert site.refusal is None
    site.at("09:20").person("chen", DOOR).proves(ITS)  # not looked at: it would be an oracle
    assert site.refusal is Refusal.TOO_MANY_CODES
    site.at("09:21").person("li", DOOR).is_there(ITS)  # another
    assert site.refusal is Refusal.ON_SITE_ALREADY
    site.at("10:11").person("chen", DOOR).is_there(ITS)  # an hour after the last
    assert site.refusal is None
    assert site.proof is Proof.PROVED
    assert site.doors[DOOR].wrong_scans == ()


def test_an_arrival_counts_though_its_code_is_not_looked_at_any_more() -> None:
    site = Opened()
    site.at("09:05").person("chen", DOOR).is_there(Scan())
    for number in range(1, WRONG_BY_ONE_MAX):
        site.at(f"09:{5 + number:02}").person("chen", DOOR).proves(Scan())
    site.at("09:30").person("chen", DOOR).reports("lawful", despite_seal=True)
    site.at("09:31").door(DOOR).shuts()
    site.at("09:40").door(DOOR).opens()
    site.at("09:41").person("chen", DOOR).is_there(ITS)
    assert (site.open.state, site.proof) == (CaseState.ON_SITE, Proof.NOT_LOOKED_AT)


def test_many_who_guess_at_one_door_are_stopped_together() -> None:
    site = Opened()
    wrong = [WrongScan(actor_of(f"p{n}"), site.now_ms) for n in range(WRONG_AT_DOOR_MAX)]
    chen = Attribution(CHEN, site.now_ms, site.now_ms)
    arrival = PersonOnSite(site.open.case_id, CHEN, "a", scan=ITS)
    door = replace(site.doors[DOOR], wrong_scans=tuple(wrong))
    assert proof_of(door, arrival, chen) is Proof.NOT_LOOKED_AT
    assert proof_of(replace(door, wrong_scans=tuple(wrong[1:])), arrival, chen) is Proof.PROVED


def test_a_case_without_a_door_has_no_code() -> None:
    site = Site(*(f"1-{number}" for number in range(6)))
    for door_id in site.seals:
        site.at("08:00").door(door_id).loses_radio()
    site.live_until(site.now_ms + 12 * HOUR)
    outage = next((o for o in site.outages.outages if o.case), None)
    assert outage is not None
    site.person("chen", "the site").is_there(ITS)
    site.person("chen", "the site").proves(ITS)
    assert site.followed[-1][2].refusal is Refusal.NO_DOOR  # type: ignore[union-attr]
    [held] = [o.case for o in site.outages.outages if o.case]
    assert held.proof is None


def test_others_hear_of_an_arrival_and_once_more_when_its_code_proves_it() -> None:
    site = Opened()
    heard: list[tuple[Happened, Proof | None]] = []
    acts: tuple[Callable[[Person], None], ...] = (
        lambda chen: chen.is_there(Scan()),
        lambda chen: chen.proves(Scan(OTHER, "order")),
        lambda chen: chen.proves(ITS),
    )
    for minute, act in enumerate(acts, 5):
        site.at(f"09:0{minute}")
        before = site.doors[DOOR]
        act(site.person("chen", DOOR))
        moved = [what for what in site.latest if isinstance(what, CaseMoved)]
        heard += [(m.happened, m.proof) for m in milestones(before, moved, site.now_ms)]
    assert heard == [(Happened.ON_SITE, Proof.UNKNOWN_CODE), (Happened.ON_SITE, Proof.PROVED)]


def test_a_code_of_yesterday_is_dated_no_earlier_than_its_case() -> None:
    site = Opened()
    site.at("09:30").door(DOOR).gets_order("08:30", "day 9 09:00", name="new")
    site.at("09:40").person("chen", DOOR).ago(DAY).is_there(ITS)
    assert site.proof is Proof.OTHER_ORDER
