"""A picture as people see it on their screen: upright, eight bits a channel, in sRGB, with its transparency.

Workers get pixels and nothing else of a file. So whatever a file says of how its pixels are to be shown is done here:
orientation, colour profile, palette, sixteen bits, CMYK, a colour that stands for transparent.
"""

from __future__ import annotations

import io

from PIL import ImageCms
from PIL.Image import Image, Transpose, frombytes
from PIL.ImageFile import ImageFile

MAX_PROFILE_BYTES = 2 * 1024 * 1024
"""Profiles of presses have half a megabyte; a larger one is taken for none."""
_ORIENTATION = 0x0112
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_GREY_MODES = frozenset({"1", "L", "LA"})
_RGB_MODES = frozenset({"P", "RGB", "RGBA"})
_KEY_FACTORS = {"L;2": 85, "L;4": 17}
"""What a value of two or four bits is in eight: Pillow stretches the pixels, and not the one that is transparent."""


def as_seen(image: ImageFile) -> Image:
    """The picture as RGB, or as RGBA where it says that it may be transparent.

    Decodes it: blocks, and raises what Pillow does for broken files.
    """
    raw_mode = str(image.tile[0].args) if image.tile else ""  # forgotten when it is loaded
    image.load()
    turn = _turn(image)
    plain = _in_srgb(_eight_bits(image, raw_mode), _profile(image))
    return plain if turn is None else plain.transpose(turn)


def needs_turning(image: ImageFile) -> bool:
    """Whether it lies in its file otherwise than it is to be seen. Decodes where a note may come last."""
    return _turn(image) is not None


def _turn(image: ImageFile) -> Transpose | None:
    """What its camera noted; as viewers do, a note that cannot be read is taken for none."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 Pillow raises whatever strangers make it stumble over
        return None


def _eight_bits(image: ImageFile, raw_mode: str) -> Image:
    """Of sixteen bits the upper eight, and the one value that stands for transparent in the same measure."""
    key = image.info.get("transparency")
    if raw_mode in _KEY_FACTORS and isinstance(key, int):
        image.info["transparency"] = key * _KEY_FACTORS[raw_mode]
    elif raw_mode.endswith(";16B") and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)
    if image.mode != "I;16":
        return image
    grey = frombytes("L", image.size, image.tobytes()[1::2])
    if isinstance(key, int):
        grey.info["transparency"] = key >> 8
    return grey


def _profile(image: Image) -> ImageCms.ImageCmsProfile | None:
    """Its colour profile; None where it has none, a broken one, or the one that screens have anyway."""
    data = image.info.get("icc_profile")
    if not data or len(data) > MAX_PROFILE_BYTES:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        return None if ImageCms.getProfileDescription(profile).startswith("sRGB") else profile
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _in_srgb(image: Image, profile: ImageCms.ImageCmsProfile | None) -> Image:
    """By its profile, where that is one of its kind of colours; by its own numbers else."""
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB") if image.mode != "CMYK" else image
    if profile is None or (colours := _colours(image, plain, profile.profile.xcolor_space.strip())) is None:
        return plain.convert("RGB") if plain.mode == "CMYK" else plain
    try:
        seen = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        seen = None
    if seen is None:
        seen = colours.convert("RGB")
    if plain.mode == "RGBA":
        seen.putalpha(plain.getchannel("A"))
    return seen


def _colours(image: Image, plain: Image, space: str) -> Image | None:
    """What of a picture a profile for colours of this space applies to."""
    if space == "RGB" and image.mode in _RGB_MODES:
        return plain.convert("RGB")
    if space == "GRAY" and image.mode in _GREY_MODES:
        return image.convert("L")
    return image if space == image.mode == "CMYK" else None
