"""Images from strangers: examined before they are decoded, decoded off the event loop, encoded as people see them.

What an image may cost is known from its first bytes: while it is encoded anew it takes at most 25 bytes of memory a
pixel (measured), 225 MiB at 3072×3072. How many pixels there may be at a time is a matter of `decoding`.
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

from horde_server.blobs.as_seen import as_seen, needs_turning
from horde_server.blobs.decoding import UNBOUNDED, PixelRoom
from horde_server.blobs.file_kinds import PictureKind
from horde_server.blobs.structure import Broken, Seen, TooManyPixels, UnusableImage, examined

MAX_ENCODED_PIXELS = 3072 * 3072
MAX_SIDE_PIXELS = 16_383
"""WebP's."""
THUMBNAIL_BYTES = 16 * 1024
THUMBNAIL_PIXELS = 128 * 128
MAX_JPEG_SCANS = 100
"""A scan of a few bytes costs a pass over the whole picture; ordinary progressive pictures have ten."""
_QUALITY = 95
_READERS: dict[PictureKind, type[ImageFile]] = {
    PictureKind.WEBP: WebPImageFile,
    PictureKind.PNG: PngImageFile,
    PictureKind.JPEG: JpegImageFile,
}
"""The one plugin to read each with: no other of Pillow's many gets to see what strangers send."""


@dataclass(frozen=True, slots=True)
class Recompressed:
    """An image encoded anew; its sides in pixels, as it is seen."""

    webp: bytes
    has_alpha: bool
    width: int
    height: int


def is_thumbnail(data: bytes, seen: Seen) -> bool:
    """Whether the image is so small that to encode it anew is done within a millisecond or two.

    A trip to a thread costs as much: each call there that lets go of the interpreter fights for it again.
    """
    return len(data) <= THUMBNAIL_BYTES and seen.pixels <= THUMBNAIL_PIXELS


def needs_encoding(seen: Seen) -> bool:
    """Whether it cannot be kept byte for byte: it is no WebP, or may lie there turned."""
    return seen.kind is not PictureKind.WEBP or seen.has_exif


def as_webp(data: bytes, room: PixelRoom = UNBOUNDED) -> bytes:
    """The image as WebP of quality 95; a WebP that lies as it is seen is kept byte for byte. Blocks: milliseconds.

    Raises:
        UnusableImage: too large, of another kind, animated or broken.
    """
    with opened(data, MAX_ENCODED_PIXELS, room) as (image, seen):
        if seen.is_animated:
            raise UnusableImage("an animation")
        if seen.kind is PictureKind.WEBP and not needs_turning(image):
            return data
        return _encoded(as_seen(image), _QUALITY).webp


def recompressed(
    data: bytes, *, max_pixels: int, quality: Callable[[int], int], room: PixelRoom = UNBOUNDED
) -> Recompressed:
    """The image (of an animation the first) as WebP without what else came in the file. Blocks: up to seconds.

    Upright, and else of the size in pixels that it came in; `quality` tells WebP's quality for so many, and
    transparency is kept exactly.

    Raises:
        UnusableImage: too large, of another kind or broken; `TooManyPixels` and `NotAnImage` where it is that.
    """
    with opened(data, max_pixels, room) as (image, seen):
        return _encoded(as_seen(image), quality(seen.pixels))


@contextmanager
def opened(data: bytes, max_pixels: int, room: PixelRoom) -> Iterator[tuple[ImageFile, Seen]]:
    """The image, examined and not decoded yet; whatever goes wrong while it is used is `UnusableImage`."""
    seen = examined(data, to_the_end=False)
    if seen.pixels > max_pixels:
        raise TooManyPixels(f"larger than {max_pixels} pixels")
    if max(seen.width, seen.height) > MAX_SIDE_PIXELS:
        raise UnusableImage(f"longer than {MAX_SIDE_PIXELS} pixels")
    if seen.kind is PictureKind.JPEG and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UnusableImage("a JPEG of too many scans")
    try:
        with room.held(seen.pixels), _READERS[seen.kind](io.BytesIO(data)) as image:
            if (image.width, image.height) != (seen.width, seen.height):
                raise Broken
            yield image, seen
    except UnusableImage:
        raise
    except DecompressionBombError as error:  # Pillow found more than the header said
        raise TooManyPixels("larger than it says") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow raises for broken files
        raise Broken from error


def _encoded(image: Image, quality: int) -> Recompressed:
    has_alpha = image.mode == "RGBA"
    target = io.BytesIO()
    image.save(target, "WEBP", quality=quality, method=4, exact=has_alpha)
    return Recompressed(target.getvalue(), has_alpha, image.width, image.height)
