"""The section `[contacts]`: the broker of contacts of other makers, which is only read."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from gateway.settings.fields import FilePath, Port, Secret
from gateway.settings.section import Section


class Contacts(Section):
    """The broker at which contacts of other makers speak (Zigbee2MQTT, Tasmota, ESPHome); we only
    read there. Off while host is empty. What they say proves less than a seal."""

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
    zigbee2mqtt: Annotated[
        str,
        Field(
            pattern=r"^[^/+#$\s][^+#\s]{0,63}$",
            description='Zigbee2MQTT\'s base topic; "zigbee2mqtt" if nobody changed it',
        ),
    ] = "zigbee2mqtt"

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.ca and not self.tls:
            raise ValueError(
                "contacts.ca is given but contacts.tls is false; set tls = true, or no ca"
            )
        if self.password and not self.user:
            raise ValueError("contacts.user is empty but a password is given; set the user as well")
        return self
