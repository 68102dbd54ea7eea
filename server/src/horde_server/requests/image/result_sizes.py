"""How large a result may be, by what was asked for: known before a pixel of it is decoded.

Workers differ. They round to multiples of 64; they paint into a picture in its own size; a map for a ControlNet or the
picture that stands for a censored one has a size of its own. So the rule is coarse: a result may be as large as the
request, or as the picture that it starts from, or as 1024×1024, whichever is the largest, times the upscaler: what is
larger is refused. And it has at least one pixel for 256 of the smaller of the first two: what is smaller is delivered,
and nobody pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.blobs.images import MAX_ENCODED_PIXELS
from horde_server.blobs.structure import Seen, UnusableImage
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.vocabulary import UPSCALERS

ALWAYS_TAKEN_PIXELS = 1024 * 1024
LEAST_SHARE = 256
_ROUNDED_PIXELS = 64
_FACTORS = {name: 2 if "x2" in name or "2x" in name else 4 for name in UPSCALERS}
"""How many times longer an upscaler makes each side."""


@dataclass(frozen=True, slots=True)
class ResultSizes:
    """How many pixels a result may have."""

    least: int
    most: int

    def check(self, seen: Seen) -> None:
        """Raises `UnusableImage` for what is too large."""
        if seen.pixels > self.most:
            raise UnusableImage(f"of {seen.width}×{seen.height} pixels, and much larger than asked for")

    def unpaid(self, seen: Seen) -> str:
        """Why nobody pays for it: it is too small. Empty where it is not."""
        if seen.pixels >= self.least:
            return ""
        return (
            f"The image was delivered and earns nothing: it has {seen.width}×{seen.height} pixels, and much more was "
            "asked for."
        )


def upscale_factor(post_processing: tuple[str, ...]) -> int:
    """How many times longer the sides of a picture are after these."""
    return max((_FACTORS[name] for name in post_processing if name in _FACTORS), default=1)


def sizes_of_image(order: ImageOrder, *, censored: bool) -> ResultSizes:
    """For the images of a request; `censored`: for the picture that stands for one."""
    largest = (order.width + _ROUNDED_PIXELS) * (order.height + _ROUNDED_PIXELS)
    smallest = order.pixels
    if order.sources is not None and order.sources.image is not None:
        largest = max(largest, order.sources.pixels or MAX_ENCODED_PIXELS)
        smallest = min(smallest, order.sources.pixels)
    least = 1 if censored or order.return_control_map else smallest // LEAST_SHARE
    return ResultSizes(least, max(largest, ALWAYS_TAKEN_PIXELS) * upscale_factor(order.post_processing) ** 2)


def sizes_of_form(form: str, source_pixels: int) -> ResultSizes:
    """For a form that makes a picture of one of so many pixels."""
    most = max(source_pixels, ALWAYS_TAKEN_PIXELS) * upscale_factor((form,)) ** 2
    return ResultSizes(source_pixels // LEAST_SHARE, most)
