"""The section `[household]`: how soon what is known of a household is destroyed."""

from typing import Annotated

from pydantic import Field

from gateway.settings.section import Section


class Household(Section):
    """The people behind a door, and the end of what is known of them. The limits can be made
    shorter, never longer."""

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
        Field(
            ge=1,
            le=14,
            description="days after an order until nothing of it is there any more, 1 to 14",
        ),
    ] = 14
