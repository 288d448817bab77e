"""`menshen flash`: boards on the cable become seals of this site."""

import dataclasses
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import flash_options
from gateway.cli.command_time import command_ms
from gateway.cli.exit_codes import FAILED, MISUSED, CommandError
from gateway.cli.named_door import called, door_ids
from gateway.cli.options import CONFIG, Config, Port
from gateway.cli.output import console, say
from gateway.core.duration import SECOND_MS
from gateway.provisioning.board_image import BoardImage, read_image
from gateway.provisioning.board_link import choose_ports
from gateway.provisioning.broker_logins import BrokerLogins
from gateway.provisioning.firmware_bundle import bundle
from gateway.provisioning.flash import SealSettings
from gateway.provisioning.flash_batch import HEARD_S_MAX, Outcome, Work
from gateway.provisioning.flash_screen import Labels, flash_next_on_screen, flash_on_screen
from gateway.provisioning.image_writer import esptool_program
from gateway.provisioning.printer import PrinterError, need_printer
from gateway.provisioning.usb_ports import Port as BoardPort
from gateway.provisioning.usb_ports import list_ports
from gateway.registry.fields import HEARTBEAT_S_MAX, HEARTBEAT_S_MIN
from gateway.settings import Settings, load
from gateway.store.database import need_none_before

WAIT_S_MAX = 900

_Doors = Annotated[
    list[str] | None,
    typer.Option("--door", help="The door that it will hang on; again for more."),
]
_DoorList = Annotated[
    Path | None, typer.Option("--doors", metavar="FILE", help="A list of doors, one a line.")
]
_Next = Annotated[
    bool, typer.Option("--next", help="Wait for boards to be plugged in, one for each door.")
]
_Ports = Annotated[
    list[str] | None,
    typer.Option("--port", help="The serial port, if there are several; again for more."),
]
_Image = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="MicroPython's image, for boards that are bare."),
]
_Stated = Annotated[
    str | None, typer.Option(metavar="HEX", help="Its SHA-256, if its release is not known here.")
]
_Host = Annotated[
    str | None, typer.Option(metavar="HOST", help="By which name seals reach the broker.")
]
_Authority = Annotated[
    Path | None, typer.Option(help="The authority's ca.der; else that in [broker] folder.")
]
_Wifi = Annotated[
    str | None,
    typer.Option(
        metavar="SSID", help=f"Its password: ${flash_options.WIFI_PASSWORD}, else asked for."
    ),
]
_Heartbeat = Annotated[
    int,
    typer.Option(
        min=HEARTBEAT_S_MIN, max=HEARTBEAT_S_MAX, metavar="SECONDS", help="A sign of life so often."
    ),
]
_Mains = Annotated[bool, typer.Option("--mains", help="Powered from the mains.")]
_Bluetooth = Annotated[
    bool | None,
    typer.Option(
        "--bluetooth/--no-bluetooth", help="It speaks by air too; else as [ble] of the settings."
    ),
]
_Plain = Annotated[bool, typer.Option("--no-tls", help="For the bench only: no TLS.")]
_Erase = Annotated[bool, typer.Option("--erase", help="Remove what is on the board.")]
_Replace = Annotated[bool, typer.Option("--replace", help="The door's present seal is taken down.")]
_Folder = Annotated[Path | None, typer.Option(help="A folder for the labels' files and sheets.")]
_Printer = Annotated[
    str | None, typer.Option(metavar="NAME", help="Print the labels' sheets on this printer.")
]
_Wait = Annotated[
    int,
    typer.Option(
        min=0, max=WAIT_S_MAX, metavar="SECONDS", help="So long for a seal's first report."
    ),
]


@dataclass(frozen=True)
class _Site:
    """What holds for all boards of one command, checked."""

    settings: Settings
    now_ms: int
    seal: SealSettings
    authority: bytes | None
    doors: list[str]
    called: dict[str, str]  # by door


