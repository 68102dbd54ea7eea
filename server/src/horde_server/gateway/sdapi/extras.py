"""Pictures enlarged and mended, told in words, and asked what was written into them (gateway-sdapi.md §3.3)."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from PIL import Image, ImageOps

from horde_server.blobs.decoding import UNBOUNDED, Decoders, PixelRoom
from horde_server.blobs.images import MAX_ENCODED_PIXELS, opened
from horde_server.blobs.structure import MAX_IMAGE_BYTES, UnusableImage
from horde_server.gateway.common.alchemists import Alchemists
from horde_server.gateway.common.body import Body
from horde_server.gateway.sdapi.fitting import MOST_SIDE_PIXELS
from horde_server.gateway.sdapi.infotext import MOST_CHARACTERS, read_infotext
from horde_server.gateway.sdapi.sources import decoded
from horde_server.gateway.sdapi.wishes import Unprocessable
from horde_server.identity.caller import Caller
from horde_server.requests.image.vocabulary import UPSCALERS
from horde_server.requests.waiting import Receive

MOST_BATCH: Final = 16
_MOST_FACTOR: Final = 8.0


class Extras:
    """Does what `extra-single-image`, `interrogate` and `png-info` ask."""

    def __init__(self, alchemists: Alchemists, decoders: Decoders) -> None:
        self._alchemists = alchemists
        self._decoders = decoders

    async def single(self, caller: Caller, body: Body, receive: Receive) -> dict[str, Any]:
        """One picture, by the forms that the body comes to. Raises what `Alchemists.picture` raises."""
        [made] = await self._made(caller, body, [body.needed_text("image")], receive)
        return {"html_info": "<p></p>", "image": made}

    async def batch(self, caller: Caller, body: Body, receive: Receive) -> dict[str, Any]:
        """Several, one after another."""
        items = [body.as_object("imageList", item) for item in body.items("imageList", most=MOST_BATCH)]
        made = await self._made(caller, body, [item.needed_text("data") for item in items], receive)
        return {"html_info": "", "images": made}

    async def caption(self, caller: Caller, body: Body, receive: Receive) -> dict[str, Any]:
        """What a picture shows, in a sentence."""
        told = await self._alchemists.told(caller, body.needed_text("image"), "caption", receive)
        return {"caption": str(told.get("caption", ""))}

    async def written(self, caller: Caller, body: Body) -> dict[str, Any]:
        """What stands in a PNG's `parameters`."""
        image = body.needed_text("image")
        text = await self._decoders.run(caller.requester, partial(_parameters, image))
        parameters = read_infotext(text) if text else {}
        return {"info": text, "items": {"parameters": text} if text else {}, "parameters": parameters}

    async def _made(self, caller: Caller, body: Body, images: Sequence[str], receive: Receive) -> list[str]:
        """What becomes of them; all that the body says is read and found good before the first costs anything."""
        forms, finish = _forms(body), _Finish.of(body)
        for image in images:
            await self._decoders.run(caller.requester, partial(_looked_at, image))
        return [await self._one(caller, image, forms, finish, receive) for image in images]

    async def _one(self, caller: Caller, image: str, forms: Sequence[str], finish: _Finish, receive: Receive) -> str:
        data: bytes | None = None
        for form in forms:
            given = image if data is None else base64.b64encode(data).decode()
            data = await self._alchemists.picture(caller, given, form, receive)
        return await self._decoders.run(caller.requester, partial(_finished, image, data, finish))


class _Finish:
    """The size that is wished for: so many times the source, or so many pixels, perhaps cut to shape."""

    def __init__(self, factor: float, width: int, height: int, *, crops: bool) -> None:
        self.factor, self.width, self.height, self.crops = factor, width, height, crops

    @classmethod
    def of(cls, body: Body) -> _Finish:
        by_pixels = body.integer("resize_mode", least=0, most=1, default=0) == 1
        width = body.integer("upscaling_resize_w", least=1, most=MOST_SIDE_PIXELS, default=512) or 512
        height = body.integer("upscaling_resize_h", least=1, most=MOST_SIDE_PIXELS, default=512) or 512
        factor = body.number("upscaling_resize", least=1, most=_MOST_FACTOR, default=2.0) or 2.0
        crops = body.flag("upscaling_crop", default=True)
        return cls(factor, width if by_pixels else 0, height if by_pixels else 0, crops=crops)

    def applied(self, picture: Image.Image, source: tuple[int, int]) -> Image.Image:
        if self.width:
            fit = ImageOps.fit if self.crops else ImageOps.contain
            return fit(picture, (self.width, self.height), Image.Resampling.LANCZOS)
        width, height = (min(round(side * self.factor), 2 * MOST_SIDE_PIXELS) for side in source)
        return picture.resize((width, height), Image.Resampling.LANCZOS)


def _forms(body: Body) -> list[str]:
    """Faces first, as enlarging makes them worse to mend. Raises `Unprocessable`."""
    found = []
    if body.number("gfpgan_visibility", least=0, most=1, default=0.0):
        found.append("GFPGAN")
    if body.number("codeformer_visibility", least=0, most=1, default=0.0):
        found.append("CodeFormers")
    upscaler = body.text("upscaler_1", most=200, default="None")
    if upscaler.lower() not in ("none", ""):
        name = next((each for each in UPSCALERS if each.lower() == upscaler.lower()), None)
        if name is None:
            raise Unprocessable(
                "upscaler_1", f"Upscaler not found: {upscaler[:100]}. There are: {', '.join(sorted(UPSCALERS))}."
            )
        found.append(name)
    return found


def _looked_at(image: str, room: PixelRoom = UNBOUNDED) -> None:
    """Raises `Unprocessable` for what is no picture."""
    decoded("image", image, room)


def _finished(image: str, data: bytes | None, finish: _Finish, room: PixelRoom = UNBOUNDED) -> str:
    source = decoded("image", image, room)
    picture = source
    if data is not None:
        with opened(data, MAX_ENCODED_PIXELS * 4, room) as (made, _):
            made.load()
            picture = made.copy()
    target = io.BytesIO()
    finish.applied(picture, source.size).save(target, "PNG", compress_level=3)
    return base64.b64encode(target.getvalue()).decode()


def _parameters(image: str, room: PixelRoom = UNBOUNDED) -> str:
    text = image.partition(",")[2] if image.startswith("data:") else image
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise Unprocessable("image", f"The picture has more than {MAX_IMAGE_BYTES // 2**20} MiB.")
    try:
        with opened(base64.b64decode(text), MAX_ENCODED_PIXELS, room) as (picture, _):
            picture.load()  # texts may follow the pixels
            told = getattr(picture, "text", {}).get("parameters", "")
    except UnusableImage as found:
        raise Unprocessable("image", f"The picture is {found}: send a PNG as base64.") from None
    except ValueError:
        raise Unprocessable("image", "The picture is no base64.") from None
    return str(told)[:MOST_CHARACTERS]
