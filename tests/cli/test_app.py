"""The command line as people and scripts meet it: its help, and how it behaves as a program."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, get_type_hints

import pytest
import typer

import gateway.cli
from gateway.cli import app as app_module
from gateway.cli.app import COMMANDS, Command, body_of
from tests import neighbours

PLACES = os.environ | {
    "PYTHONPATH": os.pathsep.join([str(neighbours.ROOT), str(neighbours.ROOT / "firmware")])
}

IN_COMMON = {
    "acting",
    "app",
    "exit_codes",
    "options",
    "command_time",
    "option_fields",
    "output",
    "reading_in",
    "listening",
    "log_lines",
}
PARTS_OF_OTHERS = {
    "watched_test",  # of test-page
    "account_list",
    "awaiting",  # of wifi, heartbeat, rotate
    "broker_leaving",  # of end, enrol, retire, rotate, swap
    "hanging_words",  # of move, exchange, swap, retire
    "flash_options",
    "named_door",  # of all that name a door
    "walking",  # of commission
}
PARTS_OF_CHECK = {
    f"check_{part}"
    for part in (
        "accounts",
        "ble",
        "certificates",
        "channels",
        "console",
        "contacts",
        "home_assistant",
        "households",
        "keeping",
        "keys",
        "labels",
        "leaving",
        "machine",
        "oidc",
        "result",
        "ringing",
        "secrets",
        "site",
        "spares",
        "stored",
        "texts",
        "webhooks",
    )
}
NAMES = [command.name for command in COMMANDS]
BRACKETED = re.compile(r"\[[^\[\]]+\]")


def test_help_names_every_command_and_the_exit_codes(menshen):
    answer = menshen("--help")
    assert answer.code == 0
    for name in NAMES:
        assert name in answer.out
    assert "Exit codes: 0 done" in answer.out


def test_every_file_is_a_command_or_belongs_to_all_of_them():
    files = {path.stem for path in Path(gateway.cli.__file__).parent.glob("[!_]*.py")}
    commands = {command.module for command in COMMANDS}
    assert files - IN_COMMON - PARTS_OF_CHECK - PARTS_OF_OTHERS == commands


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_list_says_what_the_command_says_of_itself(command):
    beginning = inspect.getdoc(body_of(command)).split("\n\n")[0]
    assert " ".join(beginning.split()) == command.summary


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_command_explains_itself(menshen, command):
    answer = menshen(command.name, "--help")
    assert answer.code == 0
    assert f"Usage: menshen {command.name}" in answer.out
    assert "Traceback" not in answer.out


def written_for(command):
    """Every text of a command's help, as it stands in its file."""
    body = body_of(command)
    yield inspect.getdoc(body)
    for hint in get_type_hints(body, include_extras=True).values():
        yield from (part.help for part in getattr(hint, "__metadata__", ()) if part.help)


def test_help_shows_words_in_brackets_as_they_were_written(menshen, monkeypatch):
    """Rich takes them for the names of styles, and would leave them out."""
    monkeypatch.setenv("COLUMNS", "300")  # so that no text is broken
    bracketed = 0
    for command in COMMANDS:
        shown = menshen(command.name, "--help").out
        for text in written_for(command):
            for word in BRACKETED.findall(text):
                assert word in shown, command.name
                bracketed += 1
            assert all(line in shown for line in text.splitlines()), command.name
    assert bracketed > 0


def test_a_style_and_a_stray_bracket_are_words_like_others(monkeypatch, capsys):
    def wish(
        mark: Annotated[str, typer.Option(help="[bold]x[/bold] [a [1] [rules].")] = "",
    ) -> None:
        """Say [red] or [/red], and [link=x]."""

    monkeypatch.setattr(app_module, "body_of", lambda _: wish)
    monkeypatch.setenv("COLUMNS", "300")
    app_module.command_of(Command("power", "", "")).main(["--help"], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "Say [red] or [/red], and [link=x]." in shown
    assert "[bold]x[/bold] [a [1] [rules]." in shown


def test_the_list_and_a_start_read_no_other_command():
    """Else a Raspberry Pi thinks for seconds before it lists what it can do."""
    for words, files in ((["--help"], []), (["run", "--help"], ["run"])):
        loaded = modules_after(words)
        commands = {f"gateway.cli.{command.module}" for command in COMMANDS}
        assert commands & loaded == {f"gateway.cli.{file}" for file in files}
        assert not loaded & {"sqlalchemy", "fastapi", "cryptography", "mpremote", "apprise"}


def modules_after(words):
    """What Python has imported when `menshen` has answered."""
    program = "import sys; from gateway.cli.app import app\n"
    program += f"try: app({words!r})\nfinally: sys.stderr.write(' '.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=PLACES
    )
    return set(ran.stderr.split())


def test_as_a_program_it_exits_and_prints_like_one(folder):
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "doors"],
        env=PLACES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"menshen: {Path.cwd()}/menshen.toml is not there")
    assert ran.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_failure(store):
    command = f"{sys.executable} -m gateway doors --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", command],
        env=PLACES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("[0\n", "")


def test_a_terminal_of_ascii_gets_other_signs(store):
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "doors"],
        env=PLACES | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "3-201" in ran.stdout


@pytest.mark.parametrize(
    ("typed", "said", "code"),
    [
        ("doors >&-", "", 0),  # nothing is opened in the place of what is closed
        ("notice >&- 2>&-", "", 0),
        ("notice $'\\xff'", "set it to UTF-8", 2),
        ("wifi change $'caf\\xe9'", "set it to UTF-8", 2),
        ("end order --door $'\\xd6\\xd0'", "set it to UTF-8", 2),
    ],
)
def test_closed_streams_and_bytes_of_another_character_set_are_no_fault_of_ours(
    store, typed, said, code
):
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m gateway {typed}"],
        env=PLACES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.count("\n") == (1 if said else 0), ran.stderr
    assert said in ran.stderr
