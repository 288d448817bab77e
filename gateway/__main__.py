"""`python -m gateway`, and the entry point of `menshen`: everything is in cli/app.py."""

import os
import signal
import sys
from types import FrameType

from gateway.cli.reading_in import ReadingIn


def main() -> None:
    """Run the command that was typed. Ctrl-C ends it with a sentence, and without one while it is
    only read in; so does SIGTERM, as a service is stopped, so that nothing is left by halves, and
    it then ends by it."""
    terminated: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        terminated.append(number)
        raise KeyboardInterrupt

    with ReadingIn():
        from gateway.cli.app import main as run
        from gateway.cli.exit_codes import INTERRUPTED, STOPPED
    signal.signal(signal.SIGTERM, stop)  # `menshen run` puts its own in the place of this
    try:
        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"menshen: {STOPPED}\n")
        sys.exit(INTERRUPTED)
    finally:
        if terminated:
            sys.stdout.flush()
            sys.stderr.flush()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
