"""The keys of `[household]` that say what may be asked of people, and how soon they answer."""

from typing import Annotated, Self

from msgspec.structs import replace
from pydantic import Field, model_validator

from gateway.core.duration import DAY_MS
from gateway.core.rules import Rules
from gateway.settings.section import Section


class HouseholdMatters(Section):
    """Requests, disputes and daily reports of health."""

    requests_open: Annotated[
        int, Field(ge=1, le=32, description="requests of one household at once, 1 to 32")
    ] = 6
    requests_a_day: Annotated[
        int, Field(ge=1, le=100, description="requests of one household in 24 hours, 1 to 100")
    ] = 12
    dispute_days: Annotated[
        int, Field(ge=1, le=30, description="days until a disputed record is answered, 1 to 30")
    ] = 3
    disputes_open: Annotated[
        int, Field(ge=1, le=20, description="unanswered disputes of one household, 1 to 20")
    ] = 4
    health_remind_min: Annotated[
        int,
        Field(
            ge=0,
            le=1_439,
            description="minutes after midnight: who has not reported is reminded, 0 to 1439",
        ),
    ] = 720
    health_ask_min: Annotated[
        int,
        Field(ge=0, le=1_439, description="minutes after midnight: then a warden asks, 0 to 1439"),
    ] = 960

    @model_validator(mode="after")
    def _reminds_first(self) -> Self:
        if self.health_remind_min >= self.health_ask_min:
            raise ValueError(
                f"household.health_ask_min is {self.health_ask_min}, no later than "
                f"household.health_remind_min, which is {self.health_remind_min}; set it later, "
                "so that a household is reminded before anybody asks"
            )
        return self

    def rules(self, rules: Rules) -> Rules:
        """The site's rules with these numbers in them."""
        return replace(
            rules,
            requests_open=self.requests_open,
            requests_a_day=self.requests_a_day,
            dispute_ms=self.dispute_days * DAY_MS,
            disputes_open=self.disputes_open,
            health_remind_min=self.health_remind_min,
            health_ask_min=self.health_ask_min,
        )
