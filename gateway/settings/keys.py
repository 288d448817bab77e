"""The section `[keys]`: where the second folder of keys lies."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.settings.section import Section


def _absolute(text: str) -> str:
    """Nothing, or an absolute path. ValueError for another."""
    if text and (not Path(text).is_absolute() or "\0" in text):
        raise ValueError
    return text


class Keys(Section):
    """What identifies people is sealed with a key for each order, and destroyed with it. Keys lie
    in the folder `keys` beside the database and in no backup. A second folder on another drive of
    this machine survives its card: without one, a card that dies takes every label with it."""

    second_folder: Annotated[
        str,
        AfterValidator(_absolute),
        Field(
            max_length=4_096,
            description="the absolute path of a folder on another drive that holds the keys too, "
            'or "" for none',
        ),
    ] = ""

    @property
    def second(self) -> Path | None:
        """The second folder; None for none."""
        return Path(self.second_folder) if self.second_folder else None
