"""`python -m tests.core.chronicle`: write the chronicles anew, after a rule was changed on
purpose. Then read what `git diff` shows: that is what the change means to people."""

from tests.core.chronicle.days import DAYS
from tests.core.chronicle.test_chronicle import path_of, written

if __name__ == "__main__":
    for name in DAYS:
        path_of(name).write_text(written(name), encoding="utf-8")
