"""The section `[home_assistant]`: the broker of a Home Assistant that shall see the doors."""

from typing import Annotated, ClassVar

from pydantic import Field

from gateway.settings.other_broker import OtherBroker


class HomeAssistant(OtherBroker):
    """The broker of a Home Assistant that shall see the doors. Off while host is empty."""

    SECTION: ClassVar = "home_assistant"

    prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,32}$",
            description='Home Assistant\'s discovery prefix; "homeassistant" if nobody changed it',
        ),
    ] = "homeassistant"
    labels: Annotated[
        bool,
        Field(
            description="true or false: whether the doors' labels go there. They are addresses "
            "of people under an order: without them a door has a random number"
        ),
    ] = False
