"""Images between base64, bytes and Pillow."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from horde_sdk.horde_logging import logger

if TYPE_CHECKING:
    from PIL.Image import Image


def base64_str_to_bytes(base64_str: str, *, except_on_parse_fail: bool = False) -> bytes | None:
    """Return the bytes that base64 stands for, `None` where it stands for nothing. Data URLs are understood.

    Args:
        base64_str: Line breaks and spaces do not matter.
        except_on_parse_fail: Raise instead of returning `None`.

    Raises:
        binascii.Error: It is no base64, and that is to be told.
    """
    text = base64_str.partition(",")[2] if base64_str.startswith("data:") else base64_str
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        if except_on_parse_fail:
            raise
        logger.warning("what should be base64 is none (%d characters)", len(base64_str))
        return None


def bytes_to_pil_image(image_bytes: bytes, *, except_on_parse_fail: bool = False) -> Image | None:
    """Return the picture in a file's bytes, `None` if there is none. The pixels are decoded when used.

    Args:
        image_bytes: The file.
        except_on_parse_fail: Raise instead of returning `None`.

    Raises:
        OSError: It is no picture that Pillow knows, and that is to be told.
    """
    from PIL import Image

    try:
        return Image.open(io.BytesIO(image_bytes))
    except (OSError, Image.DecompressionBombError) as error:
        if except_on_parse_fail:
            raise
        logger.warning("%d bytes are no picture: %s", len(image_bytes), type(error).__name__)
        return None


def base64_str_to_pil_image(base64_str: str, *, except_on_parse_fail: bool = False) -> Image | None:
    """Return the picture that base64 stands for, `None` if it is none. The pixels are decoded when used.

    Args:
        base64_str: See `base64_str_to_bytes`.
        except_on_parse_fail: Raise instead of returning `None`.

    Raises:
        binascii.Error: It is no base64, and that is to be told.
        OSError: It is no picture that Pillow knows, and that is to be told.
    """
    content = base64_str_to_bytes(base64_str, except_on_parse_fail=except_on_parse_fail)
    return None if content is None else bytes_to_pil_image(content, except_on_parse_fail=except_on_parse_fail)
