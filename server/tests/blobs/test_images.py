"""Images from strangers: kept as they are or turned to WebP, refused with a reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from horde_server.blobs.images import (
    MAX_ENCODED_PIXELS,
    MAX_JPEG_SCANS,
    THUMBNAIL_BYTES,
    as_webp,
    is_thumbnail,
    recompressed,
)
from horde_server.blobs.structure import MAX_IMAGE_BYTES, TooManyPixels, UnusableImage, examined


def fifty(pixels: int) -> int:
    """A quality, whatever the size."""
    return 50


def encoded(kind: str, size: tuple[int, int] = (32, 16), mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "teal" if mode != "P" else 3).save(target, kind, **options)
    return target.getvalue()


def test_webp_is_kept_byte_for_byte() -> None:
    data = encoded("WEBP")
    assert as_webp(data) == data


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_png_and_jpeg_become_webp_of_the_same_size(kind: str, mode: str) -> None:
    with Image.open(io.BytesIO(as_webp(encoded(kind, mode=mode)))) as image:
        assert (image.format, image.size) == ("WEBP", (32, 16))


def test_transparency_survives() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(target, "PNG")
    with Image.open(io.BytesIO(as_webp(target.getvalue()))) as image:
        assert image.convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"RIFF\x00\x00\x00\x00WEBP", encoded("PNG")[:-30], encoded("GIF", mode="P"), b"\0" * 1000],
    ids=["nothing", "text", "empty webp", "cut off", "gif", "zeros"],
)
def test_what_is_no_usable_image_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableImage):
        as_webp(data)


def test_more_bytes_than_the_limit_are_refused_unread() -> None:
    with pytest.raises(UnusableImage, match="20 MiB"):
        as_webp(b"x" * (MAX_IMAGE_BYTES + 1))


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horde_server.blobs.images.MAX_ENCODED_PIXELS", 100)
    with pytest.raises(UnusableImage, match="pixels"):
        as_webp(encoded("PNG"))


def test_animations_are_refused() -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(UnusableImage, match="animation"):
        as_webp(target.getvalue())


def test_a_picture_is_encoded_anew_without_what_else_came_in_its_file() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    data = encoded("JPEG", exif=exif.tobytes())
    made = recompressed(data, max_pixels=10_000, quality=fifty)
    assert b"where it was taken" in data
    assert b"where it was taken" not in made.webp
    with Image.open(io.BytesIO(made.webp)) as image:
        assert (image.format, image.size) == ("WEBP", (32, 16))


@pytest.mark.parametrize(
    ("mode", "has_alpha"), [("RGBA", True), ("LA", True), ("RGB", False), ("L", False), ("P", False)]
)
def test_whether_a_picture_has_transparency_is_told(mode: str, has_alpha: bool) -> None:
    assert recompressed(encoded("PNG", mode=mode), max_pixels=10_000, quality=fifty).has_alpha is has_alpha


def test_colours_below_transparent_parts_survive() -> None:
    """storage.md §3.1: exact alpha. What an inpainting mask hides is still the picture to start from."""
    target = io.BytesIO()
    Image.new("RGBA", (32, 32), (200, 40, 40, 0)).save(target, "PNG")
    made = recompressed(target.getvalue(), max_pixels=10_000, quality=fifty)
    with Image.open(io.BytesIO(made.webp)) as image:
        red, green, _, alpha = image.convert("RGBA").getpixel((16, 16))  # type: ignore[misc]
    assert red > 150 > 90 > green
    assert alpha == 0


def test_of_an_animation_the_first_frame_is_kept() -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(recompressed(target.getvalue(), max_pixels=64, quality=fifty).webp)) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGB").getpixel((4, 4))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    "take", [as_webp, lambda data: recompressed(data, max_pixels=MAX_ENCODED_PIXELS, quality=fifty)]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_size_that_a_picture_claims_is_looked_at_before_it_is_decoded(take: object, kind: str) -> None:
    with pytest.raises(TooManyPixels):
        take(claiming(kind, 16_000, 16_000))  # type: ignore[operator]


def test_the_largest_picture_is_taken_and_one_pixel_more_is_not() -> None:
    data = encoded("PNG", size=(32, 16))
    assert recompressed(data, max_pixels=32 * 16, quality=fifty).webp
    with pytest.raises(TooManyPixels):
        recompressed(data, max_pixels=32 * 16 - 1, quality=fifty)


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    """Each scan costs a pass over the whole picture, and takes a few bytes."""
    data = encoded("JPEG", size=(512, 512), progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:last] + data[last:-2] * MAX_JPEG_SCANS + data[-2:]
    assert recompressed(data, max_pixels=512 * 512, quality=fifty).webp
    with pytest.raises(UnusableImage, match="scans"):
        recompressed(bomb, max_pixels=512 * 512, quality=fifty)


def test_a_png_whose_text_unpacks_without_end_is_refused() -> None:
    text = PngInfo()
    text.add_text("comment", "x" * 50_000_000, zip=True)
    data = encoded("PNG", pnginfo=text)
    assert len(data) < 100_000
    with pytest.raises(UnusableImage):
        recompressed(data, max_pixels=10_000, quality=fifty)


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small picture whose header says that it is large."""
    data = bytearray(encoded(kind, size=(16, 16)))
    if kind == "PNG":
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif kind == "JPEG":
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    else:
        frame = data.index(b"\x9d\x01\x2a")
        data[frame + 3 : frame + 7] = struct.pack("<HH", width, height)
    return bytes(data)


@pytest.mark.parametrize(("side", "is_small"), [(128, True), (129, False)])
def test_only_a_small_picture_is_a_thumbnail(side: int, is_small: bool) -> None:
    """It is encoded anew on the event loop: so nothing that takes long may pass for one."""
    data = encoded("PNG", (side, 128))
    seen = examined(data)
    assert is_thumbnail(data, seen) is is_small
    assert not is_thumbnail(data + bytes(THUMBNAIL_BYTES), seen)
