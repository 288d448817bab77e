"""`python -m gateway`, and the entry point of `menshen`: everything is in cli/app.py."""

from gateway.cli.app import main

if __name__ == "__main__":
    main()
