"""`menshen release`: one file with a new program for the seals, signed by the release key."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import sealwire
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say, say_json
from gateway.provisioning.firmware_bundle import BOARD_REVISION, MPY_VERSION, application
from gateway.provisioning.flash_places import PlacesError, need_room, read_places
from gateway.store.private_file import write_private, write_public
from gateway.updates import release_file, signing
from gateway.updates.release_file import Release, ReleaseError
from sealwire.release import APP, IMAGE, IMAGE_PATH

CHIPS = ("esp32c6", "esp32s3")


class What(StrEnum):
    """What is done."""

    KEY = "key"
    BUILD = "build"
    SIGN = "sign"
    SHOW = "show"


def release(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The release; of key, a folder.")
    ] = None,
    version: Annotated[str, typer.Option(help="build: what people call it.")] = "",
    counter: Annotated[
        int, typer.Option(help="build: its number; a seal takes none that is not above its own.")
    ] = 0,
    chip: Annotated[
        list[str] | None, typer.Option(help=f"build: may be said again; else {' '.join(CHIPS)}.")
    ] = None,
    board: Annotated[
        list[int] | None, typer.Option(help="build: the wiring it is for; may be said again.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="build: MicroPython itself, in place of our program.")
    ] = None,
    partitions: Annotated[
        Path | None, typer.Option(help="build: the seals' table of partitions, if not ours.")
    ] = None,
    key: Annotated[Path, typer.Option(help="sign: the private key.")] = Path(signing.PRIVATE),
    public: Annotated[Path, typer.Option(help="show: the public key to check it by.")] = Path(
        signing.PUBLIC
    ),
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """Make the release key; build, sign and show releases for `menshen update`.

    key [FOLDER] · build FILE --version 1.4.0 --counter 7 · sign FILE [--key KEY] · show FILE. The
    key is made once, before the first seal is flashed: `menshen flash` tells each seal its public
    half, from release.pub beside the settings. Keep the private half away from the Pi. Making the
    key and signing stand in the audit of the site whose settings lie here, if there is one.
    """
    _ = config  # for the audit (acting.py)
    if what is What.KEY:
        _key(file or Path())
        return
    if file is None:
        raise CommandError(f"name the file: menshen release {what} FILE", MISUSED)
    try:
        match what:
            case What.BUILD:
                if not version or counter < 1:
                    raise CommandError("build needs --version and --counter", MISUSED)
                made = _built(version, counter, chip or CHIPS, board or [BOARD_REVISION], image)
                need_room(made.manifest, read_places(partitions))
                _write(file, made)
            case What.SIGN:
                _write(file, _signed(_read(file), key))
            case What.SHOW:
                _show(_read(file), public, as_json)
    except (ReleaseError, PlacesError, signing.KeyUnusableError) as error:
        raise CommandError(f"{file}: {error}") from error


def _key(folder: Path) -> None:
    private, public = folder / signing.PRIVATE, folder / signing.PUBLIC
    if public.exists():
        raise CommandError(
            f"{public} is there already; seals that know it take no release of another key"
        )
    try:
        if private.exists():  # killed between the two: it is made whole
            line = signing.line_of(signing.private_key(private))
        else:
            pem, line = signing.make()
            write_private(private, pem)
        write_public(public, line)
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}") from error
    except signing.KeyUnusableError as error:
        raise CommandError(str(error)) from error
    say(f"{private}: keep it off the Pi, and a copy of it elsewhere. Who has it rules every seal.")
    say(f"{public}: put it beside the settings, before seals are flashed.")


def _built(
    version: str, counter: int, chips: tuple[str, ...] | list[str], boards: list[int],
    image: Path | None,
) -> Release:  # fmt: skip
    if image is not None:
        try:
            files = [(IMAGE_PATH, image.read_bytes())]
        except OSError as error:
            raise ReleaseError(f"the image {image} cannot be read: {error.strerror}") from error
    else:
        files = [(one.path, one.content) for one in application()]
    return release_file.build(
        files,
        kind=APP if image is None else IMAGE,
        counter=counter,
        version=version,
        wire=sealwire.VERSION,
        mpy=MPY_VERSION,
        chips=chips,
        boards=boards,
    )


def _read(path: Path) -> Release:
    try:
        return release_file.read(path.read_bytes())
    except OSError as error:
        raise ReleaseError(f"it cannot be read: {error.strerror}") from error


def _signed(made: Release, key: Path) -> Release:
    signature = signing.sign(signing.private_key(key), made.manifest_text)
    return Release(made.manifest, made.manifest_text, signature, made.content)


def _write(path: Path, made: Release) -> None:
    try:
        write_public(path, made.render())
    except OSError as error:
        raise ReleaseError(f"it cannot be written: {error.strerror}") from error
    state = "signed" if made.is_signed else "not signed yet: menshen release sign"
    say(f"{path}: release {made.manifest.counter}, {made.manifest.version}, {state}")


def _show(made: Release, public: Path, as_json: bool) -> None:
    manifest = made.manifest
    signed = made.is_signed and (
        not public.exists()
        or signing.is_signed(signing.public_key(public), made.manifest_text, made.signature)
    )
    if as_json:
        say_json(
            {
                "release": made.release_id.hex(),
                "kind": manifest.kind,
                "counter": manifest.counter,
                "version": manifest.version,
                "wire": manifest.wire,
                "chips": list(manifest.chips),
                "boards": list(manifest.boards),
                "bytes": len(made.render()),
                "signed": signed and public.exists(),
            }
        )
        return
    say(made.manifest_text.decode().rstrip())
    if not signed:
        say("NOT SIGNED by this site's key" if made.is_signed else "NOT SIGNED")
    else:
        say("signed by this site's key" if public.exists() else f"signed; {public} is not here")
