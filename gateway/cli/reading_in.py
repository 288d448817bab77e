"""While a program is read in, Ctrl-C ends it at once and without a word: it has done nothing.

Python would raise its KeyboardInterrupt in the middle of an import, where some of them can only be
written down as a traceback. Little stands here, for it is read before that is so.
"""

import signal


class ReadingIn:
    """`with ReadingIn():` around imports. Where somebody else has Ctrl-C, or nobody (`nohup`), and
    in another thread than the first, it changes nothing."""

    def __init__(self) -> None:
        self._is_ours = False

    def __enter__(self) -> None:
        """From now on."""
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        except ValueError:  # another thread, which Ctrl-C never reaches
            return
        self._is_ours = True

    def __exit__(self, *_: object) -> None:
        """It is read in."""
        if self._is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
