"""A photo as a phone's camera makes it: with where, when and by which phone it was taken."""

import io
from random import Random

from PIL import Image

PHONE, SERVICE = "Mi 9 of Wang Fang", b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>"
NORTH = 31.5689
_MAKE, _ORIENTATION, _GPS = 0x010F, 0x0112, 0x8825


def made_photo(
    size: tuple[int, int] = (1600, 1200), is_noise: bool = False, quality: int = 80
) -> bytes:
    """A JPEG that lies on its side by its metadata: red where its top is, blue below."""
    width, height = size
    if is_noise:
        picture = Image.frombytes("RGB", size, Random(1).randbytes(width * height * 3))  # noqa: S311
    else:
        picture = Image.new("RGB", size, (200, 30, 30))
        picture.paste((30, 30, 200), (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[_MAKE], exif[_ORIENTATION] = PHONE, 6  # to be turned right by a quarter
    exif.get_ifd(_GPS)[2] = (NORTH, 0.0, 0.0)
    exif.get_ifd(_GPS)[1] = "N"
    made = io.BytesIO()
    picture.save(
        made, "JPEG", quality=quality, exif=exif, comment=b"by " + PHONE.encode(), xmp=SERVICE
    )
    return made.getvalue()


def segments(photo: bytes) -> list[int]:
    """The markers of a JPEG's segments, up to its first scan."""
    found, at = [], 2
    while photo[at + 1] != 0xDA:
        found.append(photo[at + 1])
        at += 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
    return found


def is_bare(photo: bytes) -> bool:
    """Whether it says nothing of where it comes from: JFIF's head (APP0) and the picture alone."""
    tells = [marker for marker in segments(photo) if 0xE1 <= marker <= 0xEF or marker == 0xFE]
    return not tells and b"Exif" not in photo and PHONE.encode() not in photo