def flash(
    door: _Doors = None,
    door_list: _DoorList = None,
    following: _Next = False,
    port: _Ports = None,
    image: _Image = None,
    image_sha256: _Stated = None,
    broker: _Host = None,
    broker_port: Port = 8883,
    ca: _Authority = None,
    wifi: _Wifi = None,
    heartbeat: _Heartbeat = SealSettings.heartbeat_s,
    mains: _Mains = False,
    bluetooth: _Bluetooth = None,
    plain: _Plain = False,
    erase: _Erase = False,
    replace: _Replace = False,
    labels: _Folder = None,
    printer: _Printer = None,
    wait: _Wait = int(HEARD_S_MAX),
    config: Config = CONFIG,
) -> None:
    """Make the board on the cable a seal: firmware, a fresh key, enrolment, a label.

    Several boards at once: a --door for each. What is wrong at the site is said before a board is
    touched; a board is done when the gateway has heard its seal. After Ctrl-C no further board is
    begun, and what came of each is told; a second one ends it at once.
    """
    settings = load(config)
    typed = SealSettings(
        broker or "",
        "",
        broker_port,
        not plain,
        wifi,
        heartbeat_s=heartbeat,
        mains=mains,
        bluetooth=settings.ble.enabled if bluetooth is None else bluetooth,
    )
    doors = flash_options.doors(door, door_list)
    if settings.store.path.exists():  # a new site has none, which is said below
        doors = door_ids("--door", doors, settings)
        flash_options.need_once(doors, partial(called, settings))  # by its id and by its label
    site = _checked(settings, typed, ca, doors, replace)
    written, program = _image(image, image_sha256)
    pairs = [] if following else _pairs(port, site.doors)
    if following:
        _need_doors(site.doors, port)
    _need_place(labels, printer)
    logins = _let_in(site, len(pairs) or len(site.doors))
    work = _work(site, logins, replace, wait)
    work = dataclasses.replace(work, erase=erase, image=written, esptool=program)
    shown = Labels(labels, printer, site.settings.console.public_url, site.called)
    if following:
        outcomes = flash_next_on_screen(work, site.doors, shown, console())
    else:
        outcomes = flash_on_screen(work, pairs, shown, console())
    if logins is None and any(outcome.flashed for outcome in outcomes):
        say("The broker lets it in after `menshen broker-config`, and a reload of the broker.")
    if work.enough.is_set() or not _is_done(outcomes, wait):
        raise typer.Exit(FAILED)


def _checked(
    settings: Settings, typed: SealSettings, ca: Path | None, door_ids: list[str], replace: bool
) -> _Site:
    """What was typed, completed, and all that can be checked without a board or the broker."""
    authority = flash_options.authority(settings, ca) if typed.tls else None
    host = flash_options.host(settings, typed.broker, typed.tls)
    need_none_before(*settings.store.place)
    now_ms = command_ms(settings.store.place, settings.zone)
    called = flash_options.labels_of(settings.store.path, door_ids, replace)
    wifi = typed.wifi_ssid
    password = flash_options.wifi_password(wifi) if typed.tls or wifi else None
    seal = dataclasses.replace(typed, broker=host, server_name=host, wifi_password=password)
    return _Site(settings, now_ms, seal, authority, door_ids, called)


def _let_in(site: _Site, boards: int) -> BrokerLogins | None:
    """The broker answers as seals will ask it, and has logins for so many."""
    settings, seal = site.settings, site.seal
    logins = flash_options.broker_logins(settings, seal.broker, seal.port, seal.tls)
    if logins is None:
        flash_options.need_broker(settings, seal.broker, seal.port, seal.tls)
    elif logins.prepare(boards, site.now_ms):
        say("New spare logins were made; the broker has taken them.")
    return logins


def _work(site: _Site, logins: BrokerLogins | None, replace: bool, wait: int) -> Work:
    """What to make of each board, but for its image."""
    database, heartbeat_ms = site.settings.store.path, site.seal.heartbeat_s * SECOND_MS
    began_s = time.monotonic()

    def now_ms() -> int:
        """A bag of forty takes hours, and a command asks once what time it is."""
        return site.now_ms + round((time.monotonic() - began_s) * SECOND_MS)

    registry = partial(flash_options.registry_for, database, logins, heartbeat_ms, now_ms, replace)
    heard = flash_options.ear(site.settings)
    if heard is None:
        say("No gateway runs here, so no seal will be heard: start it with `menshen run`.")
    files = bundle(site.authority, release_key=flash_options.release_key(site.settings))
    return Work(files, site.seal, registry, heard=heard, heard_s=wait)


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


def _need_place(labels: Path | None, printer: str | None) -> None:
    """CommandError if labels could not be written or printed, before there is a seal for one."""
    if printer is not None:
        try:
            need_printer(printer)
        except PrinterError as error:
            raise CommandError(str(error)) from error
    if labels is None:
        return
    there = next(path for path in (labels.absolute(), *labels.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise CommandError(f"{labels} cannot be written, so no label could be printed", MISUSED)


def _is_done(outcomes: list[Outcome], wait: int) -> bool:
    """Flashed and heard, all of them; flashed alone is enough where nobody wanted to wait."""
    return all(outcome.is_good or (outcome.flashed and not wait) for outcome in outcomes)
