"""Work on pictures that are there already: upscalers, face fixers and captions of the server."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from PIL import Image

from horde_worker.backends.a1111.answer import decoded
from horde_worker.backends.a1111.facts import Facts
from horde_worker.backends.a1111.maker import A1111Maker
from horde_worker.backends.a1111.request import in_base64
from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult, Option
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.normalise.source_pictures import filling
from horde_worker.backends.over_http.attendance import Attendance, tells_if_lost
from horde_worker.backends.over_http.server import BackendServer

FORM_LIMIT_S: Final = 170.0
"""A form belongs to somebody else after three minutes."""
MAX_SIDE: Final = 2048
MAX_TILES: Final = 16
MAX_CAPTION_CHARACTERS: Final = 2000
_DEFAULT_STRENGTH: Final = 0.5
_CAPTIONS: Final[dict[str, dict[str, Any]]] = {
    "/sdapi/v1/interrogate": {"model": "clip"},
    "/sdapi/v1/openclip": {"mode": "caption"},
}
"""What stands beside the picture, by where it is described."""


class A1111Alchemist:
    """Implements `AlchemyMaker`. It has one thing done at a time, as the server does."""

    def __init__(self, server: BackendServer, maker: A1111Maker, attendance: Attendance[Facts]) -> None:
        self._server = server
        self._maker = maker
        self._attendance = attendance

    @property
    def abilities(self) -> AlchemyAbilities:
        """What the server has; the worker tries each before it offers it."""
        facts = self._attendance.abilities
        captions = ("caption",) if facts.caption_path else ()
        return AlchemyAbilities((*captions, *self._maker.processors(facts)), max_tiles=MAX_TILES, max_side=MAX_SIDE)

    @property
    def unready(self) -> str:
        """Why the server cannot work just now."""
        return self._attendance.unready

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Option]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        """The result of one form. Raises `BackendFailure`."""
        facts = self._attendance.abilities
        image = await asyncio.to_thread(in_base64, source)
        try:
            if form == "caption":
                yield AlchemyResult(await self._caption(facts, image))
                return
            processor = self._maker.processors(facts).get(form)
            if processor is None:
                raise BackendFailure(f"the server has no {form}"[:255])
            made = await self._maker.post_process(processor, image, _strength(payload), FORM_LIMIT_S)
        except BackendFailure as failure:
            raise tells_if_lost(self._attendance, failure) from failure.__cause__
        size = (source.width * processor.factor, source.height * processor.factor)
        yield AlchemyResult(await asyncio.to_thread(lambda: filling(decoded(made), size)))  # it rounds down to 8

    async def _caption(self, facts: Facts, image: str) -> str:
        beside = _CAPTIONS.get(facts.caption_path)
        if beside is None:
            raise BackendFailure("the server describes no pictures")
        answer = await self._server.post_json(facts.caption_path, {"image": image, **beside}, limit_s=FORM_LIMIT_S)
        told = answer.get("caption") if isinstance(answer, Mapping) else None
        if not isinstance(told, str) or not told.strip() or told.strip() == "<error>":
            raise BackendFailure("the server had no caption")
        return told.strip()[:MAX_CAPTION_CHARACTERS]


def _strength(payload: Mapping[str, Option]) -> float:
    """How much faces are mended, from text too."""
    try:
        wished = float(payload.get("facefixer_strength") or _DEFAULT_STRENGTH)
    except ValueError:
        return _DEFAULT_STRENGTH
    return min(max(wished, 0.0), 1.0) if math.isfinite(wished) else _DEFAULT_STRENGTH
