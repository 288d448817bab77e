"""The command line, put together: which commands there are, and how what they raise is told.

A command's options, help and body stand in the file of its name. That file is read when somebody
asks for the command, so `menshen --help` answers at once and `menshen run` carries nothing of the
others; the list that `--help` shows is therefore kept here, and a test holds it to the files.
"""

import os
import re
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from io import TextIOWrapper
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from gateway.cli.acting import noted
from gateway.cli.exit_codes import (
    EPILOG,
    FAILED,
    INTERRUPTED,
    MISUSED,
    OK,
    STOPPED,
    causes_of,
    exit_code,
    sentence_of,
)
from gateway.cli.reading_in import ReadingIn

DAILY, SEALS, SET_UP = "Every day", "Seals", "Set-up"
KEEPING, CLOSER = "Copies, upgrades, and what ends", "A closer view"
_MARKUP = re.compile(r"(?=\[[a-z#/@][^\[]*\])")  # what Rich would take for a style, and swallow


class Command(NamedTuple):
    """A line of `menshen --help`. `summary` is how the command's own help begins."""

    name: str
    panel: str
    summary: str

    @property
    def module(self) -> str:
        """The file with its options and its body; it has a function of the same name."""
        return self.name.replace("-", "_")


COMMANDS = (
    Command("run", DAILY, "Run the gateway until SIGTERM or Ctrl-C."),
    Command(
        "check",
        DAILY,
        "Check all that makes a door not watched, or a warden not told: a line for each part.",
    ),
    Command(
        "doors",
        DAILY,
        "List the doors: how each stands, when it was heard, its order and its case.",
    ),
    Command("cases", DAILY, "List the open cases: what needs a person, and who has it."),
    Command(
        "requests",
        DAILY,
        "List what households ask for, contest and say; or how much was done for them.",
    ),
    Command("announce", DAILY, "Announce an opening (a permit), so that it bothers nobody."),
    Command(
        "visit",
        DAILY,
        "Announce work at seals: nobody is told of their cover, silence and openings meanwhile.",
    ),
    Command(
        "end",
        DAILY,
        "End an order, a permit, a seal, a door, a warden or a grid now. Their history stays.",
    ),
    Command(
        "test-page",
        DAILY,
        "Send a test to a person by each of their channels now, and say what each answered.",
    ),
    Command(
        "clock",
        DAILY,
        "Show what the clocks say and whether they are believed; --trust sets the gateway's right.",
    ),
    Command(
        "canary",
        DAILY,
        "Open a door of class canary every ten minutes, and sign for its page, until Ctrl-C.",
    ),
    Command(
        "console",
        DAILY,
        "Serve the pages of the gateway with these settings. `menshen run` does so by itself.",
    ),
    Command(
        "flash",
        SEALS,
        "Make the board on the cable a seal: firmware, a fresh key, enrolment, a label.",
    ),
    Command(
        "commission",
        SEALS,
        "Test seals at their doors, and sign a certificate for each that passes. Nobody is paged.",
    ),
    Command(
        "certificate",
        SEALS,
        "Write a seal's certificate into a file; verify one; show the key of this site.",
    ),
    Command("label", SEALS, "Print a seal's label again. It holds no secret."),
    Command(
        "seals",
        SEALS,
        "List the seals: door, state, firmware, battery, signal, when heard, and what is asked.",
    ),
    Command("move", SEALS, "Hang a seal on another door, or on none. Each door keeps its history."),
    Command(
        "exchange",
        SEALS,
        "Let two seals change doors: for two that were hung on each other's. All or nothing.",
    ),
    Command(
        "swap",
        SEALS,
        "Hang another seal on a door, which keeps its history, and retire the dead one.",
    ),
    Command(
        "retire",
        SEALS,
        "Put a seal out of use for ever: key destroyed, login gone, door without a seal.",
    ),
    Command(
        "wifi",
        SEALS,
        "Change the Wi-Fi of all seals, over the air: one seal, then a share, then the others.",
    ),
    Command("heartbeat", SEALS, "Let seals give a sign of life more or less often, over the air."),
    Command(
        "rotate",
        SEALS,
        "Give seals a fresh id, key and broker login, over the air; doors and history stay.",
    ),
    Command(
        "update",
        SEALS,
        "Roll a signed release out to the seals in stages; show, stop, go on with or end a "
        "roll-out.",
    ),
    Command(
        "release",
        SEALS,
        "Make the release key; build, sign and show releases for `menshen update`.",
    ),
    Command(
        "install",
        SET_UP,
        "Make this machine a gateway: user, settings, broker, TLS, database, services, first "
        "account.",
    ),
    Command(
        "settings",
        SET_UP,
        "Show the settings that hold. Start with: menshen settings --example > menshen.toml",
    ),
    Command("enrol", SET_UP, "Enrol from CSV files, all of them or nothing; or one seal."),
    Command(
        "account",
        SET_UP,
        "Add, list and end accounts; invite a phone; set a password; revoke a lost phone.",
    ),
    Command("token", SET_UP, "Make a program's token with named scopes; list and end tokens."),
    Command(
        "door-label",
        SET_UP,
        "Print labels for doors under an order: a QR code by which wardens prove that they are "
        "there.",
    ),
    Command(
        "notice",
        SET_UP,
        "Print the sheets for households: the code of their own page, and the notice.",
    ),
    Command(
        "broker-config",
        SET_UP,
        "Write mosquitto's configuration: TLS, one login per seal, rights by id.",
    ),
    Command(
        "console-certificate",
        SET_UP,
        "Make or renew the console's certificate under the site's own authority, for 397 days.",
    ),
    Command(
        "influx",
        SET_UP,
        "Make an InfluxDB ready for the history: where its points go, how long they stay, its "
        "tokens.",
    ),
    Command("uninstall", SET_UP, "Take the gateway's services off this machine. Its data stays."),
    Command(
        "backup",
        KEEPING,
        "Copy the whole site beside the running gateway; list copies; try one; make a key.",
    ),
    Command(
        "restore",
        KEEPING,
        "Put a copy of the whole site back. What it does not know is told once, and accuses "
        "nobody.",
    ),
    Command(
        "upgrade",
        KEEPING,
        "Say what this release will do to the site when it starts, and how to go back. Changes "
        "nothing.",
    ),
    Command(
        "audit",
        KEEPING,
        "Show who looked at whose name or address and who did what; verify that nobody changed it.",
    ),
    Command(
        "destruction",
        KEEPING,
        "Show what was destroyed and what is held; verify a record; hold an order's records.",
    ),
    Command(
        "destroy-site",
        KEEPING,
        "Destroy everything of this site for good, and sign a report of it.",
    ),
    Command(
        "coverage",
        CLOSER,
        "Show for a door's orders when it was seen shut, seen open, and not seen.",
    ),
    Command(
        "what-if",
        CLOSER,
        "Live through the journal under other rules: which pages, and which not. Changes nothing.",
    ),
    Command(
        "simulate", CLOSER, "Let a fleet of sealed doors live, and see what the rules make of it."
    ),
    Command(
        "fleet-report",
        CLOSER,
        "Draw the engineers' dashboards from InfluxDB into one HTML page. No Grafana is needed.",
    ),
    Command(
        "power",
        CLOSER,
        "Reckon how long a seal's two cells last, from what each wake does and what that costs.",
    ),
    Command(
        "decode",
        CLOSER,
        "Say in words what the bytes of a report, a note, a receipt or a command say.",
    ),
    Command(
        "demo",
        CLOSER,
        "Run a building of twelve sealed doors on this machine, and print its address.",
    ),
)


