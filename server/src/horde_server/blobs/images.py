"""Images from strangers: verified before they are kept, decoded off the event loop, limited before they are decoded."""

from __future__ import annotations

import io

from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

MAX_IMAGE_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 3072 * 3072 * 4  # the largest request, twice enlarged on each side
_QUALITY = 95


class UnusableImage(ValueError):
    """The data is no image of a kind and size we take."""


def looks_like_image(beginning: bytes) -> bool:
    """Whether a file that begins like this is of a kind we take: cheap, for uploads that we do not decode."""
    return _reader(beginning) is not None


def as_webp(data: bytes) -> bytes:
    """The image as WebP: kept byte for byte when it is one, else encoded at quality 95. Blocks: milliseconds.

    Raises:
        UnusableImage: too large, of another kind, animated or broken.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise UnusableImage("too many bytes")
    reader = _reader(data[:16])
    if reader is None:
        raise UnusableImage("neither WebP nor PNG nor JPEG")
    try:
        with reader(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS or getattr(image, "n_frames", 1) > 1:
                raise UnusableImage("too many pixels or frames")
            image.load()
            if reader is WebPImageFile:
                return data
            target = io.BytesIO()
            mode = "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"
            image.convert(mode).save(target, "WEBP", quality=_QUALITY, method=4, exact=mode == "RGBA")
            return target.getvalue()
    except UnusableImage:
        raise
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnusableImage(f"unreadable: {type(error).__name__}") from error


def _reader(beginning: bytes) -> type[ImageFile] | None:
    """The one plugin to read it with: no other of Pillow's many gets to see what strangers send."""
    if (beginning[:4], beginning[8:12]) == (b"RIFF", b"WEBP"):
        return WebPImageFile
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    return JpegImageFile if beginning.startswith(b"\xff\xd8\xff") else None
