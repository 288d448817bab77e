"""The section `[contacts]`: the broker of contacts of other makers, which is only read."""

from typing import Annotated, ClassVar

from pydantic import Field

from gateway.settings.other_broker import OtherBroker


class Contacts(OtherBroker):
    """The broker at which contacts of other makers speak (Zigbee2MQTT, Tasmota, ESPHome); we only
    read there. Off while host is empty. What they say proves less than a seal."""

    SECTION: ClassVar = "contacts"

    zigbee2mqtt: Annotated[
        str,
        Field(
            pattern=r"^[^/+#$\s][^+#\s]{0,63}$",
            description='Zigbee2MQTT\'s base topic; "zigbee2mqtt" if nobody changed it',
        ),
    ] = "zigbee2mqtt"
