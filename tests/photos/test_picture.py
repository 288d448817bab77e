"""A photo is made anew: upright, short enough, and with nothing in it but what is seen."""

import contextlib
import io

import pytest
from PIL import Image

from gateway.photos import picture
from gateway.photos.picture import BYTES_MAX, SIDE_MAX, PictureError, clean
from tests.photos.made_photo import is_bare, made_photo


def test_where_when_and_by_whom_it_was_taken_goes_and_the_picture_stays() -> None:
    came = made_photo()
    assert not is_bare(came)
    made = clean(came)
    assert is_bare(made)
    with Image.open(io.BytesIO(made)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (1200, 1600))
        top, below = shown.getpixel((600, 100)), shown.getpixel((600, 1500))
        assert isinstance(top, tuple)
        assert isinstance(below, tuple)
        assert (top[0] > 150 > top[2], below[2] > 150 > below[0]) == (True, True)
    assert clean(came) == made, "the same again is the same"


def test_what_hangs_behind_a_photo_does_not_go_on() -> None:
    script = b"<script>alert(1)</script>" + b"PK\x03\x04"
    assert script not in clean(made_photo() + script)


def test_the_worst_that_a_phone_can_send_stays_short_enough() -> None:
    came = made_photo((1280, 960), is_noise=True, quality=20)
    assert 200_000 < len(came) <= BYTES_MAX
    assert len(clean(came)) <= BYTES_MAX


def other(form: str, **how: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30)).save(made, form, **how)
    return made.getvalue()


@pytest.mark.parametrize(
    ("came", "says"),
    [
        (b"", "can be read"),
        (b"\xff\xd8\xff", "can be read"),
        (b"GIF89a" + bytes(100), "can be read"),
        (other("PNG"), "can be read"),
        (made_photo()[:5_000], "can be read"),
        (b"\xff\xd8\xff" + b"\xff\xda" * 100, "can be read"),
        (made_photo() + bytes(BYTES_MAX), "more than 300 kB"),
        (made_photo((SIDE_MAX + 1, 8)), "{side} pixels"),
    ],
)
def test_what_is_no_photo_of_ours_is_refused_in_a_sentence(came: bytes, says: str) -> None:
    with pytest.raises(PictureError) as refused:
        clean(came)
    assert says in refused.value.sentence


def test_every_cut_and_flip_of_a_photo_is_a_photo_or_a_sentence() -> None:
    came = bytearray(made_photo((64, 48)))
    for place in range(0, len(came), 7):
        flipped = bytes(came[:place]) + bytes([came[place] ^ 0xFF]) + bytes(came[place + 1 :])
        for tried in (flipped, bytes(came[:place])):
            with contextlib.suppress(PictureError):
                assert len(clean(tried)) <= picture.BYTES_MAX
