"""Images: fetch the sources, paint, upload each picture (or put it into the answer), submit."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from horde_worker.backends.interface import Backend, BackendFailure, ImageJob, Remark
from horde_worker.horde_api import HordeApi
from horde_worker.offer import OperatorWishes, check_offered, pop_body
from horde_worker.popped import read_pop
from horde_worker.sources import SourceFetcher

_PATH = "/api/v2/generate"


@dataclass(frozen=True, slots=True)
class MadePicture:
    """A picture as it is uploaded, with what its maker has to say about it."""

    webp: bytes
    seed: int
    remarks: tuple[Remark, ...]


class ImageKind:
    """Implements `Kind` for pictures."""

    def __init__(self, api: HordeApi, backend: Backend, wishes: OperatorWishes) -> None:
        self._api = api
        self._backend = backend
        self._wishes = wishes
        self._sources = SourceFetcher(api)

    @property
    def backend_name(self) -> str:
        return self._backend.name

    async def start(self) -> None:
        await self._backend.start()

    def offer(self) -> dict[str, Any]:
        return pop_body(self._wishes, self._backend.abilities)

    async def pop(self, offer: dict[str, Any]) -> dict[str, Any]:
        return await self._api.pop(f"{_PATH}/pop", offer)

    def read(self, answer: dict[str, Any], offer: dict[str, Any]) -> ImageJob | None:
        job = read_pop(answer)
        if job is not None:
            check_offered(job, offer)
        return job

    async def prepare(self, job: ImageJob) -> ImageJob:
        return await self._sources.filled(job)

    async def make(self, job: ImageJob) -> AsyncGenerator[MadePicture, None]:
        results = await self._backend.generate(job, _ignore_progress)
        if len(results) != len(job.ids):
            raise BackendFailure(f"{len(results)} pictures for {len(job.ids)} jobs")
        for result in results:
            yield MadePicture(await asyncio.to_thread(encode_webp, result.image), result.seed, result.remarks)

    async def deliver(self, job: ImageJob, place: int, made: MadePicture) -> float:
        remarks = [*made.remarks, *job.source_remarks, *self._alias_remarks(job.model)]
        if len(job.ids) > 1:
            remarks.append(Remark("batch_index", "see_ref", str(place)))
        generation = "R2"
        if not job.upload_urls or not await self._api.upload(job.upload_urls[place], made.webp):
            generation = base64.b64encode(made.webp).decode()
        return await self._api.submit(f"{_PATH}/submit", job.ids[place], generation, made.seed, remarks)

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        return await self._api.wanted_models("image")

    async def give_back(self, job_id: str, reason: str) -> None:
        remark = Remark("information", "see_ref", reason[:255])
        await self._api.submit(f"{_PATH}/submit", job_id, "faulted", -1, [remark], state="faulted")

    def describe(self, job: ImageJob) -> dict[str, Any]:
        return {"size": f"{job.width}x{job.height}", "steps": job.steps}

    def _alias_remarks(self, model: str) -> list[Remark]:
        own = self._backend.abilities.models
        return [] if model in own else [Remark("information", "see_ref", f"served by {own[0]} as {model}")]


def _ignore_progress(_picture: int, _done: int, _steps: int) -> None:
    """Nobody watches single steps."""


def encode_webp(image: Image.Image) -> bytes:
    """WebP at quality 95, with the alpha channel where there is one."""
    target = io.BytesIO()
    mode = "RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"
    image.convert(mode).save(target, "WEBP", quality=95, method=4)
    return target.getvalue()
