"""What a household asks for is somebody's task until it is done."""

import pytest

from gateway.core.actor import CENTRE, Acting, Actor
from gateway.core.events import DoorEnded, DoorPlaced, OrderPlaced, RulesSet
from gateway.core.households.effects import RequestMoved
from gateway.core.households.events import (
    RequestAction,
    RequestAsked,
    RequestAtTheDoor,
    RequestDeclined,
    RequestDone,
    RequestLeft,
    RequestOnTheWay,
    RequestTaken,
    RequestWithdrawn,
)
from gateway.core.households.model import RequestKind, RequestState
from gateway.core.households.requests import (
    REQUESTS_OPEN_MAX,
    TABLE,
    RequestDeed,
    allowed,
)
from gateway.core.model import Permit
from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import SITE, of_door
from tests.core.households.home import CHEN, EIGHT, HOME, LIU, MA, Home
from tests.core.story import DAY, HOUR, MINUTE


def do(
    home: Home,
    kind: type[RequestAction],
    request_id: str,
    by: Actor = CHEN,
    for_centre: bool = False,
) -> str | None:
    action_id = home.action()
    return home.does(
        kind(action_id=action_id, actor=by, for_centre=for_centre, request_id=request_id)
    )


def states(home: Home) -> list[RequestState]:
    return [e.request.state for e in home.effects if isinstance(e, RequestMoved)]


def test_food_is_asked_for_taken_brought_and_done_and_its_permit_lasts_a_little_longer() -> None:
    home = Home()
    permit = Permit("p1", EIGHT, EIGHT + 8 * HOUR, 1, 5 * MINUTE, "~w", "~y")
    request_id = home.asks(RequestKind.FOOD, permit=permit)
    assert [p.permit_id for p in home.door.permits] == ["p1"]
    assert home.told_who() == ["chen"]
    for kind in (RequestTaken, RequestOnTheWay, RequestAtTheDoor, RequestDone):
        home.now_ms += MINUTE
        assert do(home, kind, request_id) is None
    assert states(home) == ["asked", "taken", "on_the_way", "at_the_door", "done"]
    assert home.household.requests == ()
    (ends,) = [p.to_ms for p in home.door.permits]
    assert ends == home.now_ms + Rules().request_taking_in_ms
    home.until(EIGHT + 20 * HOUR)
    assert home.told_who() == ["chen"], "nobody is told of what is done"
    assert do(home, RequestDone, request_id) == "no_such_request"


def test_nobody_takes_it_so_the_next_are_told_by_day_and_again_the_next_day() -> None:
    home, rules = Home(), Rules()
    home.now_ms = EIGHT + 11 * HOUR + 45 * MINUTE  # a quarter before the day ends
    home.asks(RequestKind.RUBBISH)
    home.until(EIGHT + DAY + 4 * HOUR)
    times = [(who, at_ms - EIGHT) for at_ms, who, _ in home.told]
    assert times[0] == ("chen", 11 * HOUR + 45 * MINUTE)
    assert all(at % DAY < 12 * HOUR for _, at in times), "nobody is woken for rubbish"
    assert [who for who, _ in times[:3]] == ["chen", "liu", "wang"]
    assert times[2][1] - times[1][1] == rules.request_captain_ms - rules.request_deputy_ms


def test_a_request_at_night_waits_for_the_morning_and_a_doctor_does_not() -> None:
    home = Home()
    home.now_ms = EIGHT + 15 * HOUR  # 23:00
    home.asks(RequestKind.FOOD)
    assert home.told == []
    home.asks(RequestKind.DOCTOR)
    assert home.told == [(home.now_ms, "chen", "doctor_asked")]
    home.until(EIGHT + 15 * HOUR + 25 * MINUTE)
    assert home.told_who() == ["chen", "liu", "wang"]
    home.until(EIGHT + DAY)
    assert ("chen", "request_asked") in [(who, why) for _, who, why in home.told]


def test_what_was_taken_and_not_done_comes_back_to_who_has_it_and_then_to_others() -> None:
    home = Home()
    request_id = home.asks(RequestKind.MEDICINE)
    assert do(home, RequestTaken, request_id, LIU) is None
    home.until(EIGHT + 4 * HOUR)
    assert home.told_who() == ["chen", "liu"]
    home.until(EIGHT + 5 * HOUR)
    assert home.told_who() == ["chen", "liu", "chen"], "and whoever was told has it already"
    assert do(home, RequestDone, request_id, CHEN) == "not_holder"
    assert do(home, RequestDone, request_id, CENTRE) is None


