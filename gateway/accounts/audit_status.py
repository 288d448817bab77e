"""What the audit says that came of something: as a page is answered, by the same numbers."""

from typing import Final

SAID: Final = 0  # in the commit that did it; of a command of an earlier release, before it began
BEGUN: Final = 100  # and what came of it is another entry, if anything did
DONE: Final = 200
WRONG: Final = 400  # from here on


def is_wrong(status: int) -> bool:
    """Whether it was refused, or failed."""
    return status >= WRONG