_LOST = re.compile("[\udc80-\udcff]")  # bytes from outside that are no text in its character set
_UNREADABLE = (
    "something that was typed is no text in this terminal's character set; set it to UTF-8 "
    "(export LANG=C.UTF-8), and type it again"
)


class CommandGroup(TyperGroup):
    """The group of all commands: lists them unread, and tells what they raise."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was chosen, from its own file."""
        name, listed, rest = super().resolve_command(ctx, args)
        chosen = next((command for command in COMMANDS if command.name == name), None)
        return name, listed if chosen is None else command_of(chosen), rest

    def invoke(self, ctx: Any) -> Any:
        """Run it. What it raises becomes a sentence and an exit code, unless it is our mistake."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `menshen doors | head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(OK) from None
        except KeyboardInterrupt:  # Typer would end without a word
            typer.echo(f"menshen: {STOPPED}", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            causes = causes_of(error)
            codes = [exit_code(cause) for cause in causes]
            if isinstance(error, UnicodeEncodeError) and _LOST.search(error.object):
                typer.echo(f"menshen: {_UNREADABLE}", err=True)
                raise typer.Exit(MISUSED) from error
            if None in codes:
                raise
            for sentence in dict.fromkeys("\n".join(map(sentence_of, causes)).splitlines()):
                typer.echo(f"menshen: {sentence}", err=True)
            raise typer.Exit(codes[0] or FAILED) from error


def body_of(command: Command) -> Callable[..., None]:
    """The function with the command's options and help; its file is imported now."""
    with ReadingIn():
        module = import_module(f"gateway.cli.{command.module}")
    body: Callable[..., None] = getattr(module, command.module)
    return body


def command_of(command: Command) -> Any:
    """The command as Typer runs it. Its help is shown as it was written, brackets and all."""
    alone = typer.Typer(add_completion=False)
    alone.command(command.name)(body_of(command))
    runnable: Any = typer.main.get_command(alone)
    noted(command.name, runnable)
    for part in (runnable, *runnable.params):
        if part.help:
            part.help = _MARKUP.sub(r"\\", part.help)
    return runnable


app = typer.Typer(
    cls=CommandGroup,
    help="Menshen, the electronic seal: from a door's contact to the warden's phone.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in COMMANDS:
    app.command(_command.name, help=_command.summary, rich_help_panel=_command.panel)(lambda: None)


def main() -> None:
    """The entry point of `menshen`. A terminal that cannot show a sign gets another for it. Where
    standard output is closed, nothing else may be opened in its place: not the database."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the end
    if sys.argv[1:] == ["--version"]:
        typer.echo(metadata.version("menshen"))
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="menshen")
