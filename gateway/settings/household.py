"""The section `[household]`: what the site promises those who live behind its doors."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.language import peoples_text
from gateway.language.peoples_text import TextError
from gateway.settings.fields import Secret, Url
from gateway.settings.matters import HouseholdMatters
from gateway.settings.signing_secret import signing_key

LINE_MAX: Final = 200


def _line(text: str) -> str:
    """Nothing, or one line. ValueError for more."""
    try:
        return peoples_text.line(text, LINE_MAX) if text else ""
    except TextError:
        raise ValueError from None


class Household(HouseholdMatters):
    """What the notice tells each household, what its page allows, and how soon what is known of it
    is destroyed: the limits can be made shorter, never longer."""

    controller: Annotated[
        str,
        AfterValidator(_line),
        Field(description='who is responsible for it, in one line, or "" for the site\'s name'),
    ] = ""
    complaints: Annotated[
        str,
        AfterValidator(_line),
        Field(description="where to complain (office, telephone), in one line"),
    ] = ""
    ground: Annotated[
        Literal["emergency", "consent"],
        Field(
            description='"emergency" (a public body acts by the law of the emergency) or "consent" '
            "(the household agreed, and may take that back)"
        ),
    ] = "emergency"
    link_hours: Annotated[
        int,
        Field(
            ge=1,
            le=24,
            description="hours after an order until nobody can tell any more who it was, 1 to 24",
        ),
    ] = 24
    destroy_days: Annotated[
        int,
        Field(ge=1, le=14, description="days after an order until all of it is gone, 1 to 14"),
    ] = 14
    announcements_a_day: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="openings that a household may announce by itself for one day, 1 to 100",
        ),
    ] = 12
    sms_url: Annotated[
        Url,
        Field(
            description="where text messages to households are posted, signed with sms_secret, or "
            '"" for none'
        ),
    ] = ""
    sms_secret: Secret = None

    @model_validator(mode="after")
    def _can_check(self) -> "Household":
        if self.sms_secret is not None:
            try:
                signing_key(self.sms_secret)
            except ValueError as error:
                name = "MENSHEN_HOUSEHOLD_SMS_SECRET"
                raise ValueError(f"the household's sms_secret ({name}) {error}") from error
        elif self.sms_url:
            raise ValueError("the household's sms_url needs MENSHEN_HOUSEHOLD_SMS_SECRET too")
        return self
