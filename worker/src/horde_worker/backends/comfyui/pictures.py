"""Pictures to and from a ComfyUI as bytes. What takes a while runs in a thread."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.normalise.sizes import Size
from horde_worker.backends.normalise.source_pictures import Prepared, alpha_as_mask, filling

MAX_PIXELS: Final = 16384 * 16384 // 4
"""Four times 2048×2048 in each direction: the largest that upscalers make of what we offer."""
_FORMATS: Final = ("PNG", "JPEG", "WEBP")


def source_png(prepared: Prepared) -> bytes:
    """A source with its mask as ComfyUI takes them: transparent where it is to be repainted."""
    assert prepared.source is not None
    picture = alpha_as_mask(prepared.source, prepared.mask) if prepared.mask is not None else prepared.source
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=1)  # read by a machine, on the same machine mostly
    return written.getvalue()


def decoded(raw: bytes) -> Image.Image:
    """A picture without anything that its file says besides: that is the whole graph. Raises `BackendFailure`."""
    try:
        opened: Image.Image = Image.open(io.BytesIO(raw), formats=_FORMATS)
        if opened.width * opened.height > MAX_PIXELS:
            raise BackendFailure(f"ComfyUI made a picture of {opened.width}×{opened.height} pixels")
        picture = opened.convert("RGB")
    except BackendFailure:
        raise
    except Exception as error:
        raise BackendFailure("ComfyUI sent what is no picture") from error
    picture.info.clear()
    return picture


def fitted(picture: Image.Image, painted: Size, wanted: Size) -> Image.Image:
    """The picture in the size that was asked for, which models may have had to exceed; enlarged ones in proportion."""
    if painted == wanted:
        return picture
    grown = picture.width / painted[0], picture.height / painted[1]
    return filling(picture, (round(wanted[0] * grown[0]), round(wanted[1] * grown[1])))
