"""Alchemy: fetch each source once, do the forms, upload pictures, submit (alchemy-and-operations.md §1.6–1.7)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from PIL import Image

from horde_sdk.generation_parameters.alchemy.consts import (
    is_facefixer_form,
    is_strip_background_form,
    is_upscaler_form,
)
from horde_worker.backends.interface import (
    AlchemyAbilities,
    AlchemyBackend,
    AlchemyForm,
    AlchemyJob,
    AlchemyResult,
    BackendFailure,
)
from horde_worker.horde_api import HordeApi, Refused, Unreachable
from horde_worker.kinds.image import encode_webp
from horde_worker.offer import OperatorWishes, alchemy_pop_body, check_forms_offered, refused_forms
from horde_worker.popped import UnusableJob
from horde_worker.popped_alchemy import read_alchemy_pop
from horde_worker.sources import SourceFailure, SourceFetcher

log = structlog.get_logger(__name__)

TILE_SIDE = 512
SELF_TEST_LIMIT_S = 60.0
_PATH = "/api/v2/interrogate"


@dataclass(frozen=True, slots=True)
class MadeForm:
    """A result as it is delivered: the picture to upload, or what JSON can say."""

    webp: bytes | None = None
    value: Any = None


class AlchemyKind:
    """Implements `Kind` for work on pictures."""

    def __init__(self, api: HordeApi, backend: AlchemyBackend, wishes: OperatorWishes) -> None:
        self._api = api
        self._backend = backend
        self._wishes = wishes
        self._sources = SourceFetcher(api)
        self._proven: tuple[str, ...] = ()

    @property
    def backend_name(self) -> str:
        return self._backend.name

    @property
    def _abilities(self) -> AlchemyAbilities:
        """Those of the backend, with the forms that have proven themselves."""
        return replace(self._backend.abilities, forms=self._proven)

    async def start(self) -> None:
        """Every form the operator wants is tried on a small picture; only what has a result is offered."""
        if self._wishes.named_only:
            raise BackendFailure("requests of alchemy cannot name a worker: --named-only leaves nothing to do")
        await self._backend.start()
        wanted = alchemy_pop_body(self._wishes, self._backend.abilities)["forms"]
        self._proven = tuple([form for form in wanted if await self._is_able(form)])
        if not self._proven:
            raise BackendFailure("none of the wanted forms had a result in its self-test")

    def offer(self) -> dict[str, Any]:
        return alchemy_pop_body(self._wishes, self._abilities)

    async def pop(self, offer: dict[str, Any]) -> dict[str, Any]:
        return await self._api.pop(f"{_PATH}/pop", offer)

    def read(self, answer: dict[str, Any], offer: dict[str, Any]) -> AlchemyJob | None:
        job = read_alchemy_pop(answer)
        if job is None:
            return None
        check_forms_offered(job, offer)
        refused = refused_forms(job.forms, offer)
        if len(refused) == len(job.forms):
            raise UnusableJob(next(iter(refused.values())), job.ids)
        return replace(job, forms=tuple(replace(form, refusal=refused.get(form.id, "")) for form in job.forms))

    async def prepare(self, job: AlchemyJob) -> AlchemyJob:
        """With its sources, each fetched once however many forms it has; forms without one are given back."""
        places = list(dict.fromkeys(form.where for form in job.forms if not form.refusal))
        sources = dict(zip(places, await asyncio.gather(*map(self._sources.fetched, places)), strict=True))
        forms = [form if form.refusal else self._with_source(form, sources[form.where]) for form in job.forms]
        for form in forms:
            if form.refusal:
                await self._turn_down(form)
        return replace(job, forms=tuple(form for form in forms if not form.refusal))

    async def make(self, job: AlchemyJob) -> AsyncGenerator[MadeForm | BackendFailure, None]:
        for form in job.forms:
            yield await self._made(form)

    async def deliver(self, job: AlchemyJob, place: int, made: MadeForm) -> float:
        form, value = job.forms[place], made.value
        if made.webp is not None:
            if not form.upload_url or not await self._api.upload(form.upload_url, made.webp):
                await self.give_back(form.id, "not uploaded")
                raise Unreachable("the picture could not be uploaded; the form was given back")
            value = "R2"
        return await self._api.hand_in(f"{_PATH}/submit", {"id": form.id, "result": {form.name: value}, "state": "ok"})

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        """A horde does not tell which forms wait."""
        return ()

    async def give_back(self, job_id: str, reason: str) -> None:
        """The API has no field for the reason; it is in the log."""
        await self._api.hand_in(f"{_PATH}/submit", {"id": job_id, "result": {}, "state": "faulted"})

    def describe(self, job: AlchemyJob) -> dict[str, Any]:
        return {"forms": len(job.forms)}

    def _with_source(self, form: AlchemyForm, source: Image.Image | SourceFailure) -> AlchemyForm:
        """The form with its source, or with what is against it."""
        if isinstance(source, SourceFailure):
            return replace(form, refusal=f"the source image: {source.value}")
        if tiles_of(source) > self.offer()["max_tiles"] or max(source.size) > self._abilities.max_side:
            return replace(form, refusal=f"a source of {source.width}×{source.height} is more than was offered")
        return replace(form, source=source)

    async def _turn_down(self, form: AlchemyForm) -> None:
        log.warning("worker.form_refused", form=form.name, reason=form.refusal)
        try:
            await self.give_back(form.id, form.refusal)
        except (Refused, Unreachable) as error:
            log.warning("worker.fault_not_delivered", job=form.id, reason=str(error))

    async def _made(self, form: AlchemyForm) -> MadeForm | BackendFailure:
        """One form. What goes wrong with it does not take the others along."""
        assert form.source is not None
        try:
            return await self._result(form.name, form.source, form.payload)
        except BackendFailure as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            return BackendFailure(f"{form.name}: {type(error).__name__}: {error}")

    async def _result(self, form: str, source: Image.Image, payload: Mapping[str, Any]) -> MadeForm:
        result: AlchemyResult = await self._backend.work(form, source, payload)
        if is_picture_form(form) != isinstance(result, Image.Image):
            raise BackendFailure(f"{form} has a result of the wrong kind: {type(result).__name__}")
        if isinstance(result, Image.Image):
            return MadeForm(webp=await asyncio.to_thread(encode_webp, result))
        return MadeForm(value=result)

    async def _is_able(self, form: str) -> bool:
        try:
            async with asyncio.timeout(SELF_TEST_LIMIT_S):
                await self._result(form, sample_picture(), {})
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            log.warning("worker.form_not_offered", form=form, reason=str(error) or type(error).__name__)
            return False
        return True


def is_picture_form(form: str) -> bool:
    """Whether the result of a form is a picture."""
    return is_upscaler_form(form) or is_facefixer_form(form) or is_strip_background_form(form)


def tiles_of(picture: Image.Image) -> int:
    """Tiles of 512×512 pixels, as the horde counts them."""
    return math.ceil(picture.width / TILE_SIDE) * math.ceil(picture.height / TILE_SIDE)


def sample_picture() -> Image.Image:
    """A small picture with a slope of colours and an edge, for self-tests."""
    picture = Image.radial_gradient("L").resize((64, 64))
    return Image.merge("RGB", (picture, picture.transpose(Image.Transpose.ROTATE_90), Image.new("L", (64, 64), 80)))