def test_who_signed_in_at_the_centres_desk_ends_what_another_has_and_keeps_their_name() -> None:
    home = Home()
    request_id = home.asks(RequestKind.MEDICINE)
    assert do(home, RequestTaken, request_id, LIU) is None
    assert do(home, RequestDone, request_id, MA) == "not_holder", "her duty alone says nothing"
    assert do(home, RequestDone, request_id, MA, for_centre=True) is None
    (done,) = [e for e in home.effects if isinstance(e, RequestMoved) and e.request.state == "done"]
    assert (done.by, done.request.taken_by) == (MA, MA)


def test_who_cannot_do_it_gives_it_back_and_the_first_are_told_anew() -> None:
    home = Home()
    request_id = home.asks(RequestKind.OTHER, "~1.k.words")
    assert do(home, RequestTaken, request_id) is None
    assert do(home, RequestTaken, request_id) == "done_already"
    assert do(home, RequestTaken, request_id, LIU) == "taken_already"
    home.now_ms += MINUTE
    assert do(home, RequestLeft, request_id) is None
    assert home.told_who() == ["chen", "chen"]
    assert home.household.requests[0].taken_by is None


def test_declining_says_why_and_ends_the_permit_at_once() -> None:
    home = Home()
    permit = Permit("p1", EIGHT, EIGHT + 8 * HOUR, 1, 5 * MINUTE, "~w", "~y")
    request_id = home.asks(RequestKind.FOOD, permit=permit)
    decline = RequestDeclined(action_id=home.action(), actor=CHEN, request_id=request_id, why="")
    assert home.does(decline) == "why_missing"
    home.now_ms += MINUTE
    why = RequestDeclined(action_id=home.action(), actor=CHEN, request_id=request_id, why="~n")
    assert home.does(why) is None
    assert home.door.permits[0].to_ms == home.now_ms


def test_a_household_takes_back_what_it_asked_for_until_somebody_stands_at_the_door() -> None:
    home = Home()
    first, second = home.asks(RequestKind.FOOD), home.asks(RequestKind.FOOD)
    assert do(home, RequestAtTheDoor, second) is None
    withdraw = [RequestWithdrawn(action_id=home.action(), request_id=r) for r in (first, second)]
    assert [home.does(event) for event in withdraw] == [None, "on_site_already"]
    assert home.does(withdraw[0]) == "repeated"


def test_so_many_at_once_so_many_a_day_and_none_without_an_order() -> None:
    home = Home(days=2)
    rules = Rules()
    asked = [home.asks(RequestKind.FOOD) for _ in range(rules.requests_open)]
    more = RequestAsked(action_id="x", request_id="request-x", kind=RequestKind.FOOD)
    assert home.does(more) == "too_many"
    for request_id in asked:
        home.does(RequestWithdrawn(action_id=home.action(), request_id=request_id))
    for _ in range(rules.requests_a_day - rules.requests_open):
        home.does(RequestWithdrawn(action_id=home.action(), request_id=home.asks(RequestKind.FOOD)))
    late = RequestAsked(action_id="y", request_id="request-y", kind=RequestKind.FOOD)
    assert home.does(late) == "too_many"
    home.until(EIGHT + 2 * DAY)
    after = RequestAsked(action_id="z", request_id="request-z", kind=RequestKind.FOOD)
    assert home.does(after) == "no_order"
    nothing = RequestAsked(action_id="w", request_id="request-w", kind=RequestKind.OTHER)
    home.order("o2", 4)
    assert home.does(nothing) == "words_missing"


def test_what_was_asked_for_a_day_ago_is_no_more_of_this_day() -> None:
    home = Home()
    for _ in range(Rules().requests_a_day):
        home.does(RequestWithdrawn(action_id=home.action(), request_id=home.asks(RequestKind.FOOD)))
    home.until(EIGHT + DAY - 1)
    early = RequestAsked(action_id="x", request_id="request-x", kind=RequestKind.FOOD)
    assert home.does(early) == "too_many"
    home.until(EIGHT + DAY)
    home.asks(RequestKind.FOOD)
    assert home.household.asked_ms == (EIGHT + DAY,)


