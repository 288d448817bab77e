"""The sections `[retention]` and `[backup]`: how long what is kept, and where copies go."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.settings.section import Section
from gateway.settings.values import path

RECIPIENT_MAX: Final = 4_096  # characters: a key that outlives quantum computers has 2,000


class Retention(Section):
    """How long what is kept. Set the shortest that your law allows: what is destroyed in time can
    neither leak nor be asked for."""

    heartbeats_days: Annotated[
        int,
        Field(
            ge=1, le=365, description="days until a heartbeat is kept in its span only, 1 to 365"
        ),
    ] = 7
    journal_months: Annotated[
        int,
        Field(
            ge=1,
            le=24,
            description="whole months of the journal in the database beside the running one, 1 to "
            "24; older ones are files of their own",
        ),
    ] = 2
    archive_months: Annotated[
        int,
        Field(ge=3, le=120, description="whole months until all of a month is destroyed, 3 to 120"),
    ] = 12
    pages_days: Annotated[
        int,
        Field(ge=7, le=3650, description="days until a page that went out is forgotten, 7 to 3650"),
    ] = 90

    audit_months: Annotated[
        int,
        Field(ge=6, le=120, description="months until an entry of the audit goes, 6 to 120"),
    ] = 36


def _recipient(text: str) -> str:
    """Nothing, or a public key of age. ValueError for another."""
    if text and not (text.startswith("age1") and text.isascii() and text.isalnum()):
        raise ValueError
    return text


class Backup(Section):
    """Copies of everything that the site knows (`menshen backup`), each night where the gateway was
    installed. A folder on another drive, or mounted from another machine, survives this one."""

    folder: Annotated[
        Path,
        BeforeValidator(path),
        Field(
            description="the folder of the copies; a relative path counts from the folder of "
            "the database"
        ),
    ] = Path("backups")
    recipient: Annotated[
        str,
        AfterValidator(_recipient),
        Field(
            max_length=RECIPIENT_MAX,
            description="the public key for which copies are encrypted (`menshen backup key FILE` "
            'makes one), or "" for copies that whoever finds them can read',
        ),
    ] = ""
    daily: Annotated[
        int, Field(ge=1, le=366, description="of so many days one is kept, 1 to 366")
    ] = 7
    weekly: Annotated[
        int, Field(ge=0, le=520, description="and of so many weeks one, 0 to 520")
    ] = 5

    def placed(self, folder: Path) -> Self:
        """As a site with its database in this folder means it."""
        return self.model_copy(update={"folder": (folder / self.folder.expanduser()).resolve()})
