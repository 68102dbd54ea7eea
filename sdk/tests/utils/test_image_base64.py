"""Images between base64, bytes and Pillow (`utils.image_utils`)."""

from __future__ import annotations

import base64
import binascii
import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, UnidentifiedImageError

from horde_sdk.utils.image_utils import base64_str_to_bytes, base64_str_to_pil_image, bytes_to_pil_image


def a_png(width: int = 64, height: int = 128) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    ["aGVsbG8=", " aGVs\nbG8= ", "data:image/png;base64,aGVsbG8="],
    ids=["plain", "broken lines", "data url"],
)
def test_base64_is_decoded(text: str) -> None:
    assert base64_str_to_bytes(text) == b"hello"


@pytest.mark.parametrize("text", ["a", "!!!", "aGVsbG8", "https://example.com/a.png", "é"])
def test_what_is_no_base64_is_nothing(text: str) -> None:
    assert base64_str_to_bytes(text) is None
    assert base64_str_to_pil_image(text) is None


@pytest.mark.parametrize("text", ["a", "!!!"])
def test_what_is_no_base64_is_an_error_where_asked_for(text: str) -> None:
    with pytest.raises(binascii.Error):
        base64_str_to_bytes(text, except_on_parse_fail=True)
    with pytest.raises(binascii.Error):
        base64_str_to_pil_image(text, except_on_parse_fail=True)


def test_a_picture_is_opened() -> None:
    picture = base64_str_to_pil_image(base64.b64encode(a_png()).decode())

    assert picture is not None
    assert picture.size == (64, 128)
    assert picture.getpixel((5, 5)) == (255, 0, 0)


def test_what_is_no_picture_is_nothing() -> None:
    assert bytes_to_pil_image(b"hello") is None
    assert base64_str_to_pil_image("aGVsbG8=") is None


def test_what_is_no_picture_is_an_error_where_asked_for() -> None:
    with pytest.raises(UnidentifiedImageError):
        bytes_to_pil_image(b"hello", except_on_parse_fail=True)


def test_a_picture_with_more_pixels_than_any_memory_is_nothing() -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))

    assert bytes_to_pil_image(bomb) is None


def test_pillow_is_loaded_when_a_picture_is_opened_and_not_before() -> None:
    code = """
import sys
from horde_sdk.utils import image_utils
image_utils.base64_str_to_bytes("aGVsbG8=")
sys.exit("PIL" in sys.modules or image_utils.bytes_to_pil_image(b"hello") is not None or "PIL" not in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