def test_of_a_site_that_allows_more_a_household_has_so_many_open_at_most() -> None:
    home = Home()
    many = Rules(requests_open=REQUESTS_OPEN_MAX + 9, requests_a_day=99)
    home.apply(SITE, RulesSet(Rulebook(many)))
    for _ in range(REQUESTS_OPEN_MAX):
        home.asks(RequestKind.RUBBISH)
    more = RequestAsked(action_id="x", request_id="request-x", kind=RequestKind.FOOD)
    assert home.does(more) == "too_many"


def test_requests_end_with_the_order_also_one_that_is_shortened() -> None:
    home = Home()
    home.asks(RequestKind.FOOD)
    home.order("o1", 1)
    home.until(EIGHT + DAY + MINUTE)
    assert states(home)[-1] == "order_over"
    assert home.household.requests == ()
    assert home.turn.due_ms(home.steps[-1].subject) is None


def test_every_state_has_an_answer_for_every_deed_and_buttons_are_what_may_be_done() -> None:
    assert all(set(row) == set(RequestDeed) for row in TABLE.values())
    home = Home()
    request_id = home.asks(RequestKind.FOOD)
    deeds = {
        RequestDeed.TAKE: RequestTaken,
        RequestDeed.ON_THE_WAY: RequestOnTheWay,
        RequestDeed.AT_THE_DOOR: RequestAtTheDoor,
        RequestDeed.DONE: RequestDone,
        RequestDeed.LEAVE: RequestLeft,
    }
    for kind in (RequestTaken, RequestOnTheWay, RequestAtTheDoor):
        assert do(home, kind, request_id) is None
        buttons = allowed(home.household.requests[0], Acting(CHEN))
        for deed in set(deeds) & set(buttons):
            turn, before = home.turn, home.household
            assert do(home, deeds[deed], request_id) is None, deed
            turn.households[HOME] = before  # as if it had not been pressed


@pytest.mark.parametrize("kind", list(RequestKind))
def test_offline_acts_are_dated_when_they_were_done(kind: RequestKind) -> None:
    home = Home()
    request_id = home.asks(kind, "~w")
    home.now_ms += 2 * HOUR
    event = RequestTaken(action_id="off", actor=CHEN, request_id=request_id, age_ms=HOUR)
    assert home.does(event) is None
    moved = [e for e in home.effects if isinstance(e, RequestMoved)][-1]
    assert (moved.at_ms, moved.done_ms) == (home.now_ms, home.now_ms - HOUR)


def test_the_permit_of_a_request_is_on_every_contact_of_the_household() -> None:
    home = Home()
    for door, other in ((HOME, "501-b"), ("501-b", HOME)):
        home.apply(of_door(door), DoorPlaced("g", household=HOME, beside=(other,)))
    assert home.household.home == (HOME, "501-b")
    permit = Permit("p1", EIGHT, EIGHT + 8 * HOUR, 1, 5 * MINUTE, "~w", "~y")
    request_id = home.asks(RequestKind.FOOD, permit=permit)
    other = home.turn.door("501-b")
    assert [p.permit_id for p in (*home.door.permits, *other.permits)] == ["p1", "p1"]
    assert do(home, RequestAtTheDoor, request_id) is None
    assert do(home, RequestDone, request_id) is None
    ends = {p.to_ms for one in (HOME, "501-b") for p in home.turn.door(one).permits}
    assert ends == {home.now_ms + Rules().request_taking_in_ms}


def test_a_contact_that_went_out_of_use_ends_no_order_of_its_household() -> None:
    home = Home()
    for door_id, beside in ((HOME, f"{HOME}-back"), (f"{HOME}-back", HOME)):
        household = "" if door_id == HOME else HOME
        home.apply(of_door(door_id), DoorPlaced("g", (), household, (beside,)))
    back = of_door(f"{HOME}-back")
    home.apply(back, OrderPlaced(home.door.orders[0]))
    home.apply(back, DoorEnded())
    home.asks(RequestKind.OTHER, "~w")
    assert [request.state for request in home.household.requests] == [RequestState.ASKED]
