"""`menshen certificate`: a seal's certificate as a file; is it true; by which key."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.named_door import door_id as door_id_of
from gateway.cli.named_door import named_doors
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import say, say_json
from gateway.registry import certificates, site_key
from gateway.registry.certificates import CertificateError
from gateway.registry.site_key import SiteKeyError
from gateway.settings import Settings, load
from gateway.store import certificates as kept
from gateway.store.certificates import CertificateRow
from gateway.store.database import Store, StoreError
from gateway.store.private_file import write_result


class What(StrEnum):
    """What is done."""

    SHOW = "show"
    VERIFY = "verify"
    KEY = "key"


def certificate(
    what: Annotated[What, typer.Argument(help="What to do; see the list above.")],
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="show: a door's id; verify: a file, or -.")
    ] = "",
    keys: Annotated[
        list[str] | None,
        typer.Option("--key", help="verify: the public key of another site; may be said again."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="show: write it into this file.")] = None,
    config: Config = CONFIG,
    as_json: Json = False,
) -> None:
    """Write a seal's certificate into a file; verify one; show the key of this site.

    show DOOR [--out FILE] · verify FILE [--key KEY] · key. A certificate is signed by the gateway
    that saw the walk test. Verified with --key, no database is asked.
    """
    match what:
        case What.KEY:
            say(certificates.public_text(_key(load(config))))
        case What.SHOW:
            _show(load(config), name, out)
        case What.VERIFY:
            _verify(config, name, set(keys or ()), as_json)


def _show(settings: Settings, door_id: str, out: Path | None) -> None:
    if not door_id:
        raise CommandError("name the door: menshen certificate show DOOR", MISUSED)
    door_id = door_id_of("DOOR", door_id, settings)
    with (
        closing(Store.open(*settings.store.place, create=False)) as store,
        store.reading() as connection,
    ):
        row, door = kept.latest(connection, door_id), named_doors(connection, [door_id])
    if row is None:
        raise CommandError(
            f"door {door} has no certificate; `menshen commission` tests its seal and makes one"
        )
    try:
        content = certificates.as_file(row)
    except certificates.CertificateError as error:
        raise CommandError(f"{error}; `menshen commission` tests the seal anew") from error
    if out is None:
        say(content.decode().rstrip())
        return
    try:
        write_result(out, content)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error
    say(f"{out}: the certificate of seal {row.seal_id} at door {door}")


def _verify(config: Path, name: str, keys: set[str], as_json: bool) -> None:
    if not name:
        raise CommandError("name the file: menshen certificate verify FILE", MISUSED)
    content = _content(name)
    row: CertificateRow | None = None
    if not keys:
        settings = load(config)
        with (
            closing(Store.open(*settings.store.place, create=False)) as store,
            store.reading() as connection,
        ):
            said = _verified(content, kept.public_keys(connection))
            row = kept.find(connection, said.id)
    else:
        said = _verified(content, keys)
    if as_json:
        say_json(msgspec.to_builtins(said) | {"is_kept_here": row is not None})
        return
    say(f"True: seal {said.seal} passed its walk test at door {said.door}.")
    say(f"Issued {said.issued}, tested by {said.by}, good until {said.ends} at the latest.")
    if row is not None:
        say("It is kept here just so. Whether it still holds: menshen check, or the door's page.")


def _verified(content: bytes, keys: set[str]) -> certificates.Certificate:
    try:
        return certificates.verified(content, keys)
    except CertificateError as error:
        raise CommandError(str(error)) from None


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return typer.get_binary_stream("stdin").read(certificates.FILE_BYTES_MAX)
        with Path(name).open("rb") as stream:
            return stream.read(certificates.FILE_BYTES_MAX)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error


def _key(settings: Settings) -> Ed25519PrivateKey:
    path = site_key.place(settings.store.path)
    try:
        return site_key.load(path)
    except FileNotFoundError:
        raise CommandError(f"there is no {path} yet; the gateway makes it when it starts") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    except SiteKeyError as error:
        raise CommandError(str(error)) from None
