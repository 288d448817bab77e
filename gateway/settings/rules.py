"""The numbers of the rules that a site may set, for all its doors, and for single door classes."""

from itertools import pairwise
from typing import Annotated, Any, Self

import msgspec
from pydantic import Field, GetCoreSchemaHandler, create_model, model_validator
from pydantic_core import CoreSchema, core_schema

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.rules import Rules
from gateway.settings.section import Section

CLASSES_MAX = 32

# name -> from, to, and what it is for. Milliseconds end in _ms, minutes after midnight in _min.
LIMITS: dict[str, tuple[int, int, str]] = {
    "off_delay_ms": (0, MINUTE_MS, "open again so soon: one opening"),
    "burst_count": (2, 100, "so many refused messages of a seal ..."),
    "burst_window_ms": (SECOND_MS, HOUR_MS, "... within this are a case"),
    "chatter_openings": (2, 20, "so many openings of a door ..."),
    "chatter_window_ms": (SECOND_MS, HOUR_MS, "... within this: a fault"),
    "chatter_joined": (2, 1_000, "so often open again: a fault too"),
    "settle_ms": (SECOND_MS, DAY_MS, "quiet so long: believed"),
    "backlog_ms": (0, 10 * MINUTE_MS, "what waits in a seal comes in it"),
    "grace_ms": (0, DAY_MS, "announced so late still counts"),
    "open_after_restart_ms": (
        SECOND_MS,
        HOUR_MS,
        "found open after a restart, and still so: a case",
    ),
    "late_heartbeats": (1, 100, "not heard for so many heartbeats: late"),
    "lost_heartbeats": (2, 1_000, "and for so many: lost"),
    "silence_ms": (MINUTE_MS, DAY_MS, "lost so long, by day: the installer is told"),
    "day_from_min": (0, 1_439, "the installer's day begins so many minutes after midnight"),
    "day_to_min": (0, 1_439, "and ends"),
    "outage_doors": (2, 1_000, "so many silent doors of an area can be an outage"),
    "outage_gather_ms": (SECOND_MS, HOUR_MS, "what falls silent within it has one cause"),
    "outage_settle_ms": (SECOND_MS, HOUR_MS, "heard again so long: the outage is over"),
    "blind_doors": (1, 1_000, "so many silent doors under an order ..."),
    "blind_percent": (1, 100, "... and so many of a hundred: the watch is lost"),
    "second_ms": (SECOND_MS, HOUR_MS, "no answer: the warden's other channels"),
    "deputy_ms": (SECOND_MS, HOUR_MS, "then the deputy, from the beginning"),
    "captain_ms": (SECOND_MS, HOUR_MS, "then the captain of the grid"),
    "centre_ms": (SECOND_MS, HOUR_MS, "then the centre"),
    "again_ms": (SECOND_MS, HOUR_MS, "then all of them again"),
    "fault_captain_ms": (MINUTE_MS, 7 * DAY_MS, "a fault that nobody takes: the captain"),
    "fault_centre_ms": (MINUTE_MS, 7 * DAY_MS, "then the centre"),
    "fault_again_ms": (MINUTE_MS, 7 * DAY_MS, "then all of them again"),
    "question_warden_ms": (MINUTE_MS, DAY_MS, "silent after a lawful opening: the warden, by day"),
    "question_captain_ms": (MINUTE_MS, 7 * DAY_MS, "then the captain, by day"),
    "request_deputy_ms": (MINUTE_MS, DAY_MS, "a request that nobody takes, by day: the deputy"),
    "request_captain_ms": (MINUTE_MS, DAY_MS, "then the captain"),
    "request_again_ms": (MINUTE_MS, DAY_MS, "then all of them again"),
    "doctor_deputy_ms": (MINUTE_MS, HOUR_MS, "a doctor is asked for, at any hour: the deputy"),
    "doctor_captain_ms": (MINUTE_MS, 2 * HOUR_MS, "then the captain"),
    "request_taken_ms": (MINUTE_MS, 2 * DAY_MS, "a request that is taken and not done: told again"),
    "request_taking_in_ms": (0, DAY_MS, "done: its opening is allowed for so long still"),
    "taken_ms": (MINUTE_MS, DAY_MS, "taken, and nobody there: it comes back"),
    "on_site_ms": (MINUTE_MS, DAY_MS, "there, and nothing reported: it comes back"),
    "fault_taken_ms": (MINUTE_MS, 7 * DAY_MS, "a taken fault, or a report alone that is missing"),
    "review_ms": (MINUTE_MS, 30 * DAY_MS, "reported and not assessed or signed off: told"),
    "take_back_ms": (0, 10 * MINUTE_MS, "who reported it may take that back for so long"),
    "shelf_ms": (MINUTE_MS, 8 * HOUR_MS, "the longest that a case may be put aside"),
    "canary_ms": (10 * SECOND_MS, HOUR_MS, "the canary's door opens so often"),
    "canary_missed": (1, 10, "so many in a row not received: a case"),
    "daily_test_from_min": (0, 1_439, "each person's daily test comes so many minutes ..."),
    "daily_test_to_min": (0, 1_439, "... to so many after midnight; the same: at that minute"),
    "unreached_ms": (2 * HOUR_MS, 14 * DAY_MS, "nothing came through to somebody so long: a case"),
    "pages_most": (2, 100, "nobody gets more pages ..."),
    "pages_window_ms": (MINUTE_MS, HOUR_MS, "... within this"),
}
_ONE_FOR_ALL = {  # they are about people and areas, so no class of doors has its own
    "outage_doors",
    "outage_gather_ms",
    "outage_settle_ms",
    "blind_doors",
    "blind_percent",
    "pages_most",
    "pages_window_ms",
    "take_back_ms",
    "request_deputy_ms",
    "request_captain_ms",
    "request_again_ms",
    "doctor_deputy_ms",
    "doctor_captain_ms",
    "request_taken_ms",
    "request_taking_in_ms",
    "daily_test_from_min",
    "daily_test_to_min",
    "unreached_ms",
}


