"""What is told of a picture by its structure, without decoding it; hostile files cost nothing."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from horde_server.blobs.file_kinds import PictureKind
from horde_server.blobs.structure import MAX_IMAGE_BYTES, MOST_CHUNKS, Broken, UnusableImage, examined


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    target = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(target, kind, **options)
    return target.getvalue()


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("WEBP", "RGB", {}), ("WEBP", "RGBA", {}), ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"icc_profile": b"x" * 7}), ("PNG", "RGB", {}), ("PNG", "P", {}), ("PNG", "1", {}),
        ("JPEG", "RGB", {}), ("JPEG", "L", {"progressive": True}), ("JPEG", "CMYK", {}),
    ],
)  # fmt: skip
def test_kind_and_size_are_told(kind: str, mode: str, options: dict[str, Any]) -> None:
    seen = examined(encoded(kind, mode, **options))
    assert (seen.kind, seen.width, seen.height, seen.is_animated, seen.has_exif) == (
        PictureKind[kind], 40, 30, False, False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_a_cameras_notes_are_seen(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert examined(encoded(kind, exif=exif.tobytes())).has_exif


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_animations_are_seen(kind: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    target = io.BytesIO()
    frames[0].save(target, kind, save_all=True, append_images=frames[1:])
    seen = examined(target.getvalue())
    assert (seen.is_animated, seen.width, seen.height) == (True, 40, 30)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_every_way_to_cut_a_picture_off_is_seen(kind: str) -> None:
    data = encoded(kind)
    for length in range(12, len(data) - 1, 7):
        with pytest.raises(Broken):
            examined(data[:length])


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_what_follows_a_picture_does_not_matter(kind: str) -> None:
    """Phones hang a film behind a photo; where that is decoded anyway, it may be as long as it likes."""
    assert examined(encoded(kind) + bytes(2000)).width == 40
    assert examined(encoded(kind) + bytes(200_000), to_the_end=False).width == 40


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF????WEBP<script>alert(1)</script>",
        b"RIFF\x1e\0\0\0WEBP<script>alert(1)</script>",
        riff((b"VP8 ", b"<script>alert(1)</script>")),
        riff((b"VP8L", b"<script>alert(1)</script>")),
        riff((b"EXIF", b"<script>"), (b"VP8 ", b"")),
        riff((b"VP8X", bytes(10))),
        riff((b"VP8X", bytes(10)), (b"EXIF", b"x" * 50)),
        riff((b"VP8 ", b"\xf0\xff\xff\x9d\x01\x2a\x10\0\x10\0")),
        riff((b"VP8 ", b"\x10\0\0\x9d\x01\x2a\0\0\0\0")),
        b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" * 4,
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT") + chunk(b"IEND"),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"IEND"),
        b"\xff\xd8\xff<script>alert(1)</script>\xff\xd9",
        b"\xff\xd8\xff\xda\0\x02\xff\xd9",
        b"\xff\xd8\xff\xe0\0\0\xff\xd9",
    ],
)
def test_what_only_begins_like_a_picture_is_none(data: bytes) -> None:
    with pytest.raises(Broken):
        examined(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"tEXt") * (MOST_CHUNKS + 1),
        b"\xff\xd8" + b"\xff\xe5\0\x02" * (MOST_CHUNKS + 1),
        b"\xff\xd8" + b"\xff" * (MOST_CHUNKS + 9),
    ],
)
def test_a_picture_in_very_many_pieces_is_not_looked_through(data: bytes) -> None:
    with pytest.raises(UnusableImage, match="pieces"):
        examined(data)


def test_more_bytes_than_any_picture_has() -> None:
    with pytest.raises(UnusableImage, match="20 MiB"):
        examined(encoded("WEBP") + bytes(MAX_IMAGE_BYTES))
