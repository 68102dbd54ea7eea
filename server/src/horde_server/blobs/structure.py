"""What a picture's file says of itself, and whether it is whole: found by its structure, without decoding a pixel.

Costs some microseconds for a WebP, and five milliseconds for the worst file of the largest size, so that it may be
done on the event loop. What passes has the header and the skeleton of its kind from the first byte to the last.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from horde_server.blobs.file_kinds import BEGINNING_BYTES, PictureKind, described, picture_kind

MAX_IMAGE_BYTES = 20 * 1024 * 1024
MOST_CHUNKS = 4096
"""Of a PNG (libpng's default makes 2560 of the largest file), and of the segments of a JPEG; a WebP needs four."""
_TAIL_BYTES = 4 * 1024
_VP8_HEADER = struct.Struct("<3s3sHH")
_PNG_CHUNK = struct.Struct(">I4s")
_JPEG_MARK = struct.Struct("BB")
_JPEG_SIZE = struct.Struct(">BHH")
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""From an offset and a length to the bytes there, fewer at the end."""


class UnusableImage(ValueError):
    """The data is no image of a kind and size we take. The message ends the sentence "the image is …"."""


class NotAnImage(UnusableImage):
    """It does not even begin like one."""


class TooManyPixels(UnusableImage):
    """It is larger than allowed, by what it says of itself."""


class Broken(UnusableImage):
    """It begins like an image and is none."""

    def __init__(self) -> None:
        super().__init__("damaged or cut off")


class Seen(NamedTuple):
    """A picture from outside. Sides in pixels, as they lie in the file."""

    kind: PictureKind
    width: int
    height: int
    is_animated: bool = False
    has_exif: bool = False  # so that it may be meant to be turned

    @property
    def pixels(self) -> int:
        """Its area."""
        return self.width * self.height


def examined(data: bytes, *, to_the_end: bool = True) -> Seen:
    """See `examined_at`."""
    return examined_at(lambda offset, length: data[offset : offset + length], len(data), to_the_end=to_the_end)


def examined_at(read_at: ReadAt, size_bytes: int, *, to_the_end: bool = True) -> Seen:
    """The picture that is there. Raises `UnusableImage`, of another kind where something is known of it.

    `to_the_end`: False for who decodes it anyway. A JPEG does not say where it ends, and phones hang films behind
    theirs: without decoding it, its end is looked for near that of the file only.
    """
    if size_bytes > MAX_IMAGE_BYTES:
        raise UnusableImage(f"larger than {MAX_IMAGE_BYTES // 2**20} MiB")
    beginning = read_at(0, BEGINNING_BYTES)
    kind = picture_kind(beginning)
    if kind is None:
        raise NotAnImage(described(beginning))
    try:
        seen = _EXAMINERS[kind](read_at, size_bytes)
    except (struct.error, IndexError):  # it ends within a header
        raise Broken from None
    if not seen.pixels or (to_the_end and kind is PictureKind.JPEG and not _has_end(read_at, size_bytes)):
        raise Broken
    return seen


def _webp(read_at: ReadAt, size_bytes: int) -> Seen:
    """RIFF, then chunks; with the extended header first there are some before the picture."""
    end = 8 + int.from_bytes(read_at(4, 4), "little")
    if end > size_bytes:
        raise Broken
    offset, has_exif, canvas = 12, False, None
    for _ in range(MOST_CHUNKS):
        name, length = read_at(offset, 4), int.from_bytes(read_at(offset + 4, 4), "little")
        content, offset = offset + 8, offset + 8 + length + length % 2
        if content + length > end or not name:
            raise Broken
        if name == b"VP8X" and canvas is None and length >= 10:
            flags = read_at(content, 10)
            canvas = (1 + int.from_bytes(flags[4:7], "little"), 1 + int.from_bytes(flags[7:10], "little"))
            has_exif = bool(flags[0] & 0x08)
            if flags[0] & 0x02:
                return Seen(PictureKind.WEBP, *canvas, is_animated=True, has_exif=has_exif)
        elif name in (b"VP8 ", b"VP8L"):
            size = _vp8_size(read_at(content, 10), length) if name == b"VP8 " else _vp8l_size(read_at(content, 5))
            if canvas not in (None, size):
                raise Broken
            return Seen(PictureKind.WEBP, *size, has_exif=has_exif)
        elif canvas is None:
            break
    raise Broken


def _vp8_size(header: bytes, length: int) -> tuple[int, int]:
    tag, start_code, width, height = _VP8_HEADER.unpack(header)
    bits = int.from_bytes(tag, "little")
    if bits & 1 or start_code != b"\x9d\x01\x2a" or (bits >> 5) > length - len(header):  # the first part is not there
        raise Broken
    return width & 0x3FFF, height & 0x3FFF


def _vp8l_size(header: bytes) -> tuple[int, int]:
    bits = int.from_bytes(header[1:5], "little")
    if header[:1] != b"\x2f" or bits >> 29:
        raise Broken
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _png(read_at: ReadAt, size_bytes: int) -> Seen:
    """The header with its checksum, and chunks up to the one that ends it."""
    header = read_at(8, 25)
    if header[:8] != b"\0\0\0\x0dIHDR" or struct.pack(">I", zlib.crc32(header[4:21])) != header[21:25]:
        raise Broken
    width, height = struct.unpack(">II", header[8:16])
    offset, names = 33, set()
    for _ in range(MOST_CHUNKS):
        length, name = _PNG_CHUNK.unpack(read_at(offset, 8))
        offset += 12 + length
        if offset > size_bytes:
            raise Broken
        names.add(name)
        if name == b"IEND":
            if b"IDAT" not in names:
                raise Broken
            return Seen(PictureKind.PNG, width, height, b"acTL" in names, b"eXIf" in names)
    raise UnusableImage("in more pieces than any picture needs")


def _jpeg(read_at: ReadAt, size_bytes: int) -> Seen:
    """Segments up to the first scan."""
    offset, size, has_exif = 2, None, False
    for _ in range(MOST_CHUNKS):
        mark, marker = _JPEG_MARK.unpack(read_at(offset, 2))
        if mark != 0xFF:
            raise Broken
        if marker == 0xFF:  # filling
            offset += 1
            continue
        if marker in _BARE_MARKERS:
            offset += 2
            continue
        content = offset + 4
        length = int.from_bytes(read_at(offset + 2, 2), "big")
        if length < 2:
            raise Broken
        if marker == 0xDA:
            if size is None:
                raise Broken
            return Seen(PictureKind.JPEG, *size, has_exif=has_exif)
        if marker in _FRAME_MARKERS:
            _, height, width = _JPEG_SIZE.unpack(read_at(content, 5))
            size = (width, height)
        elif marker == 0xE1:
            has_exif = has_exif or read_at(content, 4) in (b"Exif", b"http")
        offset += 2 + length
    raise UnusableImage("in more pieces than any picture needs")


def _has_end(read_at: ReadAt, size_bytes: int) -> bool:
    return b"\xff\xd9" in read_at(max(0, size_bytes - _TAIL_BYTES), _TAIL_BYTES)


_EXAMINERS = {PictureKind.WEBP: _webp, PictureKind.PNG: _png, PictureKind.JPEG: _jpeg}
