"""A picture of ours in another format or size, as programs expect it that know no WebP."""

from __future__ import annotations

import io
from typing import Literal, NamedTuple

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from horde_server.blobs.decoding import UNBOUNDED, PixelRoom
from horde_server.blobs.images import MAX_ENCODED_PIXELS, opened

_JPEG_QUALITY = 95
_BEST = 100


class Format(NamedTuple):
    """How a picture is wanted. `quality`: 1 to 100, None the best; `size` in pixels; `text`: kept with a PNG."""

    kind: Literal["png", "jpeg", "webp"]
    quality: int | None = None
    size: tuple[int, int] | None = None
    text: str | None = None


def converted(data: bytes, wanted: Format, room: PixelRoom = UNBOUNDED) -> bytes:
    """The picture in that format. Blocks: 20 to 300 ms. Raises `UnusableImage`."""
    with opened(data, MAX_ENCODED_PIXELS, room) as (image, _):
        image.load()
        seen: Image.Image = image
        if wanted.size is not None and wanted.size != image.size:
            seen = image.resize(wanted.size, Image.Resampling.LANCZOS)
        elif wanted.kind == "webp" and wanted.quality is None:
            return data
        target = io.BytesIO()
        match wanted.kind:
            case "png":
                told = PngInfo()
                if wanted.text:
                    told.add_itxt("parameters", wanted.text) if not wanted.text.isascii() else told.add_text(
                        "parameters", wanted.text
                    )
                seen.save(target, "PNG", pnginfo=told, compress_level=3)
            case "jpeg":
                quality = min(wanted.quality or _JPEG_QUALITY, _JPEG_QUALITY)
                _without_alpha(seen).save(target, "JPEG", quality=quality)
            case "webp":
                is_best = wanted.quality in (None, _BEST)
                seen.save(target, "WEBP", lossless=is_best, quality=_BEST if is_best else wanted.quality, method=2)
        return target.getvalue()


def _without_alpha(image: Image.Image) -> Image.Image:
    """On white, where it is transparent."""
    if image.mode == "RGB":
        return image
    whole = image.convert("RGBA")
    ground = Image.new("RGBA", whole.size, "white")
    return Image.alpha_composite(ground, whole).convert("RGB")
