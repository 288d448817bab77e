"""What all sections of the settings have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen, strict, and no key that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
