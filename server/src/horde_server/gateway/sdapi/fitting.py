"""Pictures made to fit: sources to the canvas, masks as the horde has them, results to size (gateway-sdapi.md §1.3).

Blocks: milliseconds to tenths of a second; run by the decoders' threads.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from PIL import Image, ImageFilter, ImageOps

STEP_PIXELS: Final = 64
LEAST_SIDE_PIXELS: Final = 64
MOST_SIDE_PIXELS: Final = 3072
MOST_BLUR_PIXELS: Final = 64
MOST_PADDING_PIXELS: Final = 256


class ResizeMode(IntEnum):
    """How a picture of another shape is brought to the canvas."""

    STRETCH = 0
    CROP = 1
    FILL = 2
    LATENT = 3  # done as STRETCH


class Size(NamedTuple):
    """Sides in pixels."""

    width: int
    height: int


def on_grid(side: float) -> int:
    """The nearest side that the horde makes."""
    return min(max(round(side / STEP_PIXELS) * STEP_PIXELS, LEAST_SIDE_PIXELS), MOST_SIDE_PIXELS)


def canvas_of(wish: Size) -> Size:
    """What is asked of workers for a picture of that size."""
    return Size(on_grid(wish.width), on_grid(wish.height))


def to_canvas(picture: Image.Image, canvas: Size, mode: ResizeMode) -> Image.Image:
    """A source of the canvas's size."""
    if picture.size == canvas:
        return picture
    if mode is ResizeMode.CROP:
        return ImageOps.fit(picture, canvas, Image.Resampling.LANCZOS)
    if mode is ResizeMode.FILL:
        return _filled(picture, canvas)
    return picture.resize(canvas, Image.Resampling.LANCZOS)


def _filled(picture: Image.Image, canvas: Size) -> Image.Image:
    """The whole picture in the middle, and its outermost pixels drawn out to the edges."""
    whole = ImageOps.contain(picture, canvas, Image.Resampling.LANCZOS)
    left, top = (canvas.width - whole.width) // 2, (canvas.height - whole.height) // 2
    filled = Image.new(whole.mode, canvas)
    if left:
        filled.paste(whole.crop((0, 0, 1, whole.height)).resize((left, canvas.height)), (0, 0))
        right = canvas.width - left - whole.width
        edge = whole.crop((whole.width - 1, 0, whole.width, whole.height))
        filled.paste(edge.resize((max(right, 1), canvas.height)), (left + whole.width, 0))
    if top:
        filled.paste(whole.crop((0, 0, whole.width, 1)).resize((canvas.width, top)), (0, 0))
        low = canvas.height - top - whole.height
        edge = whole.crop((0, whole.height - 1, whole.width, whole.height))
        filled.paste(edge.resize((canvas.width, max(low, 1))), (0, top + whole.height))
    filled.paste(whole, (left, top))
    return filled


def mask_of(picture: Image.Image, *, is_inverted: bool, blur_pixels: int) -> Image.Image:
    """A mask as the horde has it, white where it is repainted: of a picture with transparency its alpha counts."""
    mask = picture.getchannel("A") if picture.mode in ("RGBA", "LA") and _has_holes(picture) else picture.convert("L")
    if is_inverted:
        mask = ImageOps.invert(mask)
    if blur_pixels:
        mask = mask.filter(ImageFilter.GaussianBlur(min(blur_pixels, MOST_BLUR_PIXELS)))
    return mask


def _has_holes(picture: Image.Image) -> bool:
    low, high = picture.getchannel("A").getextrema()
    return bool(low != high)


def window_of(mask: Image.Image, canvas: Size, padding_pixels: int) -> tuple[int, int, int, int] | None:
    """What of a picture is repainted where only the masked is asked for: left, top, right, bottom; None: nothing is.

    The masked and the padding around it, widened to the shape of the canvas as far as the picture goes.
    """
    box = mask.point(lambda value: 255 if value > 0 else 0).getbbox()
    if box is None:
        return None
    padding = min(max(padding_pixels, 0), MOST_PADDING_PIXELS)
    left, top = max(box[0] - padding, 0), max(box[1] - padding, 0)
    right, low = min(box[2] + padding, mask.width), min(box[3] + padding, mask.height)
    wanted = canvas.width / canvas.height
    if (right - left) / (low - top) > wanted:
        top, low = _widened(top, low, round((right - left) / wanted), mask.height)
    else:
        left, right = _widened(left, right, round((low - top) * wanted), mask.width)
    return left, top, right, low


def _widened(begin: int, end: int, wanted: int, limit: int) -> tuple[int, int]:
    length = min(max(wanted, end - begin), limit)
    begin = min(max(begin - (length - (end - begin)) // 2, 0), limit - length)
    return begin, begin + length


def pasted(
    result: Image.Image, source: Image.Image, mask: Image.Image, window: tuple[int, int, int, int]
) -> Image.Image:
    """The source with what was made of its window, where the mask is white."""
    left, top, right, low = window
    part = result.convert("RGB").resize((right - left, low - top), Image.Resampling.LANCZOS)
    whole = source.convert("RGB")
    whole.paste(part, (left, top), mask.crop(window))
    return whole


def to_wish(result: Image.Image, wish: Size) -> Image.Image:
    """The result in the size that was asked for."""
    return result if result.size == wish else result.resize(wish, Image.Resampling.LANCZOS)
