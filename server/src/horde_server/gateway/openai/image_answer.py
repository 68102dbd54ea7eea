"""Pictures as OpenAI's API answers them: all at once, or as a stream of events (gateway.md §2.4)."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.life import Running, Served
from horde_server.gateway.common.pictures import DeliveredPictures
from horde_server.gateway.common.streaming import KEEPALIVE_COMMENT
from horde_server.gateway.common.told import horde_object
from horde_server.gateway.openai.dialect import encode, error_object
from horde_server.gateway.openai.image_wish import ImageWish
from horde_server.http.dialects import Refusal
from horde_server.requests.following import Delivered, End, Preview, Quiet, Step, Wants
from horde_server.requests.image.order import ImageOrder
from horde_server.settings import KeepAlive

_TOLD_SIZES: Final = frozenset(("1024x1024", "1024x1536", "1536x1024"))
"""Programs know no others."""
_NO_TOKENS: Final = {"text_tokens": 0, "image_tokens": 0}
_USAGE: Final = {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0, "input_tokens_details": _NO_TOKENS}


class ImageAnswers:
    """Makes both."""

    def __init__(self, pictures: DeliveredPictures) -> None:
        self._pictures = pictures

    async def whole(self, wish: ImageWish, running: Running[ImageOrder], served: Served, base_url: str) -> bytes:
        """All pictures of a request."""
        data = [await self._datum(wish, running, made, base_url) for made in served.generations]
        told: dict[str, Any] = {"created": int(time.time()), "data": data, **_about(wish), "usage": _USAGE}
        told["horde"] = horde_object(running, served.progress, served.generations[0])
        return encode(told)

    async def events(
        self, wish: ImageWish, running: Running[ImageOrder], name: str, keepalive: KeepAlive
    ) -> AsyncGenerator[bytes, None]:
        """What a stream of one picture tells; `name` begins the names of its events."""
        partial = _PartialImages(wish.partial_images)
        wants = Wants(steps=wish.partial_images > 0, previews=wish.partial_images > 0)
        async with aclosing(running.happenings(wants)) as happenings:
            async for happening in happenings:
                match happening:
                    case Step(_, step, steps):
                        partial.share = step / max(steps, 1)
                    case Preview(_, picture) if partial.is_due:
                        yield _event(f"{name}.partial_image", partial.told(wish, picture))
                    case Delivered(_, made):
                        yield _event(f"{name}.completed", await self._completed(wish, running, made))
                    case Quiet() if keepalive is not KeepAlive.OFF:
                        yield KEEPALIVE_COMMENT
                    case End():
                        break

    async def _datum(
        self, wish: ImageWish, running: Running[ImageOrder], made: Generation, base_url: str
    ) -> dict[str, Any]:
        told: dict[str, Any] = {"revised_prompt": None}
        if wish.as_url:
            told["url"] = await self._pictures.link(made, base_url)
        else:
            told["b64_json"] = await self._encoded(wish, running, made)
        told["horde"] = {
            "seed": str(made.seed),
            "id": str(made.id),
            "worker": {"id": str(made.worker_id), "name": made.worker_name},
            "model": made.model,
            "censored": made.censored,
        }
        return told

    async def _completed(self, wish: ImageWish, running: Running[ImageOrder], made: Generation) -> dict[str, Any]:
        return {
            "b64_json": await self._encoded(wish, running, made),
            "created_at": int(time.time()),
            **_about(wish, of_stream=True),
            "usage": _USAGE,
            "horde": horde_object(running, None, made),
        }

    async def _encoded(self, wish: ImageWish, running: Running[ImageOrder], made: Generation) -> str:
        size = (
            None if made.censored else wish.size.scaled_to
        )  # what stands for a withheld picture has a size of its own
        data = await self._pictures.encoded(
            made, running.caller.requester, kind=wish.kind, quality=wish.quality, size=size
        )
        return base64.b64encode(data).decode()


class _PartialImages:
    """Of the previews that come as many as are wished for, evenly by the share of steps that is done."""

    def __init__(self, wished: int) -> None:
        self._wished = wished
        self._told = 0
        self.share = 0.0

    @property
    def is_due(self) -> bool:
        """Whether the next is to be told."""
        return self._told < self._wished and self.share >= self._told / (self._wished + 1)

    def told(self, wish: ImageWish, picture: bytes) -> dict[str, Any]:
        """A preview as it came: small, and in the worker's own format."""
        self._told += 1
        return {
            "b64_json": base64.b64encode(picture).decode(),
            "partial_image_index": self._told - 1,
            "created_at": int(time.time()),
            **_about(wish, of_stream=True),
            "output_format": "webp" if picture[8:12] == b"WEBP" else "jpeg",
        }


def stream_failed(refusal: Refusal) -> bytes:
    """A failure of a stream that has begun: programs raise it."""
    return _event("error", {"error": error_object(refusal)})


def _about(wish: ImageWish, *, of_stream: bool = False) -> dict[str, Any]:
    """How the pictures are; without what programs have no word for, but in a stream, where they need one."""
    width, height = wish.size.scaled_to or (wish.size.width, wish.size.height)
    told = {
        "background": "transparent" if wish.background == "transparent" else "opaque",
        "output_format": wish.kind,
        "quality": wish.told_quality,
    }
    size = f"{width}x{height}"
    return {**told, "size": size} if of_stream or size in _TOLD_SIZES else told


def _event(name: str, told: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode({"type": name, **told}) + b"\n\n"
