"""`make walls`: each dashboard as a picture, of a simulated week in a real InfluxDB.

What is drawn is what the dashboard's own queries are answered. Each picture says in its header what
it was drawn from (`gateway.charts.picture.digest`), and the tests ask the week again: a picture of
other queries, or of other answers, is out of date.
"""

import io
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gateway.charts import boards
from gateway.charts.picture import asked, digest, drawn, png
from gateway.charts.view import View
from tests.dashboards import served_week
from tests.dashboards.week import week

FOLDER = Path(__file__).parent / "pictures"
COLOURS = 128  # of a picture: they are cloned with everything else
DRAWN_FROM = "drawn-from"


def view_of(name: str) -> View:
    """What somebody has chosen on a dashboard: the first site, and of it all seals."""
    view = served_week.view()
    if name == "site":
        seals = [door.seal_id for door in week()[0].doors]
        return view._replace(values=view.values | {"seal": seals})
    return view


def main() -> None:
    """Draw them all."""
    FOLDER.mkdir(exist_ok=True)
    with served_week.served() as history:
        for name in boards.ORDER:
            board, view = boards.board(name), view_of(name)
            answers = asked(board, view, history.ask)
            made = png(drawn(board, view, answers))
            _keep(FOLDER / f"{name}.png", made, digest(board, view, answers))


def _keep(path: Path, made: bytes, drawn_from: str) -> None:
    """Write it with few colours, and what it was drawn from."""
    said = PngInfo()
    said.add_text(DRAWN_FROM, drawn_from)
    with Image.open(io.BytesIO(made)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True, pnginfo=said)


if __name__ == "__main__":
    main()
