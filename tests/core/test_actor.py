"""Who acts, and how a column names them."""

import pytest

from gateway.core.actor import CENTRE, Acting, Actor, ActorKind, actor_of, of_account
from gateway.registry.fields import an_id


@pytest.mark.parametrize("actor", [CENTRE, of_account("chen"), Actor(ActorKind.WARDEN, "wang")])
def test_a_column_s_word_leads_back_to_whoever_acted(actor: Actor) -> None:
    assert actor_of(actor.actor_id) == actor


def test_two_who_signed_in_are_two_people_and_no_warden_can_be_taken_for_one() -> None:
    assert of_account("chen") != of_account("lin")
    with pytest.raises(ValueError, match="allowed are"):
        an_id(of_account("chen").actor_id)


def test_what_is_the_centres_is_of_who_sits_at_its_desk_and_what_is_somebodys_is_theirs() -> None:
    wang, desk = Actor(ActorKind.WARDEN, "wang"), of_account("lin")
    at_home, at_the_desk = Acting(wang), Acting(desk, for_centre=True)
    assert [acting.is_centre for acting in (at_home, at_the_desk, Acting(CENTRE))] == [
        False,
        True,
        True,
    ]
    assert [at_the_desk.is_meant_by(actor) for actor in (CENTRE, desk, wang, None)] == [
        True,
        True,
        False,
        False,
    ]
    assert [at_home.is_meant_by(actor) for actor in (CENTRE, wang, None)] == [False, True, False]
