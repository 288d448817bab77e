"""Contacts of other makers: weaker evidence than our own seals, and always said to be so.

Nobody can tell a report of such a contact from one that somebody made up: there is no key of ours,
no counter of edges, no receipt. So no loss shows, a recording counts as news, and what it says is
claimed for a shorter time.
"""

from enum import StrEnum
from typing import Final


class Make(StrEnum):
    """Whose contact it is. The word is stored; of our own seals it is empty."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    ESPHOME = "esphome"
    BTHOME = "bthome"


# As their makers write themselves: names, the same in every language.
TITLES: Final[dict[str, str]] = {
    Make.ZIGBEE2MQTT: "Zigbee2MQTT",
    Make.TASMOTA: "Tasmota",
    Make.ESPHOME: "ESPHome",
    Make.BTHOME: "BTHome",
}


def title_of(make: str) -> str:
    """Its name for people; of one that nobody knows, the word that is stored."""
    return TITLES.get(make, make)
