"""Pictures as people send them come out as people see them on their screen, or are refused by what they are.

A matrix of orientation, container, bit depth, colour space, transparency, animation and truncation. The picture has
another colour in each corner, so that each way to turn it shows.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngInfo

from horde_server.blobs.images import as_webp, recompressed
from horde_server.blobs.structure import Broken, NotAnImage, UnusableImage

FILES = Path(__file__).with_name("pictures")
SIZE = (64, 48)
CORNERS = {(0, 0): (220, 30, 30), (1, 0): (30, 160, 40), (0, 1): (40, 50, 200), (1, 1): (240, 240, 240)}
LIES_AS = {
    1: None, 2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_90, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_270,
}  # fmt: skip
"""How a picture lies in its file that a camera noted with this number."""
TOLERANCE = 26


def scene(mode: str = "RGB") -> Image.Image:
    """The picture, upright."""
    image = Image.new("RGB", SIZE)
    for (right, down), colour in CORNERS.items():
        image.paste(colour, (right * 32, down * 24, right * 32 + 32, down * 24 + 24))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    image.save(target, kind, **options)
    return target.getvalue()


def turned(orientation: int, mode: str = "RGB") -> Image.Image:
    lies_as = LIES_AS[orientation]
    image = scene(mode)
    return image if lies_as is None else image.transpose(lies_as)


def noted(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def kept(data: bytes) -> Image.Image:
    """What a worker gets of a source picture."""
    made = recompressed(data, max_pixels=3072 * 3072, quality=lambda _: 95)
    image = Image.open(io.BytesIO(made.webp))
    assert (made.width, made.height) == image.size
    image.load()
    return image


def corners(image: Image.Image) -> dict[tuple[int, int], tuple[int, ...]]:
    plain = image.convert("RGB")
    width, height = plain.size
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for right, down in CORNERS:
        pixel = plain.getpixel((width // 4 + right * width // 2, height // 4 + down * height // 2))
        assert isinstance(pixel, tuple)
        found[right, down] = pixel
    return found


def assert_seen(image: Image.Image, expected: dict[tuple[int, int], tuple[int, ...]] | None = None) -> None:
    """The picture in its colours, each corner where it belongs."""
    assert image.size == SIZE
    wanted = expected or CORNERS
    for corner, colour in corners(image).items():
        assert all(abs(a - b) <= TOLERANCE for a, b in zip(colour, wanted[corner], strict=True)), (corner, colour)


def png(depth: int, colour_type: int, rows: bytes, *chunks: tuple[bytes, bytes], size: tuple[int, int]) -> bytes:
    """A PNG written by hand: of depths that Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def one_pixel(depth: int, colour_type: int, pixel: bytes, *chunks: tuple[bytes, bytes]) -> tuple[int, ...]:
    """The colour of a picture of 16×16 equal pixels, as RGBA; `pixel`: its bytes, which are repeated in a row."""
    repeated = pixel * (16 * depth // 8 if depth < 8 else 16)
    row = b"\0" + repeated[: 16 * depth // 8] if depth < 8 else b"\0" + repeated
    image = kept(png(depth, colour_type, row * 16, *chunks, size=(16, 16)))
    return image.convert("RGBA").getpixel((8, 8))  # type: ignore[return-value]


def close(colour: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(colour, wanted, strict=True))


class TestOrientation:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
    @pytest.mark.parametrize("orientation", LIES_AS)
    def test_a_picture_is_turned_upright(self, kind: str, orientation: int) -> None:
        assert_seen(kept(encoded(turned(orientation), kind, exif=noted(orientation))))

    @pytest.mark.parametrize("orientation", LIES_AS)
    def test_transparency_is_turned_along(self, orientation: int) -> None:
        image = turned(orientation)
        hidden = Image.new("L", SIZE, 255)
        hidden.paste(0, (0, 0, 32, 24))
        lies_as = LIES_AS[orientation]
        image.putalpha(hidden if lies_as is None else hidden.transpose(lies_as))
        made = kept(encoded(image, "PNG", exif=noted(orientation)))
        assert [made.convert("RGBA").getpixel(at)[3] for at in ((8, 8), (40, 8), (8, 40))] == [0, 255, 255]  # type: ignore[index]

    @pytest.mark.parametrize("mode", ["L", "CMYK"])
    def test_grey_and_printed_pictures_are_turned_too(self, mode: str) -> None:
        made = kept(encoded(turned(6, mode), "JPEG", exif=noted(6)))
        assert made.size == SIZE
        assert corners(made)[0, 1] != corners(made)[1, 1]

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF")
    @pytest.mark.parametrize(
        "note", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense", noted(9)]
    )
    def test_a_note_that_cannot_be_read_is_none(self, note: bytes) -> None:
        assert_seen(kept(encoded(scene(), "JPEG", exif=note)))

    @pytest.mark.parametrize("name", ["exif3.jpg", "exif6.jpg", "exif6.png", "exif6.webp", "exif8.jpg", "mpo.jpg"])
    def test_a_phones_picture_has_its_red_corner_where_it_was(self, name: str) -> None:
        data = (FILES / name).read_bytes()
        with Image.open(io.BytesIO(data)) as lying:
            turns = lying.getexif().get(0x0112, 1)
            upright = (
                lying.convert("RGB")
                if turns == 1
                else lying.convert("RGB").transpose(
                    {3: Transpose.ROTATE_180, 6: Transpose.ROTATE_270, 8: Transpose.ROTATE_90}[turns]
                )
            )
        made = kept(data)
        assert made.size == upright.size
        for corner, colour in corners(upright).items():
            assert all(abs(a - b) <= TOLERANCE for a, b in zip(colour, corners(made)[corner], strict=True))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_an_inline_result_is_turned_upright(self, kind: str) -> None:
        with Image.open(io.BytesIO(as_webp(encoded(turned(6), kind, exif=noted(6))))) as image:
            assert_seen(image)

    def test_an_inline_result_that_lies_as_it_is_seen_is_kept_byte_for_byte(self) -> None:
        for data in (encoded(scene(), "WEBP"), encoded(scene(), "WEBP", exif=noted(1))):
            assert as_webp(data) == data

    def test_a_film_behind_a_photo_is_left_out(self) -> None:
        assert_seen(kept(encoded(turned(6), "JPEG", exif=noted(6)) + bytes(200_000)))


class TestDepth:
    @pytest.mark.parametrize(
        ("depth", "pixel", "grey"),
        [
            (1, b"\xff", 255),
            (1, b"\0", 0),
            (2, b"\x55", 85),
            (4, b"\xaa", 170),
            (8, b"\x80", 128),
            (16, b"\x80\0", 128),
        ],
    )
    def test_grey_of_any_depth(self, depth: int, pixel: bytes, grey: int) -> None:
        assert close(one_pixel(depth, 0, pixel), (grey, grey, grey, 255))

    @pytest.mark.parametrize(
        ("depth", "pixel", "key"),
        [(1, b"\xff", 1), (2, b"\x55", 1), (4, b"\xaa", 10), (8, b"\x80", 128), (16, b"\x80\x12", 0x8012)],
    )
    def test_grey_that_stands_for_transparent(self, depth: int, pixel: bytes, key: int) -> None:
        assert one_pixel(depth, 0, pixel, (b"tRNS", struct.pack(">H", key)))[3] == 0

    @pytest.mark.parametrize("pixel", [b"\x20\x80\xe0", b"\x20\x12\x80\x34\xe0\x56"])
    def test_colours_of_any_depth_and_one_that_stands_for_transparent(self, pixel: bytes) -> None:
        wide = len(pixel) == 6
        depth, key = (16, pixel) if wide else (8, b"".join(bytes((0, value)) for value in pixel))
        assert close(one_pixel(depth, 2, pixel), (0x20, 0x80, 0xE0, 255))
        assert one_pixel(depth, 2, pixel, (b"tRNS", key))[3] == 0

    @pytest.mark.parametrize(
        ("depth", "colour_type", "pixel", "seen"),
        [
            (8, 4, b"\x80\x40", (128, 128, 128, 64)),
            (16, 4, b"\x80\0\x40\0", (128, 128, 128, 64)),
            (8, 6, b"\x20\x80\xe0\x40", (0x20, 0x80, 0xE0, 64)),
            (16, 6, b"\x20\0\x80\0\xe0\0\x40\0", (0x20, 0x80, 0xE0, 64)),
        ],
    )
    def test_transparency_of_any_depth(self, depth: int, colour_type: int, pixel: bytes, seen: tuple[int, ...]) -> None:
        assert close(one_pixel(depth, colour_type, pixel), seen)

    @pytest.mark.parametrize(("depth", "pixel"), [(1, b"\xff"), (2, b"\x55"), (4, b"\x11"), (8, b"\x01")])
    def test_palettes(self, depth: int, pixel: bytes) -> None:
        palette = (b"PLTE", bytes([0, 0, 0, 0x20, 0x80, 0xE0]))
        assert close(one_pixel(depth, 3, pixel, palette), (0x20, 0x80, 0xE0, 255))
        assert close(one_pixel(depth, 3, pixel, palette, (b"tRNS", bytes([255, 64]))), (0x20, 0x80, 0xE0, 64))


class TestColours:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_a_wide_colour_profile_is_applied(self, kind: str) -> None:
        """Display P3, as phones write it: the same numbers are stronger colours there."""
        plain = kept(encoded(scene(), kind))
        made = kept(encoded(scene(), kind, icc_profile=display_p3()))
        assert made.info.get("icc_profile") is None
        assert corners(made)[1, 1] == pytest.approx(corners(plain)[1, 1], abs=4)
        _, green, _ = corners(made)[1, 0]
        assert corners(made)[1, 0][0] < 8
        assert green > corners(plain)[1, 0][1]

    def test_transparency_survives_a_profile(self) -> None:
        image = scene()
        image.putalpha(77)
        assert kept(encoded(image, "PNG", icc_profile=display_p3())).convert("RGBA").getpixel((8, 8))[3] == 77  # type: ignore[index]

    @pytest.mark.parametrize("profile", [b"nonsense", bytes(200), b"x" * 3_000_000, "srgb"])
    def test_a_profile_of_no_use_changes_nothing(self, profile: Any) -> None:
        data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if profile == "srgb" else profile
        assert_seen(kept(encoded(scene(), "JPEG", icc_profile=data)))

    def test_a_profile_for_other_colours_is_not_applied(self) -> None:
        made = kept(encoded(scene("L"), "JPEG", icc_profile=display_p3()))
        assert corners(made)[1, 1] == pytest.approx((240, 240, 240), abs=4)

    def test_printers_colours(self) -> None:
        """CMYK, which Adobe's programs write inverted, as Pillow does."""
        assert_seen(kept(encoded(scene("CMYK"), "JPEG")))

    @pytest.mark.parametrize("options", [{"subsampling": 2}, {"progressive": True}, {"keep_rgb": True}])
    def test_jpegs_of_any_making(self, options: dict[str, Any]) -> None:
        assert_seen(kept(encoded(scene(), "JPEG", **options)))

    @pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"lossless": True, "exact": True}])
    def test_webps_of_any_making(self, options: dict[str, Any]) -> None:
        image = scene("RGBA")
        image.putpixel((0, 0), (0, 0, 0, 0))
        assert_seen(kept(encoded(image, "WEBP", **options)))


