"""On whose word something rests: where it is none of our seals, that must be said beside it."""

from typing import Final

from gateway.core.makes import title_of
from gateway.language.catalogue import N_, say

_TOLD: Final = N_(
    "Reported by a contact of another maker ({maker}): not authenticated, can be imitated."
)


def told_by(make: str, language: str) -> str:
    """That a contact of this make said it, and what that is worth; empty for a seal of ours."""
    return say(_TOLD, language).format(maker=title_of(make)) if make else ""
