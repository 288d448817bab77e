"""`menshen flash`: boards on the cable become seals of this site."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import flash_options
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Port
from gateway.cli.output import console, say
from gateway.core.duration import SECOND_MS
from gateway.provisioning.board_image import BoardImage, read_image
from gateway.provisioning.board_link import choose_ports
from gateway.provisioning.firmware_bundle import bundle
from gateway.provisioning.flash import SealSettings
from gateway.provisioning.flash_batch import HEARD_S_MAX, Outcome, Work
from gateway.provisioning.flash_screen import Labels, flash_next_on_screen, flash_on_screen
from gateway.provisioning.image_writer import esptool_program
from gateway.provisioning.usb_ports import Port as BoardPort
from gateway.provisioning.usb_ports import list_ports
from gateway.registry.fields import HEARTBEAT_S_MAX
from gateway.settings import load
from gateway.store.database import need_none_before

HEARTBEAT_S_MIN = 10
WAIT_S_MAX = 900

_Heartbeat = Annotated[
    int,
    typer.Option(
        min=HEARTBEAT_S_MIN, max=HEARTBEAT_S_MAX, metavar="SECONDS", help="A sign of life so often."
    ),
]


def flash(
    door: Annotated[
        list[str] | None, typer.Option(help="The door that it will hang on; again for more.")
    ] = None,
    doors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A list of doors, one a line.")
    ] = None,
    following: Annotated[
        bool, typer.Option("--next", help="Wait for boards to be plugged in, one for each door.")
    ] = False,
    port: Annotated[
        list[str] | None,
        typer.Option(help="The serial port, if there are several; again for more."),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="MicroPython's image, for boards that are bare."),
    ] = None,
    image_sha256: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="Its SHA-256, if its release is not known here."),
    ] = None,
    broker: Annotated[
        str | None, typer.Option(metavar="HOST", help="By which name seals reach the broker.")
    ] = None,
    broker_port: Port = 8883,
    ca: Annotated[
        Path | None, typer.Option(help="The authority's ca.der; else that in [broker] folder.")
    ] = None,
    wifi: Annotated[
        str | None,
        typer.Option(
            metavar="SSID", help=f"Its password: ${flash_options.WIFI_PASSWORD}, else asked for."
        ),
    ] = None,
    heartbeat: _Heartbeat = SealSettings.heartbeat_s,
    mains: Annotated[bool, typer.Option("--mains", help="Powered from the mains.")] = False,
    plain: Annotated[bool, typer.Option("--no-tls", help="For the bench only: no TLS.")] = False,
    erase: Annotated[bool, typer.Option("--erase", help="Remove what is on the board.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The door's present seal is taken down.")
    ] = False,
    labels: Annotated[
        Path | None, typer.Option(help="A folder for the labels' files and sheets.")
    ] = None,
    wait: Annotated[
        int,
        typer.Option(
            min=0, max=WAIT_S_MAX, metavar="SECONDS", help="So long for a seal's first report."
        ),
    ] = int(HEARD_S_MAX),
    config: Config = CONFIG,
) -> None:
    """Make the board on the cable a seal: firmware, a fresh key, enrolment, a label.

    Several boards at once: a --door for each. What is wrong at the site is said before a board is
    touched; a board is done when the gateway has heard its seal.
    """
    site = load(config)
    tls = not plain
    authority = flash_options.authority(site, ca) if tls else None
    name = flash_options.host(site, broker, tls)
    door_ids = flash_options.doors(door, doors)
    need_none_before(*site.store.place)
    now = command_ms(site.store.place, site.zone)
    called = flash_options.labels_of(site.store.path, door_ids, replace)
    password = flash_options.wifi_password(wifi) if tls or wifi else None
    settings = SealSettings(
        name,
        server_name=name,
        port=broker_port,
        tls=tls,
        wifi_ssid=wifi,
        wifi_password=password,
        heartbeat_s=heartbeat,
        mains=mains,
    )
    written, program = _image(image, image_sha256)
    pairs = [] if following else _pairs(port, door_ids)
    if following:
        _need_doors(door_ids, port)
    _need_folder(labels)
    logins = flash_options.broker_logins(site, name, broker_port, tls)
    if logins is None:
        flash_options.need_broker(site, name, broker_port, tls)
    elif logins.prepare(len(pairs) or len(door_ids), now):
        say("New spare logins were made; the broker has taken them.")
    registry = partial(
        flash_options.registry_for, site.store.path, logins, heartbeat * SECOND_MS, now, replace
    )
    work = Work(
        bundle(authority),
        settings,
        registry,
        erase=erase,
        image=written,
        esptool=program,
        heard=flash_options.ear(site),
        heard_s=wait,
    )
    if work.heard is None:
        say("No gateway runs here, so no seal will be heard: start it with `menshen run`.")
    shown = Labels(labels, site.console.public_url, called)
    if following:
        outcomes = flash_next_on_screen(work, door_ids, shown, console())
    else:
        outcomes = flash_on_screen(work, pairs, shown, console())
    if logins is None and any(outcome.flashed for outcome in outcomes):
        say("The broker lets it in after `menshen broker-config`, and a reload of the broker.")
    if not _is_done(outcomes, wait):
        raise typer.Exit(FAILED)


def _image(path: Path | None, stated: str | None) -> tuple[BoardImage | None, list[str]]:
    """The image, checked, and how esptool is started."""
    if path is None:
        if stated is not None:
            raise CommandError("--image-sha256 goes with --image", MISUSED)
        return None, []
    return read_image(path, stated), esptool_program()


def _pairs(wanted: list[str] | None, door_ids: list[str]) -> list[tuple[BoardPort, str | None]]:
    """Which board gets which door: in the order of both."""
    ports = choose_ports(wanted or [], list_ports(), most=max(len(door_ids), 1))
    if not door_ids:
        return [(port, None) for port in ports]
    if len(ports) != len(door_ids):
        raise CommandError(
            f"{len(door_ids)} doors are named and {len(ports)} boards; plug the others in too, or "
            "say --next to plug them in one after the other",
            MISUSED,
        )
    return list(zip(ports, door_ids, strict=True))


def _need_doors(door_ids: list[str], wanted: list[str] | None) -> None:
    if wanted:
        raise CommandError("--next finds the ports itself; leave --port away", MISUSED)
    if not door_ids:
        raise CommandError("--next wants doors: --door for each, or a list by --doors", MISUSED)


def _need_folder(labels: Path | None) -> None:
    """CommandError if labels could not be written, before there is a seal for one."""
    if labels is None:
        return
    there = next(path for path in (labels.absolute(), *labels.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise CommandError(f"{labels} cannot be written, so no label could be printed", MISUSED)


def _is_done(outcomes: list[Outcome], wait: int) -> bool:
    """Flashed and heard, all of them; flashed alone is enough where nobody wanted to wait."""
    return all(outcome.is_good or (outcome.flashed and not wait) for outcome in outcomes)
