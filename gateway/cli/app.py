"""The command line. Options and help stand here; what a command does is in the file of its name.

Bodies are imported when they are called, so that `menshen --help` answers at once.
"""

import sys
from importlib import metadata
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.announce_options import announce
from gateway.cli.canary_options import canary
from gateway.cli.exit_codes import EPILOG, MISUSED, CommandError, CommandGroup
from gateway.cli.history_options import coverage, what_if
from gateway.cli.simulate_options import simulate

AT_WORK, BEFORE, CLOSER = "At work", "Before work", "A closer view"

app = typer.Typer(
    cls=CommandGroup,
    help="Menshen, the electronic seal: from a door's contact to the warden's phone.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="MENSHEN_CONFIG", help="The settings, a TOML file."),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
CONFIG = Path("menshen.toml")


@app.command(rich_help_panel=AT_WORK)
def run(config: Config = CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    from gateway.cli import run as body

    body.run(config)


@app.command(rich_help_panel=AT_WORK)
def check(config: Config = CONFIG, as_json: Json = False) -> None:
    """Check settings, database, gateway, broker, clock, disk, seals and pages: a line each.

    Exit code 0 if nothing failed (a warning is no failure), 1 if something did, 2 if the settings
    are wrong.
    """
    from gateway.cli.check import check as body

    raise typer.Exit(body(config, as_json))


@app.command(rich_help_panel=AT_WORK)
def doors(
    config: Config = CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 1_000,
    as_json: Json = False,
) -> None:
    """List the doors: how each stands, when it was heard, its order and its case."""
    from gateway.cli import listing

    listing.doors(config, limit, as_json)


@app.command(rich_help_panel=AT_WORK)
def cases(
    config: Config = CONFIG,
    closed: Annotated[bool, typer.Option("--closed", help="Those that have ended.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List the open cases: what needs a person, and who has it."""
    from gateway.cli import listing

    listing.cases(config, closed, limit, as_json)


app.command(rich_help_panel=AT_WORK)(announce)


@app.command(rich_help_panel=BEFORE)
def settings(
    config: Config = CONFIG,
    example: Annotated[
        bool, typer.Option("--example", help="Print a whole file with the defaults instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the settings that hold. Start with: menshen settings --example > menshen.toml"""
    from gateway.cli import settings as body

    if example:
        body.print_example()
    else:
        body.print_settings(config, as_json)


@app.command(rich_help_panel=BEFORE)
def enrol(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV files of grids, wardens, doors, seals, orders or permits."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="TABLE", help="The files' table, if not by the header.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="New seals may take doors that carry another.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, write nothing.")] = False,
    example: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Print a table's header and a sample row.")
    ] = None,
    seal: Annotated[
        str | None, typer.Option(metavar="ID|new", help="One seal instead of files.")
    ] = None,
    door: Annotated[str | None, typer.Option(help="With --seal: the door it hangs on.")] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="With --seal ID: a file with its key, 64 hex digits.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="With --seal: where its settings file goes (it holds secrets).")
    ] = Path(),
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Enrol from CSV files, all of them or nothing; or one seal.

    Every mistake is told by file, line and column. Rows that are enrolled already change nothing.
    """
    from gateway.cli import enrol as body

    if example is not None:
        body.print_example(example)
    elif seal is not None and not files:
        body.one_seal(config, body.OneSeal(seal, door, key_file, out, replace))
    elif files and seal is None and door is None and key_file is None:
        asked = body.Files(files, kind, replace, dry_run, as_json)
        raise typer.Exit(body.by_files(config, asked))
    else:
        raise CommandError("name CSV files, or one seal with --seal (and --door)", MISUSED)


@app.command(rich_help_panel=BEFORE)
def flash(
    door: Annotated[str | None, typer.Option(help="The door that it will hang on.")] = None,
    port: Annotated[str | None, typer.Option(help="The serial port, if there are several.")] = None,
    broker: Annotated[
        str | None, typer.Option(metavar="HOST", help="By which name seals reach the broker.")
    ] = None,
    broker_port: Annotated[int, typer.Option(min=1, max=65_535)] = 8883,
    ca: Annotated[
        Path | None, typer.Option(help="The authority's ca.der; else broker/ca.der is taken.")
    ] = None,
    wifi: Annotated[
        str | None,
        typer.Option(metavar="SSID", help="Its password: $MENSHEN_WIFI_PASSWORD, else asked for."),
    ] = None,
    heartbeat: Annotated[
        int, typer.Option(min=10, max=3_600, metavar="SECONDS", help="A sign of life so often.")
    ] = 100,
    mains: Annotated[bool, typer.Option("--mains", help="Powered from the mains.")] = False,
    plain: Annotated[bool, typer.Option("--no-tls", help="For the bench only: no TLS.")] = False,
    erase: Annotated[bool, typer.Option("--erase", help="Remove what is on the board.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The door's present seal is taken down.")
    ] = False,
    labels: Annotated[Path | None, typer.Option(help="A folder for the label's files.")] = None,
    config: Config = CONFIG,
) -> None:
    """Make the board on the cable a seal: firmware, a fresh key, enrolment, a label."""
    from gateway.cli import flash

    asked = flash.Flashing(
        port, door, broker, broker_port, ca, plain, wifi, heartbeat, mains, erase, replace, labels
    )
    flash.flash(config, asked)


@app.command(rich_help_panel=BEFORE)
def label(
    seal: Annotated[str, typer.Argument(help="The seal's id.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write SVG and PNG into this folder instead.")
    ] = None,
) -> None:
    """Print a seal's label again. It holds no secret."""
    from gateway.cli import flash

    flash.print_label(seal, folder)


@app.command("broker-config", rich_help_panel=BEFORE)
def broker_config(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Host names and addresses that seals reach the broker by."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to; else the folder broker beside the settings.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8883,
    address: Annotated[str | None, typer.Option(help="Listen on this address only.")] = None,
    years: Annotated[int, typer.Option(min=1, max=30, help="How long certificates last.")] = 5,
    installed_at: Annotated[
        Path, typer.Option(help="Where the broker will find the files.")
    ] = Path("/etc/mosquitto/menshen"),
    user: Annotated[str, typer.Option(help="The system's user of the broker.")] = "mosquitto",
    config: Config = CONFIG,
) -> None:
    """Write mosquitto's configuration: TLS, one login per seal, rights by id.

    Without names it renews only the logins, after seals were enrolled.
    """
    from gateway.cli import flash
    from gateway.provisioning.broker_config import BrokerPlan

    plan = BrokerPlan(
        tuple(names or ()),
        installed_at=installed_at,
        address=address,
        port=port,
        years=years,
        user=user,
    )
    flash.broker_config(config, plan, out)


@app.command(rich_help_panel=CLOSER)
def decode(
    hexadecimal: Annotated[str, typer.Argument(metavar="HEX", help="The bytes of a message.")],
    seal: Annotated[str | None, typer.Option(help="Whose it is; else every seal is tried.")] = None,
    key: Annotated[str | None, typer.Option(help="Its key; else the database's.")] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Say in words what a report's or a receipt's bytes say."""
    from gateway.cli.decode import decode as body

    raise typer.Exit(body(config, hexadecimal, seal, key, as_json))


@app.command(rich_help_panel=CLOSER)
def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Where the page is served.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Run a building of twelve sealed doors on this machine, and print its address."""
    from gateway.cli import run as body

    raise typer.Exit(body.demo(port, open_page))


app.command(rich_help_panel=AT_WORK)(canary)
app.command(rich_help_panel=CLOSER)(coverage)
app.command(rich_help_panel=CLOSER)(what_if)
app.command(rich_help_panel=CLOSER)(simulate)


def main() -> None:
    """The entry point of `menshen`. A terminal that cannot show a sign gets another for it."""
    if sys.argv[1:] == ["--version"]:
        typer.echo(metadata.version("menshen"))
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="menshen")
