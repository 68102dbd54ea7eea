"""Source images: what is kept and how, and what every attack gets instead (requests.md §5)."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import strange_servers
from PIL import Image
from strange_servers import answer, redirect, serving

from horde_sdk.reach import Reach
from horde_server.blobs import decoding
from horde_server.blobs.decoding import Decoders, TooManyPictures
from horde_server.blobs.folder import FolderStore
from horde_server.blobs.guard import ANYWHERE, PUBLIC
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.blobs.images import recompressed
from horde_server.blobs.signing import UrlSigner
from horde_server.blobs.store import BlobStoreFailed
from horde_server.dispatch.ids import RequestId
from horde_server.requests.asked import GivenPictures
from horde_server.requests.pictures import source_intake
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages
from horde_server.requests.pictures.source_intake import MAX_PIXELS, SourceIntake, quality_of
from horde_server.requests.pictures.source_refusals import SourceRefused

REQUEST = RequestId(UUID("3f2b8c1e-0000-4000-8000-000000000000"))
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script/></svg>'


def picture(size: tuple[int, int] = (64, 64), mode: str = "RGB", kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "teal").save(target, kind)
    return target.getvalue()


def noise(side: int) -> bytes:
    """A picture that hardly compresses."""
    target = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((side, side), 60) for _ in range(3)]).save(target, "PNG", compress_level=1)
    return target.getvalue()


def bomb() -> bytes:
    """16,384×16,384 pixels of one colour, as a whole and valid PNG: 33 kB that would take 1 GB as RGBA."""
    side = 16_384
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(side)) + packer.flush()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def inline(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Intake:
    """The service on a folder of its own."""

    def __init__(self, folder: Path, reach: Reach = ANYWHERE, resolve: Any = None) -> None:
        self.store = FolderStore(folder, UrlSigner(b"a secret of this test", lambda: 0.0), lambda: 0.0)
        self.service = SourceIntake(self.store, GuardedFetcher(reach, resolve), Decoders())
        self._folder = folder

    async def keep(self, image: str = "", mask: str = "", *, needs_mask: bool = False, **given: Any) -> Any:
        return await self.service.keep(REQUEST, GivenPictures(image, mask, **given), "somebody", needs_mask=needs_mask)

    async def refusal(self, image: str = "", mask: str = "", **given: Any) -> str | None:
        """The return code of the refusal, after a look whether anything was left behind."""
        with pytest.raises(SourceRefused) as caught:
            await self.keep(image, mask, **given)
        assert caught.value.status == 400
        assert self.kept() == set()
        return caught.value.code

    def kept(self) -> set[str]:
        return {path.name for path in self._folder.rglob("*") if path.is_file()}


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path)


class TestKeeping:
    async def test_image_mask_and_extra_images_are_kept_under_the_id_of_the_request(self, intake: Intake) -> None:
        given = inline(picture())
        sources = await intake.keep(given, given, extra=[(given, 0.5), (given, 1.0)])
        assert sources == SourceImages(
            f"{REQUEST}_src.webp",
            f"{REQUEST}_msk.webp",
            (ExtraSource(f"{REQUEST}_exra_src_0.webp", 0.5), ExtraSource(f"{REQUEST}_exra_src_1.webp", 1.0)),
            pixels=64 * 64,
        )
        assert intake.kept() == set(sources.keys)

    async def test_a_picture_by_address_is_kept_as_one_by_base64(self, intake: Intake) -> None:
        await intake.keep(inline(picture()))
        by_base64 = await intake.store.get(f"{REQUEST}_src.webp")
        async with serving(answer(picture())) as server:
            await intake.keep(server.url())
        assert await intake.store.get(f"{REQUEST}_src.webp") == by_base64
        assert by_base64 is not None
        assert by_base64.startswith(b"RIFF")

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("beginning", ["", "data:image/png;base64,", "data:;base64,", "\n "])
    async def test_base64_is_read_leniently(self, intake: Intake, kind: str, beginning: str) -> None:
        """A `data:` URI works too, as do line ends."""
        text = inline(picture(kind=kind))
        assert await intake.keep(beginning + text[:40] + "\r\n" + text[40:])

    @pytest.mark.parametrize(
        ("percent", "quality"),
        [
            (1, 95), (30, 95), (31, 90), (40, 90), (41, 80), (60, 80), (61, 70), (80, 70), (81, 60), (90, 60),
            (91, 50), (100, 50),
        ],
    )  # fmt: skip
    def test_large_pictures_are_reduced_more(self, percent: int, quality: int) -> None:
        """storage.md §3.2: the ladder by resolution, in percent of 3072×3072."""
        assert quality_of(MAX_PIXELS * percent // 100) == quality

    async def test_a_noisy_picture_comes_out_in_its_size_and_with_fewer_bytes(self, intake: Intake) -> None:
        """storage.md §3.2: reduced in bytes, never in pixels; nothing is enlarged."""
        for side in (64, 1000):
            given = inline(noise(side))
            await intake.keep(given)
            kept = await intake.store.get(f"{REQUEST}_src.webp")
            assert kept is not None
            with Image.open(io.BytesIO(kept)) as opened:
                assert opened.size == (side, side)
            assert len(kept) < len(given) / 2

    async def test_transparency_is_kept_exactly_whatever_the_quality(self, intake: Intake) -> None:
        """storage.md §3.1: "exact": it is the mask of an inpainting without one."""
        alpha = Image.effect_noise((96, 96), 100)
        given = Image.merge("RGBA", [*Image.new("RGB", (96, 96), "teal").split(), alpha])
        target = io.BytesIO()
        given.save(target, "PNG")
        await intake.keep(inline(target.getvalue()))
        kept = await intake.store.get(f"{REQUEST}_src.webp")
        assert kept is not None
        with Image.open(io.BytesIO(kept)) as opened:
            assert opened.getchannel("A").tobytes() == alpha.tobytes()

    async def test_without_pictures_there_is_nothing_to_keep(self, intake: Intake) -> None:
        assert await intake.keep() is None

    async def test_a_mask_without_an_image_is_not_looked_at(self, intake: Intake) -> None:
        assert await intake.keep(mask="http://127.0.0.1:1/") is None

    async def test_what_is_discarded_is_gone(self, intake: Intake) -> None:
        sources = await intake.keep(inline(picture()), extra=[(inline(picture()), 1.0)])
        await intake.service.discard(sources)
        await intake.service.discard(None)
        assert intake.kept() == set()

    async def test_the_largest_picture_is_kept(self, intake: Intake) -> None:
        assert await intake.keep(inline(picture((3072, 3072), "L")))

    async def test_a_picture_by_address_and_one_for_alchemists_are_turned_upright(self, intake: Intake) -> None:
        exif, target = Image.Exif(), io.BytesIO()
        exif[0x0112] = 8
        Image.new("RGB", (64, 32)).save(target, "PNG", exif=exif.tobytes())
        async with serving(answer(target.getvalue())) as server:
            sources = await intake.keep(server.url())
        kept = await intake.store.get(f"{REQUEST}_src.webp")
        assert kept is not None
        with Image.open(io.BytesIO(kept)) as opened:
            assert opened.size == (32, 64)
        assert sources is not None
        assert sources.pixels == 64 * 32
        made = await intake.service.keep_picture(REQUEST, inline(target.getvalue()), "somebody")
        assert (made.width, made.height) == (32, 64)


class TestInpainting:
    async def test_without_a_mask_needs_transparency(self, intake: Intake) -> None:
        assert await intake.refusal(inline(picture()), needs_mask=True) == "InpaintingMissingMask"

    async def test_takes_transparency_for_the_mask(self, intake: Intake) -> None:
        assert await intake.keep(inline(picture(mode="RGBA")), needs_mask=True)

    async def test_takes_a_mask(self, intake: Intake) -> None:
        assert await intake.keep(inline(picture()), inline(picture(mode="L")), needs_mask=True)


class TestRefusals:
    @pytest.mark.parametrize(
        "text",
        [
            "x",
            "not base64!",
            inline(b"hello"),
            inline(SVG),
            "data:image/svg+xml;base64," + inline(SVG),
            "data:",
            inline(picture())[:-60],
            inline(picture())[:-1],
            "file:///etc/passwd",
            "ftp://127.0.0.1/picture.png",
            "картинка",
        ],
    )
    async def test_what_is_no_picture_in_base64(self, intake: Intake, text: str) -> None:
        assert await intake.refusal(text) == "ImageValidationFailed"

    async def test_too_many_pixels_in_base64(self, intake: Intake) -> None:
        assert await intake.refusal(inline(picture((3073, 3072), "1"))) == "SourceImageResolutionExceeded"

    async def test_a_decompression_bomb_in_base64(self, intake: Intake) -> None:
        """A gigabyte of pixels in a few kilobytes."""
        assert await intake.refusal(inline(bomb())) == "SourceImageResolutionExceeded"

    async def test_too_many_bytes_in_base64(self, intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source_intake, "MAX_IMAGE_BYTES", 1000)
        assert await intake.refusal(inline(b"\x89PNG\r\n\x1a\n" + bytes(2000))) == "SourceImageSizeExceeded"

    @pytest.mark.parametrize("body", [b"<!doctype html>", SVG, b"GIF89a" + bytes(100), b"{}"])
    async def test_what_is_no_picture_at_an_address(self, intake: Intake, body: bytes) -> None:
        async with serving(answer(body, Content_Type="image/png")) as server:
            assert await intake.refusal(server.url()) == "SourceImageUrlInvalid"

    async def test_an_error_page_at_an_address(self, intake: Intake) -> None:
        async with serving(answer(b"<h1>Not Found</h1>", "404 Not Found")) as server:
            assert await intake.refusal(server.url()) == "SourceImageUrlInvalid"

    @pytest.mark.parametrize("body", [b"", picture()[:-30], b"RIFF\x00\x00\x00\x00WEBP"])
    async def test_an_empty_or_damaged_picture_at_an_address(self, intake: Intake, body: bytes) -> None:
        async with serving(answer(body)) as server:
            assert await intake.refusal(server.url()) == "SourceImageUnreadable"

    async def test_a_decompression_bomb_at_an_address(self, intake: Intake) -> None:
        async with serving(answer(bomb())) as server:
            assert await intake.refusal(server.url()) == "SourceImageResolutionExceeded"

    async def test_a_body_of_a_hundred_megabytes_at_an_address(self, intake: Intake) -> None:
        async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n") as server:
            assert await intake.refusal(server.url()) == "SourceImageSizeExceeded"

    async def test_a_body_without_an_end_at_an_address(self, intake: Intake) -> None:
        async with serving() as server:
            server.answer = server.endless
            assert await intake.refusal(server.url()) == "SourceImageSizeExceeded"
            assert server.sent_bytes < 30_000_000  # what the system's buffers swallow comes on top

    async def test_a_server_that_drips(self, intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source_intake, "FETCH_LIMIT_S", 0.2)
        async with serving(strange_servers.drip) as server:
            assert await intake.refusal(server.url()) == "ImageValidationFailed"

    async def test_servers_that_each_take_almost_the_time_allowed(
        self, intake: Intake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There is a limit for all pictures of a request together."""
        monkeypatch.setattr(source_intake, "INTAKE_LIMIT_S", 0.2)
        async with serving(strange_servers.silent) as server:
            assert await intake.refusal(inline(picture()), extra=[(server.url(), 1.0)]) == "ImageValidationFailed"

    async def test_nobody_at_an_address(self, intake: Intake) -> None:
        async with serving() as server:
            url = server.url()
        assert await intake.refusal(url) == "ImageValidationFailed"

    @pytest.mark.parametrize("text", ["http", "http://", "https://[", "HTTP://127.0.0.1:99999/"])
    async def test_what_only_looks_like_an_address(self, intake: Intake, text: str) -> None:
        assert await intake.refusal(text) == "ImageValidationFailed"

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"GIF89a" + bytes(50), "a GIF"),
            (SVG, "an SVG drawing"),
            (picture()[:-30], "damaged or cut off"),
            (b"", "empty"),
        ],
    )
    async def test_what_was_sent_instead_is_named(self, intake: Intake, data: bytes, said: str) -> None:
        with pytest.raises(SourceRefused, match=f"as it is {said}: send a WebP, PNG or JPEG"):
            await intake.keep("data:," + inline(data))

    async def test_the_field_that_was_refused_is_named(self, intake: Intake) -> None:
        with pytest.raises(SourceRefused, match=r"^`extra_source_images\.1`: "):
            await intake.keep(inline(picture()), extra=[(inline(picture()), 1.0), ("x", 1.0)])

    @pytest.mark.parametrize("broken", [{"mask": "x"}, {"extra": [("x", 1.0)]}])
    async def test_a_later_picture_that_is_refused_takes_the_earlier_ones_along(
        self, intake: Intake, broken: dict[str, Any]
    ) -> None:
        assert await intake.refusal(inline(picture()), **broken) == "ImageValidationFailed"


