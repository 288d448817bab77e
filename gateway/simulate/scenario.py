"""The scenario of a city, read from one TOML file: checked, or refused with a sentence."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

OURS = Path(__file__).with_name("scenario.toml")
SHIPPED = {"default": OURS, "harsh": OURS.with_name("harsh.toml")}  # by the names of --scenario

Share = Annotated[float, Meta(ge=0, le=1)]
Rate = Annotated[float, Meta(ge=0, le=1_000)]
Length = Annotated[float, Meta(ge=0)]
Range = tuple[Length, Length]


class ScenarioError(Exception):
    """The file cannot be read or means nothing. The text is a sentence for whoever wrote it."""


class Lawful(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of lawful opening."""

    per_day: Rate
    hours: Annotated[list[Range], Meta(min_length=1)]
    lasts_s: tuple[Length, Length, Length]
    announced: Share
    late: Share
    window_min: Annotated[float, Meta(gt=0)]
    longest_min: Annotated[float, Meta(gt=0)]


class Household(Struct, frozen=True, forbid_unknown_fields=True):
    """How a household's door is opened, lawfully."""

    stands_open: Share
    slams: Share
    meal: Lawful
    test: Lawful
    rubbish: Lawful
    parcel: Lawful
    visitor: Lawful

    def kinds(self) -> dict[str, Lawful]:
        """Every kind, by its word."""
        words = ("meal", "test", "rubbish", "parcel", "visitor")
        return {word: getattr(self, word) for word in words}


class Breach(Struct, frozen=True, forbid_unknown_fields=True):
    """People who really leave."""

    per_order: Rate
    order_days: Annotated[int, Meta(ge=1)]
    returns: Share
    away_min: Range


class Contacts(Struct, frozen=True, forbid_unknown_fields=True):
    """Contacts at fault, and people who play with the seal."""

    chatters_per_day: Rate
    every_s: tuple[Annotated[float, Meta(ge=0.1)], Length]
    lasts_min: Range
    tampers_per_day: Rate


class Power(Struct, frozen=True, forbid_unknown_fields=True):
    """Restarts, and batteries that die."""

    cuts_per_day: Rate
    off_s: Range
    batteries_die_per_day: Rate


class Radio(Struct, frozen=True, forbid_unknown_fields=True):
    """What the air, the broker and the router do to a transmission."""

    heartbeat_s: Annotated[int, Meta(ge=1)]
    loss: Share
    late: Share
    delay_ms: tuple[Annotated[int, Meta(ge=40)], int]
    late_ms: tuple[Annotated[int, Meta(ge=40)], int]
    repeated: Share
    fades_per_day: Rate
    fade_min: Range
    fade_loss: Share


class Building(Struct, frozen=True, forbid_unknown_fields=True):
    """What doors share: stairs, power, access points, a postman."""

    stairs: Annotated[int, Meta(ge=1, le=64)]
    doors: Annotated[int, Meta(ge=1, le=200)]
    point_stairs: Annotated[int, Meta(ge=1)]
    mains: Share
    stair_cuts_per_day: Rate
    stair_off_min: Range
    point_fails_per_day: Rate
    point_off_min: Range
    box_share: Share
    box_dies_per_day: Rate
    box_dead_h: Range
    rounds_per_day: Rate
    round_share: Share
    recurring: Share
    allowing: Share
    openings_a_day: Annotated[int, Meta(ge=0)]


class Warden(Struct, frozen=True, forbid_unknown_fields=True):
    """The person who is paged."""

    doors: Annotated[int, Meta(ge=1)]
    acknowledges_s: Range
    arrives_min: Range
    closes_min: Range


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """Households that use their page, and how. Without this table, none does."""

    share: Share = 0.0  # of households
    remembers: Share = 0.6  # of openings that were forgotten, said "now for ten minutes"
    announces_min: tuple[float, float] = (-2.0, 15.0)  # when, from the opening on
    asks_per_day: Share = 0.4
    served_min: Range = (10, 240)  # until a request is taken, and from then until it is done
    answers: Share = 0.7  # of silent seals, that it is in its place: true or not
    answers_min: Range = (2, 120)
    disputes: Share = 0.1  # of cases of a breach


class Goal(Struct, frozen=True, forbid_unknown_fields=True):
    """What the rules must reach in this city."""

    false_pages_per_100_household_days: Rate = 0.5


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the truth is made from."""

    household: Household
    breach: Breach
    contact: Contacts
    power: Power
    radio: Radio
    building: Building
    warden: Warden
    page: Page = Page()
    goal: Goal = Goal()


def load(path: Path = OURS) -> Scenario:
    """Read and check a file. ScenarioError with a sentence if it is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} is no TOML file: {error}") from error
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{path}: {_told(str(error))}") from error
    wrong = _wrong(scenario)
    if wrong:
        raise ScenarioError(f"{path}: {wrong}")
    return scenario


def _wrong(scenario: Scenario) -> str | None:
    """What no single value shows: a sentence, or None."""
    for where, pair in _ranges(scenario):
        if list(pair) != sorted(pair):
            return f"{where} must rise from left to right, not {list(pair)}"
    for word, kind in scenario.household.kinds().items():
        if kind.announced + kind.late > 1:
            return f"household.{word}: announced and late are more than 1"
        if any(hours[1] > 24 for hours in kind.hours):
            return f"household.{word}.hours: a day has 24 hours"
    return None


def _told(error: str) -> str:
    """The library's sentence, with the place first and in a word of ours."""
    problem, _, where = error.partition(" - at `$")
    place = where.strip("`.") or "the file"
    return f"{place}: {problem.replace('Object', 'The table')}"


def _ranges(scenario: Scenario) -> list[tuple[str, tuple[float, ...]]]:
    """Every pair of a least and a most, with its place in the file."""
    ranges: list[tuple[str, tuple[float, ...]]] = []
    for word, kind in scenario.household.kinds().items():
        ranges += [(f"household.{word}.hours", hours) for hours in kind.hours]
        ranges.append((f"household.{word}.lasts_s", kind.lasts_s))
    for section in ("breach", "contact", "power", "radio", "building", "warden", "page"):
        for name, value in msgspec.structs.asdict(getattr(scenario, section)).items():
            if isinstance(value, tuple):
                ranges.append((f"{section}.{name}", value))
    return ranges
