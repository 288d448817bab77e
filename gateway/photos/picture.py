"""What a photo may be, and a photo made anew: only what is seen in it goes on.

A phone's file also says where and when it was taken and by which phone, and can hold a second
picture, or a program. So it is decoded and encoded again, and nothing else of it is kept.
"""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from gateway.language.catalogue import N_

BYTES_MAX: Final = 300_000
SIDE_MAX: Final = 2_048  # pixels; our own app sends up to 1,280
SCANS_MAX: Final = 64  # of a progressive one: each costs a look at every pixel
QUALITIES: Final = (85, 75, 65, 55, 45, 35, 25, 15)  # tried in this order, until it is short enough
MEDIA: Final = "image/jpeg"

_BEGINS, _SCAN = b"\xff\xd8\xff", b"\xff\xda"
_TOO_LONG = N_("This photo has more than 300 kB, so it was not kept. Take another.")
_NO_JPEG = N_("This is no photo that can be read (JPEG), so it was not kept. Take another.")
_TOO_LARGE = N_("This photo is larger than {side} pixels, so it was not kept. Take another.")


class PictureError(Exception):
    """It is no photo that is kept. `sentence` is a key of the catalogues, which `facts` fill."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence, self.facts = sentence, facts


def clean(came: bytes) -> bytes:
    """The photo made anew: upright, as a JPEG of at most BYTES_MAX, without any metadata. For a
    thread: it takes some 50 ms.

    Args:
        came: what a phone sent, whatever it is.

    Raises:
        PictureError: It is none, damaged, or too large.
    """
    if len(came) > BYTES_MAX:
        raise PictureError(_TOO_LONG)
    if not came.startswith(_BEGINS) or came.count(_SCAN) > SCANS_MAX:
        raise PictureError(_NO_JPEG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its metadata, which we do not want
            return _made_anew(came)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PictureError(_NO_JPEG) from None


def _made_anew(came: bytes) -> bytes:
    with Image.open(io.BytesIO(came), formats=["JPEG"]) as picture:
        if max(picture.size) > SIDE_MAX:  # known from its head, before anything is decoded
            raise PictureError(_TOO_LARGE, side=SIDE_MAX)
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    for quality in QUALITIES:
        made = io.BytesIO()
        bare.save(made, "JPEG", quality=quality)
        if made.tell() <= BYTES_MAX:
            return made.getvalue()
    raise PictureError(_TOO_LONG)
