"""Images from strangers: verified before they are kept, decoded off the event loop, limited before they are decoded."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

MAX_IMAGE_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 3072 * 3072 * 4  # the largest request, twice enlarged on each side
_FORMATS = ("WEBP", "PNG", "JPEG")
_QUALITY = 95


def looks_like_image(beginning: bytes) -> bool:
    """Whether a file that begins like this is of a kind we take: cheap, for uploads that we do not decode."""
    return (
        beginning.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))
        or (beginning[:4], beginning[8:12]) == (b"RIFF", b"WEBP")
    )  # fmt: skip


class UnusableImage(ValueError):
    """The data is no image of a kind and size we take."""


async def to_webp(data: bytes) -> bytes:
    """The image as WebP: kept byte for byte when it is one, else encoded at quality 95. Raises `UnusableImage`."""
    if len(data) > MAX_IMAGE_BYTES:
        raise UnusableImage("too many bytes")
    return await asyncio.to_thread(_to_webp, data)


def _to_webp(data: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS or getattr(image, "n_frames", 1) > 1:
                raise UnusableImage("too many pixels or frames")
            image.load()
            if image.format == "WEBP":
                return data
            target = io.BytesIO()
            mode = "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"
            image.convert(mode).save(target, "WEBP", quality=_QUALITY, method=4, exact=mode == "RGBA")
            return target.getvalue()
    except UnusableImage:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise UnusableImage(f"unreadable: {type(error).__name__}") from error
