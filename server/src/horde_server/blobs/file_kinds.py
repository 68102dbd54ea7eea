"""What a file is by its first bytes: the pictures that we take, and a name for whatever else people send."""

from __future__ import annotations

from enum import StrEnum

BEGINNING_BYTES = 64


class PictureKind(StrEnum):
    """The kinds of picture that are opened; the value is the media type."""

    WEBP = "image/webp"
    PNG = "image/png"
    JPEG = "image/jpeg"


_BY_BEGINNING = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture or a camera's raw file"),
    (b"MM\0*", "a TIFF picture or a camera's raw file"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"%PDF", "a PDF"),
    (b"PK\3\4", "a ZIP archive"),
    (b"RIFF", "a sound or a video"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_BY_BRAND = (
    (b"avif", "an AVIF picture"),
    (b"avis", "an animated AVIF picture"),
    (b"hei", "an HEIC picture"),
    (b"hev", "an HEIC picture"),
    (b"mif1", "an HEIC picture"),
    (b"msf1", "an animated HEIC picture"),
)
"""Of files that say `ftyp` after four bytes; any other brand is a video."""


def picture_kind(beginning: bytes) -> PictureKind | None:
    """The kind of picture that a file begins like; None: none that we take."""
    if (beginning[:4], beginning[8:12]) == (b"RIFF", b"WEBP"):
        return PictureKind.WEBP
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    return PictureKind.JPEG if beginning.startswith(b"\xff\xd8\xff") else None


def described(beginning: bytes) -> str:
    """A name, with its article, for what is no picture that we take."""
    if not beginning:
        return "empty"
    if beginning[4:8] == b"ftyp":
        brand = beginning[8:12]
        return next((name for start, name in _BY_BRAND if brand.startswith(start)), "a video")
    for start, name in _BY_BEGINNING:
        if beginning.startswith(start):
            return name
    text = beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")):
        return "an SVG drawing"
    if text.startswith(b"<"):
        return "a web page"
    return "no picture of a kind that is known here"
