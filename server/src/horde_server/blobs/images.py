"""Images from strangers: verified before they are kept, decoded off the event loop, limited before they are decoded.

What an image may cost is known from its first bytes: while it is encoded anew it takes at most 25 bytes of memory a
pixel (measured), 225 MiB at 3072×3072.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL.Image import DecompressionBombError, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from horde_server.blobs.store import Glimpse

MAX_IMAGE_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 3072 * 3072 * 4  # the largest request, twice enlarged on each side
THUMBNAIL_BYTES = 16 * 1024
THUMBNAIL_PIXELS = 128 * 128
MAX_JPEG_SCANS = 100
"""A scan of a few bytes costs a pass over the whole picture; ordinary progressive pictures have ten."""
_QUALITY = 95


class UnusableImage(ValueError):
    """The data is no image of a kind and size we take."""


class NotAnImage(UnusableImage):
    """It does not even begin like one."""


class TooManyPixels(UnusableImage):
    """It is larger than allowed, by what it says of itself."""


@dataclass(frozen=True, slots=True)
class Recompressed:
    """An image encoded anew; its sides in pixels."""

    webp: bytes
    has_alpha: bool
    width: int
    height: int


def looks_like_image(glimpse: Glimpse) -> bool:
    """Whether a blob may be an image of a kind and size we take: cheap, for uploads that we do not decode."""
    return glimpse.size_bytes <= MAX_IMAGE_BYTES and _reader(glimpse.beginning) is not None


def as_webp(data: bytes) -> bytes:
    """The image as WebP: kept byte for byte when it is one, else encoded at quality 95. Blocks: milliseconds.

    Raises:
        UnusableImage: too large, of another kind, animated or broken.
    """
    with _opened(data, MAX_PIXELS) as image:
        return _verified(image, data)


def thumbnail_as_webp(data: bytes) -> bytes | None:
    """`as_webp` for an image so small that it is done within a millisecond; None, soon, for a larger one.

    A trip to a thread costs several times that: each call there that lets go of the interpreter fights for it again.
    """
    if len(data) > THUMBNAIL_BYTES:
        return None
    with _opened(data, MAX_PIXELS) as image:
        return _verified(image, data) if image.width * image.height <= THUMBNAIL_PIXELS else None


def _verified(image: ImageFile, data: bytes) -> bytes:
    if getattr(image, "n_frames", 1) > 1:
        raise UnusableImage("too many frames")
    image.load()
    return data if isinstance(image, WebPImageFile) else _encoded(image, _QUALITY).webp


def dimensions(data: bytes) -> tuple[int, int]:
    """Width and height by what the image says of itself, however large: nothing is decoded. Raises `UnusableImage`."""
    with _opened(data, max_pixels=2**62) as image:
        return image.width, image.height


def recompressed(data: bytes, *, max_pixels: int, quality: Callable[[int], int]) -> Recompressed:
    """The image (of an animation the first) as WebP without what else came in the file. Blocks: up to seconds.

    Its size in pixels stays; `quality` tells WebP's quality for so many, and transparency is kept exactly.

    Raises:
        UnusableImage: too large, of another kind or broken; `TooManyPixels` and `NotAnImage` where it is that.
    """
    with _opened(data, max_pixels) as image:
        return _encoded(image, quality(image.width * image.height))


@contextmanager
def _opened(data: bytes, max_pixels: int) -> Iterator[ImageFile]:
    """The image, its size checked and not decoded yet; whatever goes wrong while it is used is `UnusableImage`."""
    if len(data) > MAX_IMAGE_BYTES:
        raise UnusableImage("too many bytes")
    reader = _reader(data[:16])
    if reader is None:
        raise NotAnImage("neither WebP nor PNG nor JPEG")
    if reader is JpegImageFile and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UnusableImage("too many scans")
    try:
        with reader(io.BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                raise TooManyPixels("too many pixels")
            yield image
    except UnusableImage:
        raise
    except DecompressionBombError as error:  # Pillow looked before we could
        raise TooManyPixels("too many pixels") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow raises for broken files
        raise UnusableImage(f"unreadable: {type(error).__name__}") from error


def _encoded(image: Image, quality: int) -> Recompressed:
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if has_alpha else "RGB"
    target = io.BytesIO()
    same = image if image.mode == mode else image.convert(mode)
    same.save(target, "WEBP", quality=quality, method=4, exact=has_alpha)
    return Recompressed(target.getvalue(), has_alpha, image.width, image.height)


def _reader(beginning: bytes) -> type[ImageFile] | None:
    """The one plugin to read it with: no other of Pillow's many gets to see what strangers send."""
    if (beginning[:4], beginning[8:12]) == (b"RIFF", b"WEBP"):
        return WebPImageFile
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    return JpegImageFile if beginning.startswith(b"\xff\xd8\xff") else None