class TestPrivateAddresses:
    async def test_are_refused_like_addresses_where_nobody_is(self, tmp_path: Path) -> None:
        """One answer for all that cannot be fetched, or it would tell what is there."""
        async with serving() as server:
            nobody = server.url()
        async with serving(answer(picture())) as somebody:
            with pytest.raises(SourceRefused) as private:
                await Intake(tmp_path, Reach(PUBLIC.is_allowed, None)).keep(somebody.url())
            assert somebody.connections == 0
        with pytest.raises(SourceRefused) as empty:
            await Intake(tmp_path, ANYWHERE).keep(nobody)
        assert (private.value.code, private.value.message) == (empty.value.code, empty.value.message)

    @pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.1.2.3", "[::1]", "[fe80::1]", "localhost"])
    async def test_are_refused(self, tmp_path: Path, host: str) -> None:
        assert await Intake(tmp_path, PUBLIC).refusal(f"http://{host}/picture.png") == "ImageValidationFailed"

    async def test_are_refused_when_a_redirect_or_a_changing_name_leads_there(self, tmp_path: Path) -> None:
        answers = iter([["127.0.0.1"], ["127.0.0.2"]])

        async def resolve(_: str) -> Sequence[str]:
            return next(answers)

        async with serving(answer(picture()), "127.0.0.2") as inside, serving() as outside:
            outside.answer = redirect(inside.url(host="rebind.test"))
            intake = Intake(tmp_path, Reach(lambda address: str(address) == "127.0.0.1", None), resolve)
            assert await intake.refusal(outside.url(host="rebind.test")) == "ImageValidationFailed"
            outside.answer = redirect(inside.url())
            assert await intake.refusal(outside.url()) == "ImageValidationFailed"
            assert inside.connections == 0