class TestTransparency:
    @pytest.mark.parametrize("mode", ["RGBA", "LA"])
    def test_every_shade_of_it_arrives(self, mode: str) -> None:
        image = scene(mode)
        ramp = Image.linear_gradient("L").resize(SIZE)
        image.putalpha(ramp)
        assert kept(encoded(image, "PNG")).getchannel("A").tobytes() == ramp.tobytes()

    @pytest.mark.parametrize("name", ["alpha.png", "pal.png"])
    def test_files_of_the_reports(self, name: str) -> None:
        with Image.open(FILES / name) as given:
            wanted = given.convert("RGBA").getchannel("A").tobytes()
            has_alpha = given.has_transparency_data
        made = kept((FILES / name).read_bytes())
        assert made.has_transparency_data is has_alpha
        assert made.convert("RGBA").getchannel("A").tobytes() == wanted


class TestAnimations:
    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    def test_of_a_source_the_first_picture_is_taken(self, kind: str) -> None:
        later = Image.new("RGB", SIZE, "black")
        assert_seen(kept(encoded(scene(), kind, save_all=True, append_images=[later], lossless=True)))

    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    def test_a_result_is_none(self, kind: str) -> None:
        data = encoded(scene(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, "black")])
        with pytest.raises(UnusableImage, match="an animation"):
            as_webp(data)


