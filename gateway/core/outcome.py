"""How a case ended, as a code for the record; reporting takes one tap."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a person reports. The words for people stand in `language/reasons.py`."""

    IN_ORDER = "in_order"
    LAWFUL = "lawful"
    EXPLAINED = "explained"
    REPORTED = "reported"
    SEAL_FAULT = "seal_fault"
    REPAIRED = "repaired"
    SUPPLY = "supply"