async def test_a_store_that_cannot_keep_a_picture_is_an_outage_and_no_request_without_it(tmp_path: Path) -> None:
    """storage.md §3.3: the original goes on without the picture."""
    (tmp_path / "blobs").write_bytes(b"a file where the folder should be")
    with pytest.raises(BlobStoreFailed) as caught:
        await Intake(tmp_path / "blobs").keep(inline(picture()))
    assert caught.value.status == 503


class TestBounds:
    async def test_a_stranger_does_not_wait_for_one_requesters_many(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many large pictures somebody sends, the next one's turn comes after one of his."""
        monkeypatch.setattr(decoding, "DECODERS", 1)
        intake, done = Intake(tmp_path), []

        async def keep(who: str, given: str) -> None:
            await intake.service.keep(REQUEST, GivenPictures(given), who)
            done.append(who)

        large, small = inline(picture((1500, 1500))), inline(picture())
        async with asyncio.TaskGroup() as tasks:
            for _ in range(6):
                tasks.create_task(keep("flood", large))
            tasks.create_task(keep("stranger", small))
        assert done.index("stranger") <= 2

    async def test_more_waiting_pictures_of_one_requester_than_anybody_needs_are_an_outage_for_him(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "DECODERS", 1)
        intake, given = Intake(tmp_path), GivenPictures(inline(picture((256, 256))))
        kept = await asyncio.gather(
            *(intake.service.keep(REQUEST, given, "flood") for _ in range(decoding.MOST_WAITING_EACH + 5)),
            intake.service.keep(REQUEST, given, "stranger"),
            return_exceptions=True,
        )
        refused = [answer for answer in kept if isinstance(answer, TooManyPictures)]
        assert len(refused) == 4
        assert not isinstance(kept[-1], BaseException)

    async def test_pictures_are_decoded_in_few_threads_and_never_in_the_event_loops(
        self, intake: Intake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now, most, names = 0, 0, set()
        lock = threading.Lock()
        decode = recompressed

        def counted(*args: Any, **options: Any) -> Any:
            nonlocal now, most
            with lock:
                now, most = now + 1, max(most, now + 1)
                names.add(threading.current_thread().name)
            try:
                return decode(*args, **options)
            finally:
                with lock:
                    now -= 1

        monkeypatch.setattr(source_intake, "recompressed", counted)
        given = inline(picture((512, 512)))
        await asyncio.gather(*(intake.keep(given) for _ in range(8)))
        assert most <= decoding.DECODERS
        assert all(name.startswith("decode") for name in names)

    async def test_few_pictures_are_fetched_at_a_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source_intake, "FETCHES", 2)
        intake = Intake(tmp_path)
        go_on = asyncio.Event()

        async def wait(writer: asyncio.StreamWriter) -> None:
            if server.open_now == 2:
                go_on.set()
            await go_on.wait()
            writer.write(answer(picture()))

        async with serving(wait) as server:
            await asyncio.gather(*(intake.keep(server.url()) for _ in range(6)))
            assert (server.connections, server.most_open) == (6, 2)

    async def test_a_caller_who_goes_away_leaves_nothing(self, intake: Intake) -> None:
        came = asyncio.Event()

        async def hang(writer: asyncio.StreamWriter) -> None:
            came.set()
            await asyncio.Event().wait()

        async with serving(hang) as server:
            task = asyncio.create_task(intake.keep(inline(picture()), server.url()))
            await came.wait()
            assert intake.kept() == {f"{REQUEST}_src.webp"}
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert intake.kept() == set()
