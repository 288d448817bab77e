"""`python -m gateway`, and the entry point of `menshen`: everything is in cli/app.py."""

import sys

from gateway.cli.reading_in import ReadingIn


def main() -> None:
    """Run the command that was typed. Ctrl-C ends it with a sentence, and without one while it is
    only read in."""
    with ReadingIn():
        from gateway.cli.app import main as run
        from gateway.cli.exit_codes import INTERRUPTED, STOPPED
    try:
        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"menshen: {STOPPED}\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
