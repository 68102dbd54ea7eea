"""Source images: a URL stays one; a file, its bytes or a Pillow picture becomes WebP in base64, as the API takes it."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from horde_sdk.ai_horde_api.image_downloads import FORMATS
from horde_sdk.exceptions import HordeException

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE_BYTES = 64 * 2**20

LONGEST_SIDE = 3072
"""Pixels. Hordes refuse more, and no picture is larger; what is longer is scaled down."""

QUALITY = 95


def source_image(origin: str | Path | bytes | Image) -> str:
    """Return an image for `source_image`, `source_mask` and their like.

    Args:
        origin: A URL, the path of a file, a file's bytes, or a picture.

    Raises:
        HordeException: It cannot be read, is too large, or is no image.
    """
    if isinstance(origin, str) and origin.startswith(("http://", "https://")):
        return origin
    if isinstance(origin, str | Path):
        return _in_base64(_opened(_content_of(Path(origin)), str(origin)))
    if isinstance(origin, bytes):
        return _in_base64(_opened(origin, "the source image"))
    return _in_base64(origin)


def _content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise HordeException(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise HordeException(f"{path} is larger than {LARGEST_FILE_BYTES:,} bytes")
    return content


def _opened(content: bytes, name: str) -> Image:
    """Return the picture of a file, turned upright."""
    import PIL.Image
    import PIL.ImageOps

    try:
        with warnings.catch_warnings():
            # Pillow only warns of an image that unpacks to hundreds of megabytes.
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            picture = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(content), formats=FORMATS))
            picture.load()
            return picture
    except (PIL.Image.DecompressionBombWarning, PIL.Image.DecompressionBombError):
        raise HordeException(f"{name} has too many pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise HordeException(f"{name} is not an image that can be read: {error}") from error


def _in_base64(picture: Image) -> str:
    """Return a picture without a camera's notes on place and time, its transparency kept."""
    plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    webp = io.BytesIO()
    plain.save(webp, "WEBP", quality=QUALITY, exact=True)
    return base64.b64encode(webp.getvalue()).decode()