def _number(name: str) -> Any:
    least, most, words = LIMITS[name]
    return Annotated[int, Field(ge=least, le=most, description=f"{least} to {most} ({words})")]


def _switch(words: str) -> Any:
    return Annotated[bool, Field(description=f"true or false ({words})")]


_SIGN_OFF = _switch("reported cases are signed off")
_DAILY_TEST = _switch("the way to each person is tested once a day")
_DAILY_TEST_TEXTS = _switch("also by what they read themselves: SMS, chat, mail")

_OF_SITE: dict[str, Any] = {name: (_number(name), getattr(Rules(), name)) for name in LIMITS}
_OF_CLASS: dict[str, Any] = {
    name: (_number(name) | None, None) for name in LIMITS if name not in _ONE_FOR_ALL
}

_IN_ORDER = (  # each may not be less than the one before
    ("late_heartbeats", "lost_heartbeats"),
    ("second_ms", "deputy_ms", "captain_ms", "centre_ms", "again_ms"),
    ("fault_captain_ms", "fault_centre_ms", "fault_again_ms"),
    ("request_deputy_ms", "request_captain_ms", "request_again_ms"),
    ("doctor_deputy_ms", "doctor_captain_ms"),
    ("question_warden_ms", "question_captain_ms", "fault_again_ms"),
)


def check_order(section: str, rules: Any) -> None:
    """ValueError with a sentence where one step would be told before the one below it."""
    for names in _IN_ORDER:
        for lower, upper in pairwise(names):
            least, value = getattr(rules, lower), getattr(rules, upper)
            if value < least:
                raise ValueError(
                    f"{section}.{upper} is {value}, less than {section}.{lower}, which is {least}; "
                    f"set {upper} to {least} or more"
                )


class _Ordered(Section):
    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        check_order("rules", self)
        return self


RulesSection = create_model(
    "RulesSection",
    __base__=_Ordered,
    __doc__="The numbers of the rules. Milliseconds end in _ms, minutes after midnight in _min.",
    **_OF_SITE,
    sign_off=(_SIGN_OFF, True),
    daily_test=(_DAILY_TEST, True),
    daily_test_texts=(_DAILY_TEST_TEXTS, True),
)
_ClassKeys: Any = create_model(
    "_ClassKeys", __base__=Section, **_OF_CLASS, sign_off=(_SIGN_OFF | None, None)
)


class ClassSection(_ClassKeys, Section):  # type: ignore[misc] # made from a table
    """What is otherwise for the doors of one class."""


class AsRules:
    """Lets `rules` be read as a section and be the core's own record afterwards."""

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def as_rules(value: Any, section: Any) -> Rules:
            return value if isinstance(value, Rules) else Rules(**section(value).model_dump())

        return core_schema.no_info_wrap_validator_function(
            as_rules, handler.generate_schema(RulesSection)
        )


def of_class(rules: Rules, section: Section) -> Rules:
    """The site's rules, but for what the class sets otherwise."""
    changed = {name: value for name, value in section.model_dump().items() if value is not None}
    return msgspec.structs.replace(rules, **changed)
