"""Images: fetch the sources, have them painted, judged and post-processed, upload each picture (or put it into the
answer), submit."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from horde_sdk.ai_horde_api.consts import MODEL_TYPE
from horde_worker.backends.alchemy import AlchemyMaker
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageJob, ImageMaker, ImageResult, Remark
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.hand_out import HandOut, giving_back_at_most, messages_of, skipped_of
from horde_worker.kinds.image.finishing import Finishing
from horde_worker.kinds.image.offer import ImageOffer, check_image_offered, image_offer
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.kinds.image.submit import ImageSubmit, image_called_off, image_fault, image_submit
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.maker_standing import OfMaker
from horde_worker.kinds.parcel import Parcel, as_json, as_request
from horde_worker.kinds.pictures import encode_webp
from horde_worker.kinds.results import results_of
from horde_worker.kinds.sources import SourceFetcher
from horde_worker.lora_cache.cache import LoraCache
from horde_worker.lora_cache.for_jobs import with_files
from horde_worker.settings import OperatorWishes
from horde_worker.steady_clock import Deadline
from horde_worker.streams.job_stream import JobStream, OpenStreams
from horde_worker.streams.picture_outbox import PictureOutbox

if TYPE_CHECKING:
    from PIL import Image

NATIVE_PIXELS: Final = 512 * 512
LARGE_PIXELS: Final = 1024 * 1024
LEAST_PIXELS_OFFERED: Final = 256 * 256
FETCHED: Final = frozenset({"lora", "lora_versions", "textual_inversion"})
"""Capabilities that need files from elsewhere."""


class ImageKind(OfMaker):
    """Implements `Kind` for pictures."""

    def __init__(
        self,
        api: HordeApi,
        backend_name: str,
        maker: ImageMaker,
        wishes: OperatorWishes,
        alchemist: AlchemyMaker | None = None,
        loras: LoraCache | None = None,
    ) -> None:
        """`alchemist` post-processes what the maker itself cannot. `loras` fetches what jobs name; without it the
        backend has its own."""
        self.backend_name = backend_name
        self._api = api
        self._maker: ImageMaker = maker
        self._wishes = wishes
        self._loras = loras
        self._sources = SourceFetcher(api.places)
        self._finishing = Finishing(wishes, alchemist)
        self._streams = OpenStreams()

    @property
    def _abilities(self) -> ImageAbilities:
        """Those of the backend, without what has to be fetched where nothing can be."""
        able = self._maker.abilities
        if self._loras is None or self._loras.is_reached:
            return able
        return replace(able, capabilities=able.capabilities - FETCHED)

    async def start(self) -> None:
        """A maker of pictures that is open can make some; who judges them, and who works on them, is looked for."""
        able = self._maker.abilities
        await self._finishing.start(able, image_offer(self._wishes, able).max_pixels, self._api.url)

    def offer(self) -> ImageOffer:
        """The next pop."""
        able = self._finishing.with_post_processors(self._abilities)
        return image_offer(
            self._wishes.current(),
            able,
            self.slots,
            streams=self.may_stream,
            checks_previews=self._finishing.judges,
        )

    async def pop(self) -> HandOut[ImageJob]:
        offer = self.offer()
        popped = await self._api.pop(offer)
        answer = popped.answer
        with giving_back_at_most(offer.amount):
            job = read_image_pop(answer)
            if job is not None:
                check_image_offered(job, offer)
                self._finishing.check(job)
        return HandOut(job, skipped_of(answer), popped.held_s, messages_of(answer))

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        wanted = await self._api.wanted_models(MODEL_TYPE.image)
        return [one for one in wanted if one[0] not in self.offer().models]

    async def prepare(self, job: ImageJob) -> ImageJob:
        filled = await self._sources.filled(job)
        return filled if self._loras is None else await with_files(filled, self._loras)

    def make(self, job: ImageJob, watch: Watch) -> AsyncGenerator[ImageResult | BackendFailure, None]:
        own = self._finishing.for_maker(job, self._maker.abilities.capabilities)
        return results_of(self._maker.make(own), ImageResult, len(job.ids), watch, "pictures")

    def stream(self, job: ImageJob, deadline: Deadline) -> JobStream | None:
        """Steps, and previews where the horde wants them and the judge lets them pass."""
        wish = job.stream
        if wish is None or not self.may_stream:
            return None

        async def may_show(preview: Image.Image) -> bool:
            return await self._finishing.may_show(job, preview)

        outboxes = [PictureOutbox(wish, may_show) for _ in job.ids]
        return JobStream(self._api, job.ids, outboxes, wish, deadline, self._streams)

    def pack_called_off(self, job: ImageJob, place: int, so_far: str) -> Parcel:
        return Parcel(job.ids[place], as_json(image_called_off(job.ids[place])))

    async def pack(self, job: ImageJob, place: int, result: ImageResult) -> Parcel:
        done = await self._finishing.finished(job, place, result, self._maker.abilities.capabilities)
        remarks = [*done.remarks, *job.source_remarks, *self._alias_remarks(job.model)]
        if len(job.ids) > 1:
            remarks.append(Remark("batch_index", "see_ref", str(place)))
        return Parcel(
            job.ids[place],
            as_json(image_submit(job.ids[place], "R2", result.seed, remarks, done.state)),
            await asyncio.to_thread(encode_webp, done.image),
            job.upload_urls[place] if job.upload_urls else "",
        )

    async def deliver(self, parcel: Parcel) -> float:
        submit = as_request(parcel.submit, ImageSubmit)
        if not parcel.picture:  # called off
            return await self._api.hand_in(submit)
        if not parcel.upload_url or not await self._api.places.upload(parcel.upload_url, parcel.picture):
            submit = submit.model_copy(update={"generation": base64.b64encode(parcel.picture).decode()})
        return await self._api.hand_in(submit)

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.give_back(image_fault(job_id, reason))

    def effort(self, job: ImageJob) -> float:
        """Megapixel-steps in units of 512×512; a second pass and more pictures count."""
        one = job.steps * max(job.width * job.height / NATIVE_PIXELS, 0.1)
        return one * (1 + 0.2 * (len(job.ids) - 1)) + (job.steps if job.hires_fix else 0)

    def wants_all(self, job: ImageJob) -> bool:
        """Batches, large pictures and second networks take the memory that another job would need."""
        return len(job.ids) > 1 or job.width * job.height > LARGE_PIXELS or bool(job.control_type)

    def offer_less(self) -> str:
        """Half the pixels."""
        now = self.offer().max_pixels
        if now <= LEAST_PIXELS_OFFERED:
            return ""
        self._wishes = replace(self._wishes, max_pixels=max(now // 2, LEAST_PIXELS_OFFERED))
        return f"pictures of at most {self._wishes.max_pixels} pixels"

    def _alias_remarks(self, model: str) -> list[Remark]:
        own = self._maker.abilities.models
        return [] if model in own or not own else [Remark("information", "see_ref", f"served by {own[0]} as {model}")]
