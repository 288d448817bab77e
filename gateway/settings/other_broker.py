"""What the sections of brokers that are not the seals' have in common."""

from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from gateway.settings.fields import FilePath, Port, Secret
from gateway.settings.section import Section


class OtherBroker(Section):
    """A broker of somebody else. Off while host is empty."""

    SECTION: ClassVar[str]

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

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        name = self.SECTION
        if self.ca and not self.tls:
            raise ValueError(
                f"{name}.ca is given but {name}.tls is false; set tls = true, or no ca"
            )
        if self.password and not self.user:
            raise ValueError(f"{name}.user is empty but a password is given; set the user as well")
        return self
