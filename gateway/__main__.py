"""`python -m gateway`, and the entry point of `menshen`: everything is in cli/app.py."""

import sys

from gateway.cli.exit_codes import INTERRUPTED, STOPPED


def main() -> None:
    """Run the command that was typed. Ctrl-C ends it with a sentence, also while it is read in."""
    try:
        from gateway.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"menshen: {STOPPED}\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
