"""The section `[home_assistant]`: the broker of a Home Assistant that shall see the doors."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from gateway.settings.fields import FilePath, Port, Secret
from gateway.settings.section import Section


class HomeAssistant(Section):
    """The broker of a Home Assistant that shall see the doors. Off while host is empty."""

    host: Annotated[
        str, Field(max_length=253, description='a host name or an address, or "" for off')
    ] = ""
    port: Port = 1883
    tls: Annotated[bool, Field(description="true or false")] = False
    ca: Annotated[
        FilePath | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(description='the path of that broker\'s ca.crt, or "" for none'),
    ] = None
    user: Annotated[
        str, Field(max_length=64, description='our name at that broker, or "" for none')
    ] = ""
    password: Secret = None
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

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.ca and not self.tls:
            raise ValueError(
                "home_assistant.ca is given but home_assistant.tls is false; "
                "set tls = true, or no ca"
            )
        if self.password and not self.user:
            raise ValueError(
                "home_assistant.user is empty but a password is given; set the user as well"
            )
        return self
