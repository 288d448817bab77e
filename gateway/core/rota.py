"""Who has duty: weekly shifts, leave, cover and swaps, by the clock on the wall."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is in a grid, and so on which rung of the ladder."""

    WARDEN = "warden"
    DEPUTY = "deputy"
    CAPTAIN = "captain"
    CENTRE = "centre"
    INSTALLER = "installer"
