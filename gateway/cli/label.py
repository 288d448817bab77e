"""`menshen label`: seals' labels again, on the terminal or as files for a printer."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.cli.options import CONFIG, Config
from gateway.cli.output import say
from gateway.provisioning.flash_screen import write_label
from gateway.provisioning.label import terminal
from gateway.provisioning.label_sheet import SealLabel, pdf
from gateway.provisioning.printer import PrinterError, need_printer, print_sheets
from gateway.registry import fields
from gateway.settings import load
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.private_file import write_result


def label(
    seals: Annotated[list[str], typer.Argument(metavar="SEAL", help="A seal's id, or several.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Write SVG and PNG into this folder, or 24 a sheet into a file .pdf."),
    ] = None,
    printer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print them on this printer, 24 a sheet.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Print a seal's label again. It holds no secret."""
    seal_ids = [_seal_id(seal) for seal in _parted(seals)]
    address, doors = _known(config, seal_ids)
    labels = [SealLabel(seal_id, doors.get(seal_id, "")) for seal_id in seal_ids]
    if printer is not None:
        _print(printer, labels, address)
    if out is not None:
        _write(out, labels, address)
    elif printer is None:
        for seal_id in seal_ids:
            say(terminal(seal_id, address))


def _print(printer: str, labels: Sequence[SealLabel], address: str) -> None:
    try:
        need_printer(printer)
        print_sheets(printer, pdf(labels, address))
    except PrinterError as error:
        raise CommandError(str(error)) from error
    say(f"The labels went to the printer {printer}.")


def _write(out: Path, labels: Sequence[SealLabel], address: str) -> None:
    """Sheets into a file, or each label's files into a folder."""
    try:
        if out.suffix.lower() == ".pdf":
            write_result(out, pdf(labels, address))
            say(f"{out}: print it at full size (100 %) on sheets of 24 labels of 70 by 37 mm.")
            return
        for one in labels:
            for path in write_label(out, one.seal_id, address):
                say(str(path))
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error


def _parted(words: Sequence[str]) -> list[str]:
    """Ids, where the shell has parted one that was typed in groups of four."""
    groups = [word for word in words if len(word) == 4]
    return ["".join(words)] if len(words) == 4 and len(groups) == 4 else list(words)


def _seal_id(text: str) -> str:
    try:
        return fields.seal_id(fields.tidy(text))
    except ValueError as error:
        raise CommandError(f"{text!r} is no seal's id: {error}", MISUSED) from None


def _known(config: Path, seal_ids: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The console's address for phones, and what people call the seals' doors; nothing where there
    are no settings, for a label can be had without."""
    if not config.exists():
        return "", {}
    site = load(config)
    if not site.store.path.exists():
        return site.console.public_url, {}
    d, s = tables.doors.c, tables.seals.c
    query = select(s.seal_id, d.label).join_from(tables.seals, tables.doors)
    with closing(Store.open(*site.store.place, create=False)) as store, store.reading() as rows:
        found = rows.execute(query.where(s.seal_id.in_(seal_ids)))
        return site.console.public_url, {row.seal_id: row.label for row in found}
