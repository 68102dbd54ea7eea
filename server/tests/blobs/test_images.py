"""Images from strangers: kept as they are or turned to WebP, refused with a reason."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from horde_server.blobs.images import MAX_IMAGE_BYTES, UnusableImage, as_webp, looks_like_image


def encoded(kind: str, size: tuple[int, int] = (32, 16), mode: str = "RGB", **options: object) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "teal" if mode != "P" else 3).save(target, kind, **options)  # type: ignore[arg-type]
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


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_pictures_are_told_by_their_beginning(kind: str) -> None:
    assert looks_like_image(encoded(kind)[:32])


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"<!doctype html>", b"\x89PN", b"GIF89a" + bytes(26)]
)
def test_other_files_are_told_by_their_beginning(data: bytes) -> None:
    assert not looks_like_image(data)


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
    with pytest.raises(UnusableImage, match="bytes"):
        as_webp(b"x" * (MAX_IMAGE_BYTES + 1))


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horde_server.blobs.images.MAX_PIXELS", 100)
    with pytest.raises(UnusableImage, match="pixels"):
        as_webp(encoded("PNG"))


def test_animations_are_refused() -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(UnusableImage, match="frames"):
        as_webp(target.getvalue())
