"""`menshen demo`: a whole building on this machine."""

from typing import Annotated

import typer


def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Where the page is served.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Run a building of twelve sealed doors on this machine, and print its address."""
    from gateway.demo.supervisor import run  # a whole console; the help must not wait for it

    raise typer.Exit(run(port, open_page))
