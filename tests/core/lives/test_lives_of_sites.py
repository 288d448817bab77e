"""Sites that live at random, and of each step what the core made of it when that was written down.

What this guards: that no change of the core's behaviour goes unnoticed, whatever it was made for.
A chronicle (tests/core/chronicle) has the days that somebody thought of, in words; here is what
nobody thought of, by the thousand: several doors of households, their orders, permits, people,
requests, disputes, health, troubles, outages, clocks in doubt, restarts and late reports, all at
once. What was journaled once means the same for ever: a site that is put back from its journal, or
whose gateway is another release, is in the state in which it was.

Of each step a checksum is kept, so what fails says the first step that is otherwise, with those
before it, which are as they were. Where that is on purpose, `python -m tests.core.lives` writes all
anew. The lives are made by seeds of their own and ask for nothing of the machine.
"""

from pathlib import Path

import pytest
from msgspec import json

from gateway.core.events import Event
from gateway.core.site import SiteState, SiteTurn
from tests.core.checksums import otherwise
from tests.core.lives.lives import SEEDS, lived


def path_of(seed: int) -> Path:
    return Path(__file__).with_name(f"life_{seed:02}.sums")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_lives_as_it_was_written_down(seed: int) -> None:
    told = otherwise(path_of(seed), lived(seed).lines)
    assert not told, told


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_its_journal_alone_makes_it_what_it_was(seed: int) -> None:
    life = lived(seed)
    turn = SiteTurn(SiteState(life.rulebook))
    for at_ms, subject, event in life.roots:
        turn.apply(at_ms, subject, json.decode(json.encode(event), type=Event))
    life.commits()
    assert life.state is not None
    assert dict(turn.doors) == life.state.doors
    assert turn.households == life.state.households
    assert (turn.outages, turn.troubles) == (life.state.outages, life.state.troubles)
    assert turn.router.people == life.state.router.people
