"""`menshen flash` as an installer sees it: one board, a bar, a label. The work is in flash.py."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.provisioning import label
from gateway.provisioning.board_link import BoardLink, Port, choose_port, list_ports
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import Flashed, Registry, SealSettings, flash_seal


@dataclass(frozen=True)
class Job:
    """What to put on the board. `ports` tells which boards are there; a test gives its own."""

    files: list[BoardFile]
    settings: SealSettings
    registry: Registry
    port: str | None = None  # None: the only one there is
    erase: bool = False
    labels: Path | None = None  # the folder for the label's SVG and PNG
    ports: Callable[[], list[Port]] = list_ports
    answer_s: float = 30.0


def flash_on_screen(job: Job, console: Console) -> Flashed:
    """Flash one board and show how far it is; then its label. Raises BoardError with a sentence."""
    port = choose_port(job.port, job.ports())
    link = BoardLink(port, answer_s=job.answer_s)
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"opening {port}", total=None)

        def told(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        flashed = flash_seal(
            link, job.files, job.settings, job.registry, erase=job.erase, told=told
        )
    console.print(label.terminal(flashed.seal_id), highlight=False, markup=False)
    for sentence in _sentences(flashed, port):
        console.print(sentence, highlight=False, markup=False)
    if job.labels is not None:
        for path in write_label(job.labels, flashed.seal_id):
            console.print(f"Label: {path}", highlight=False, markup=False)
    return flashed


def write_label(folder: Path, seal_id: str) -> list[Path]:
    """Write the label's two files into `folder`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing, code = folder / f"seal-{seal_id}.svg", folder / f"seal-{seal_id}.png"
    drawing.write_text(label.svg(seal_id), encoding="utf-8")
    code.write_bytes(label.png(seal_id))
    return [drawing, code]


def _sentences(flashed: Flashed, port: str) -> list[str]:
    said = [f"Seal {label.text(flashed.seal_id)} is on the board and enrolled."]
    if not flashed.started:
        said.append(f"{port} did not answer the restart: unplug the board and plug it in again.")
    if flashed.replaced is not None:
        said.append(
            f"The board was seal {flashed.replaced} before; that one is still enrolled and will be "
            "missed. Retire it."
        )
    said.append(
        "The broker lets it in after `menshen broker-config` and `sudo systemctl reload mosquitto`."
    )
    return said
