"""Source images of a command: a URL stays one, a file becomes WebP in base64."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path

from horde_sdk.exceptions import HordeException

LARGEST_FILE_BYTES = 64 * 2**20

LONGEST_SIDE = 3072
"""Pixels. Hordes refuse more, and no picture is larger; what is longer is scaled down."""

QUALITY = 95

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Those that Pillow reads itself: for others it may start a program."""


def source_image(place: str) -> str:
    """Return the image at a URL or in a file as the API takes it.

    Raises:
        HordeException: The file cannot be read, is too large, or is no image.
    """
    if place.startswith(("http://", "https://")):
        return place
    try:
        with Path(place).open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise HordeException(f"{place} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise HordeException(f"{place} is larger than {LARGEST_FILE_BYTES:,} bytes")
    return base64.b64encode(_as_small_webp(content, place)).decode()


def _as_small_webp(content: bytes, place: str) -> bytes:
    """Return an image upright, without a camera's notes on place and time, its transparency kept."""
    import PIL.Image
    import PIL.ImageOps

    webp = io.BytesIO()
    try:
        with warnings.catch_warnings():
            # Pillow only warns of an image that unpacks to hundreds of megabytes.
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            picture = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(content), formats=FORMATS))
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except (PIL.Image.DecompressionBombWarning, PIL.Image.DecompressionBombError):
        raise HordeException(f"{place} has too many pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise HordeException(f"{place} is not an image that can be read: {error}") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.save(webp, "WEBP", quality=QUALITY, exact=True)
    return webp.getvalue()
