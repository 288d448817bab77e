"""All contacts of a household know the same of it, and a third one that stays shut changes nothing.

Each works out for itself what the household's openings were and what is left of its permits
(`household`), from what the others tell it. So random lives end with the same in all of them.
"""

import random

import pytest

from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.effects import CaseMoved, OpeningBegan, OpeningRedated, PageDue, PermitSpent
from gateway.core.events import OrderPlaced, PermitAnnounced, ReportHeld
from gateway.core.model import OPEN, Order, Permit, Policy
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.timeline import Site

FRONT, BACK, WINDOW = "1-101", "1-101-back", "1-101-window"
LIVES, STEPS = 12, 90
PAUSES = (1, 500, 1_500, 5 * SECOND, 20 * SECOND, MINUTE, 400 * SECOND, 50 * MINUTE)
TOLD = CaseMoved | PageDue | OpeningBegan | OpeningRedated | PermitSpent


def announces(site: Site, door_id: str, step: int, number: int) -> None:
    """A permit, perhaps a daily one, perhaps of what was."""
    start = number * 7 % 1440
    daily = ((start, (start + 90) % 1440),) if number % 3 == 0 else ()
    times = site.now_ms - number % 5 * MINUTE, site.now_ms + (number % 60 + 1) * MINUTE
    how = number % 3 + number % 2, (number % 9 + 1) * MINUTE
    site.tell(door_id, PermitAnnounced(Permit(f"p{step}", *times, *how, "Li", "meal", daily)))


def orders(site: Site, door_id: str, number: int) -> None:
    """An order, or another end of one."""
    from_ms = site.now_ms + (number % 5 - 3) * HOUR
    policy = Policy(number % 3, 5 * MINUTE if number & 1 else None)
    to_ms = from_ms + number % 4 * HOUR + MINUTE
    site.tell(door_id, OrderPlaced(Order(f"o{number % 5}", from_ms, to_ms, policy)))


def visits(site: Site, door_id: str, number: int) -> None:
    """Work at one of the seals."""
    times = site.now_ms + (number % 7 - 3) * MINUTE, site.now_ms + number % 50 * MINUTE
    visit = Visit(f"v{number % 5}", site.seals[door_id].seal_id, *times, "Chen")
    site.tell(door_id, VisitAnnounced(visit))


def was_held(site: Site, door_id: str, number: int) -> None:
    """A copy shows that its latest opening was earlier."""
    latest = site.doors[door_id].opening or site.doors[door_id].ended
    seq = "" if latest is None else latest.opening_id.rsplit("-", 1)[1]
    if latest is not None and seq.isdigit():
        edge_ms = latest.opened_ms - number % 30 * 30 * SECOND
        site.tell(door_id, ReportHeld(site.seals[door_id].seal_id, int(seq), edge_ms))


def fails(site: Site, door_id: str, number: int) -> None:
    """Its seal has no radio, or no power, for a while; or it speaks."""
    door, seal = site.door(door_id), site.seals[door_id]
    if number % 3 == 0:
        door.loses_radio() if seal.radio else door.gets_radio()
    elif number % 3 == 1:
        door.loses_power() if seal.power else door.gets_power()
    else:
        door.speaks()


def lives(site: Site, seed: int) -> Site:
    """Two of its doors at random; the third one's seal only says that it is there."""
    chance = random.Random(seed)  # noqa: S311 - a life, no secret
    for step in range(STEPS):
        door_id, number = chance.choice((FRONT, BACK)), chance.randrange(100)
        door = site.door(door_id)
        match chance.randrange(12):
            case 0:
                announces(site, door_id, step, number)
            case 1:
                orders(site, door_id, number)
            case 2:
                visits(site, door_id, number)
            case 3:
                was_held(site, door_id, number)
            case 4 | 5 | 6:
                fails(site, door_id, number)
            case _:
                door.shuts() if site.seals[door_id].leaf is OPEN else door.opens()
        site.live_until(site.now_ms + chance.choice(PAUSES))
    return site


def known(site: Site, door_id: str) -> object:
    """What one contact knows of its household."""
    door = site.doors[door_id]
    left = [(permit.permit_id, permit.openings, permit.spent) for permit in door.permits]
    openings = {o.opening_id: (o.reason, o.cover, o.is_settled) for o in door.openings_beside}
    return left, door.allowed, openings


def told(site: Site) -> list[str]:
    """What followed at the two doors."""
    return [
        f"{at_ms} {place} {what}"
        for at_ms, place, what in site.followed
        if place in (FRONT, BACK) and isinstance(what, TOLD)
    ]


@pytest.mark.parametrize("seed", range(LIVES))
def test_all_contacts_know_the_same_and_a_third_changes_nothing(seed: int) -> None:
    doors = FRONT, BACK, WINDOW
    two = lives(Site(*doors, households=((FRONT, BACK),)), seed)
    three = lives(Site(*doors, households=(doors,)), seed)
    assert known(two, FRONT) == known(two, BACK), f"seed {seed}"
    assert known(three, FRONT) == known(three, BACK) == known(three, WINDOW), f"seed {seed}"
    assert told(two) == told(three), f"seed {seed}"
    assert told(two), "a life in which nothing happened"
