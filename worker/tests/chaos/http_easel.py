"""A maker whose pictures come from a server over HTTP, by the parts that all such backends are made of."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator

from PIL import Image, UnidentifiedImageError

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.over_http.attendance import Attendance, tells_if_lost
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer

ANSWER_LIMIT_S = 30.0


class HttpEasel:
    """Asks for models, and for a picture a job."""

    def __init__(self, url: str, *, limit_s: float = ANSWER_LIMIT_S) -> None:
        self._server = BackendServer("easel", ServerOptions(url=url))
        self._limit_s = limit_s
        self._attendance = Attendance("easel", self._look, self._test, look_every_s=0.05, look_every_s_while_away=0.05)

    @property
    def abilities(self) -> ImageAbilities:
        return self._attendance.abilities

    @property
    def unready(self) -> str:
        return self._attendance.unready

    async def start(self) -> None:
        """Look at the server for the first time."""
        await self._attendance.start()

    async def aclose(self) -> None:
        await self._attendance.aclose()
        await self._server.aclose()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        for seed in job.seeds:
            try:
                raw = await self._server.call("POST", "/paint", body={"prompt": job.prompt}, limit_s=self._limit_s)
            except BackendFailure as failure:
                raise tells_if_lost(self._attendance, failure) from None
            yield ImageResult(_picture(raw), seed)

    async def _look(self) -> ImageAbilities:
        models = await self._server.get_json("/models")
        return ImageAbilities(tuple(models), 512 * 512, frozenset({"r2"}), frozenset({"k_euler"}))

    async def _test(self, _abilities: ImageAbilities) -> None:
        """Being there is enough."""


def _picture(raw: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(raw), formats=("PNG",)).convert("RGB")
    except UnidentifiedImageError as error:
        raise BackendFailure("easel answered with what is no picture") from error
