"""Steps: each knows whether it is done, so that a second run changes nothing, and a run that was
broken off goes on where it stopped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


class InstallError(Exception):
    """It cannot go on. The text is a sentence for whoever installs."""


@dataclass(frozen=True)
class Step:
    """One thing that is to be there.

    `what` names it. `is_done` says whether it is so already, and changes nothing. `do` makes it so;
    it may be broken off anywhere, and is then done again from its beginning.
    """

    what: str
    is_done: Callable[[], bool]
    do: Callable[[], None]


def carry_out(steps: Iterable[Step], tell: Callable[[str, str], None], dry_run: bool) -> set[str]:
    """Do what is not done, in order; which steps that were.

    Args:
        steps: in their order. Each is asked when its turn comes, for one may rest on another.
        tell: takes "there", "made" or "to make", and what.
        dry_run: only say it.

    Raises:
        InstallError: a step cannot be done. Those before it are done, none after it is begun.
    """
    made: set[str] = set()
    for step in steps:
        try:
            if step.is_done():
                tell("there", step.what)
                continue
            made.add(step.what)
            if dry_run:
                tell("to make", step.what)
                continue
            step.do()
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise InstallError(
                f"{step.what}: {where}{error.strerror or error}. Nothing after it was begun; mend "
                "that, then the same command again"
            ) from error
        tell("made", step.what)
    return made