class TestRefusals:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.99])
    def test_what_is_cut_off_is_said_to_be(self, kind: str, share: float) -> None:
        data = encoded(Image.effect_noise((200, 200), 90).convert("RGB"), kind)
        for take in (as_webp, lambda data: recompressed(data, max_pixels=10**6, quality=lambda _: 95)):
            with pytest.raises(Broken, match="cut off"):
                take(data[: int(len(data) * share)])

    @pytest.mark.parametrize(
        ("kind", "said"), [("GIF", "a GIF"), ("BMP", "a BMP"), ("TIFF", "a TIFF"), ("ICO", "an icon"), ("PDF", "a PDF")]
    )
    def test_other_pictures_are_named(self, kind: str, said: str) -> None:
        with pytest.raises(NotAnImage, match=said):
            kept(encoded(scene(), kind))

    @pytest.mark.parametrize(
        ("beginning", "said"),
        [
            (b"\0\0\0\x1cftypavif", "AVIF"), (b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypmif1", "HEIC"),
            (b"\0\0\0\x20ftypisom", "a video"), (b"\xff\x0a", "JPEG XL"), (b"<svg xmlns=", "an SVG"),
            (b"<?xml version", "an SVG"), (b"\n<!DOCTYPE html>", "a web page"), (b"RIFF\0\0\0\0WAVE", "a sound"),
            (b"", "empty"), (b"hello", "no picture"),
        ],
    )  # fmt: skip
    def test_whatever_else_is_named(self, beginning: bytes, said: str) -> None:
        with pytest.raises(NotAnImage, match=said):
            kept(beginning)

    def test_a_picture_longer_than_a_webp_may_be(self) -> None:
        with pytest.raises(UnusableImage, match="16383"):
            kept(encoded(Image.new("1", (16_400, 2)), "PNG"))

    def test_text_of_a_camera_is_not_handed_on(self) -> None:
        info = PngInfo()
        info.add_text("comment", "where it was taken")
        assert b"where it was taken" not in made_bytes(encoded(scene(), "PNG", pnginfo=info))


def made_bytes(data: bytes) -> bytes:
    return recompressed(data, max_pixels=3072 * 3072, quality=lambda _: 95).webp


def display_p3() -> bytes:
    """sRGB's profile with the primaries of Display P3, by another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for entry in range(int.from_bytes(profile[128:132], "big")):
        name, offset, length = struct.unpack_from(">4sII", profile, 132 + 12 * entry)
        if name in primaries:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in primaries[name]))
        elif name == b"desc":
            profile[offset : offset + length] = profile[offset : offset + length].replace(
                "sRGB".encode("utf-16-be"), "wide".encode("utf-16-be")
            )
    return bytes(profile)
