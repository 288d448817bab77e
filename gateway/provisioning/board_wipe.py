"""A board on the cable that is nobody's seal any more: its identity goes first, then the rest."""

from typing import Any

from gateway.provisioning.board_link import BoardError, BoardLink
from gateway.provisioning.board_scripts import CLEAR, SURVEY
from gateway.provisioning.flash import SETTINGS


def seal_on(link: BoardLink) -> str:
    """The id of the seal on the board. BoardError with a sentence if it is none."""
    holds = _survey(link)["holds"]
    if holds is None:
        raise BoardError("The board holds no seal. Name the seal's id instead: it is on its label.")
    return str(holds)


def wipe(link: BoardLink) -> None:
    """Remove everything from the board, its key before anything else. BoardError."""
    present = _survey(link)["files"]
    first = [name for name in (SETTINGS,) if name in present]
    doomed = [*first, *(name for name in present if name not in first)]
    link.ask(f"doomed={doomed!r}\nfolders=[]\n{CLEAR}")


def _survey(link: BoardLink) -> dict[str, Any]:
    survey: dict[str, Any] = link.ask(SURVEY.replace("NEEDED", "()"))
    return survey
