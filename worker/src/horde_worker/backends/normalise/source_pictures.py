"""Source pictures and masks as makers take them: RGB and L, of the size that is painted; white is repainted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageOps

from horde_worker.backends.image import ImageJob, Remark
from horde_worker.backends.normalise.sizes import Size

_NO_PICTURE: Final = Remark("source_image", "parse_failed", "source_image")
_NO_MASK: Final = Remark("source_mask", "parse_failed", "source_mask")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a picture is painted from: no source, a source, or a source of which the white part of a mask is painted."""

    source: Image.Image | None = None
    mask: Image.Image | None = None
    remarks: tuple[Remark, ...] = ()


def prepared(job: ImageJob, size: Size, *, wants_mask: bool = False) -> Prepared:
    """The job's source and mask in this size. Without a source there is no mask either.

    `wants_mask` says that the model can do nothing but fill masks: without a source it gets noise to fill, without a
    mask the whole picture. It takes a thread's while for large pictures.
    """
    if job.source is None:
        if not wants_mask:
            return Prepared()
        return Prepared(noise_picture(size, job.seeds[0] if job.seeds else 0), _all_white(size), (_NO_PICTURE,))
    source = resized(job.source.convert("RGB"), size)
    if job.mask is not None:
        return Prepared(source, resized(job.mask.convert("L"), size))
    if wants_mask:
        told = any(remark.type == _NO_MASK.type for remark in job.source_remarks)
        return Prepared(source, _all_white(size), () if told else (_NO_MASK,))
    return Prepared(source)


def resized(picture: Image.Image, size: Size) -> Image.Image:
    """The picture in this size, stretched where its shape is another."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def filling(picture: Image.Image, size: Size) -> Image.Image:
    """The picture in this size; where its shape is another, what stands over at the sides is cut off evenly."""
    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def alpha_as_mask(source: Image.Image, mask: Image.Image) -> Image.Image:
    """The source, transparent where it is to be repainted: for makers that read the mask from there."""
    whole = source.convert("RGBA")
    whole.putalpha(ImageChops.invert(resized(mask.convert("L"), whole.size)))
    return whole


def noise_picture(size: Size, seed: int) -> Image.Image:
    """Coloured noise, the same for the same seed: something to paint over where there is nothing."""
    dice = random.Random(seed)
    return Image.frombytes("RGB", size, dice.randbytes(size[0] * size[1] * 3))


def _all_white(size: Size) -> Image.Image:
    return Image.new("L", size, 255)
