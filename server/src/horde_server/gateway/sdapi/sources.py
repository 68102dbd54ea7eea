"""Source pictures made ready for the horde: sized, masked, cut out; and results put back (gateway-sdapi.md §1.1).

Blocks; run by the decoders' threads, within the node's room for pixels.
"""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from horde_server.blobs.as_seen import as_seen
from horde_server.blobs.decoding import UNBOUNDED, PixelRoom
from horde_server.blobs.images import MAX_ENCODED_PIXELS, opened
from horde_server.blobs.structure import MAX_IMAGE_BYTES, UnusableImage
from horde_server.gateway.sdapi.fitting import Size, mask_of, pasted, to_canvas, to_wish, window_of
from horde_server.gateway.sdapi.wishes import SourceWish, Unprocessable

_MOST_CHARACTERS: Final = MAX_IMAGE_BYTES * 4 // 3 + 4
_URL_SAFE: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Patch:
    """Where a result is put back: only the masked part of the source was given to the horde."""

    source: Image.Image
    mask: Image.Image
    window: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Pictures as the horde takes them, in base64."""

    image: str
    mask: str = ""
    extra: tuple[str, ...] = ()
    patch: Patch | None = None


def prepared(wish: SourceWish, canvas: Size, room: PixelRoom = UNBOUNDED) -> Prepared:
    """The pictures of a wish, for pictures of that size. Raises `Unprocessable`."""
    source = decoded("init_images", wish.images[0], room)
    if wish.is_control:
        return Prepared(_png(source))
    if not wish.mask:
        extra = tuple(_png(decoded("init_images", image, room)) for image in wish.images[1:])
        return Prepared(_png(to_canvas(source, canvas, wish.resize)), extra=extra)
    mask = decoded("mask", wish.mask, room)
    mask = mask_of(
        mask.resize(source.size, Image.Resampling.LANCZOS) if mask.size != source.size else mask,
        is_inverted=wish.is_mask_inverted,
        blur_pixels=wish.blur_pixels,
    )
    window = window_of(mask, canvas, wish.padding_pixels) if wish.only_masked else None
    if window is None:
        return Prepared(_png(to_canvas(source, canvas, wish.resize)), _png(to_canvas(mask, canvas, wish.resize)))
    part, part_mask = source.crop(window), mask.crop(window)
    return Prepared(
        _png(part.resize(canvas, Image.Resampling.LANCZOS)),
        _png(part_mask.resize(canvas, Image.Resampling.LANCZOS)),
        patch=Patch(source, mask, window),
    )


def put_back(data: bytes, patch: Patch, size: Size, room: PixelRoom = UNBOUNDED) -> bytes:
    """A result in its place in the source, as a picture of the size that was asked for: lossless WebP."""
    with opened(data, MAX_ENCODED_PIXELS, room) as (image, _):
        whole = to_wish(pasted(image, patch.source, patch.mask, patch.window), size)
    target = io.BytesIO()
    whole.save(target, "WEBP", lossless=True, method=0)
    return target.getvalue()


def decoded(field: str, text: str, room: PixelRoom) -> Image.Image:
    """A picture in base64, perhaps as a `data:` address. Raises `Unprocessable`."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) > _MOST_CHARACTERS:
        raise Unprocessable(field, f"The picture in {field} has more than {MAX_IMAGE_BYTES // 2**20} MiB.")
    try:
        data = base64.b64decode(text.translate(_URL_SAFE))
        with opened(data, MAX_ENCODED_PIXELS, room) as (image, _):
            image.load()
            return as_seen(image)
    except UnusableImage as found:
        raise Unprocessable(
            field, f"The picture in {field} is {found}: send a WebP, PNG or JPEG file as base64."
        ) from None
    except (binascii.Error, ValueError):
        raise Unprocessable(field, f"The picture in {field} is no base64.") from None


def _png(picture: Image.Image) -> str:
    target = io.BytesIO()
    picture.save(target, "PNG", compress_level=1)
    return base64.b64encode(target.getvalue()).decode()
