"""The lives that are written down, by their seeds."""

from tests.core.actors import MINUTE
from tests.core.lives import of_doors, of_homes, of_people, of_registry, of_the_site
from tests.core.lives.life import Happening, Life

# Of the first sixty, those that together reach nearly every branch that all of them reach.
SEEDS = (1, 6, 9, 10, 11, 13, 20, 26, 39, 40, 51, 59)
HAPPENED = 240  # in a life
PLACED_FIRST = 4  # orders, before anything else happens
HEARTBEATS_MS = (40 * MINUTE, 80 * MINUTE, 160 * MINUTE)
HAPPENINGS: dict[Happening, int] = {
    **of_doors.HAPPENINGS,
    **of_registry.HAPPENINGS,
    **of_people.HAPPENINGS,
    **of_homes.HAPPENINGS,
    **of_the_site.HAPPENINGS,
}


def lived(seed: int) -> Life:
    """The life of this seed."""
    settings = of_the_site.SETTINGS
    heartbeat_ms = HEARTBEATS_MS[seed % len(HEARTBEATS_MS)]
    life = Life(seed, settings[seed % len(settings)], heartbeat_ms)
    for _ in range(PLACED_FIRST):
        of_registry.order(life)
    for _ in range(HAPPENED):
        life.dice.weighed(HAPPENINGS)(life)
        life.pauses()
    return life
