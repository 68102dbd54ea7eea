"""Alchemy: fetch each source once, do the forms, upload pictures, submit (alchemy.md §6–7)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Final

import structlog
from PIL import Image

from horde_sdk.ai_horde_api.apimodels.alchemy.pop import AlchemyPopRequest
from horde_worker.backends.alchemy import (
    AlchemyAbilities,
    AlchemyForm,
    AlchemyJob,
    AlchemyMaker,
    AlchemyResult,
)
from horde_worker.backends.events import BackendFailure, Watched
from horde_worker.horde_api import HordeApi, Refused, Unreachable
from horde_worker.kinds.alchemy.offer import alchemy_offer, check_forms_offered, is_known_form, refused_forms
from horde_worker.kinds.alchemy.popped import read_alchemy_pop
from horde_worker.kinds.alchemy.self_test import check_kind, proven_forms, result_of
from horde_worker.kinds.alchemy.submit import AlchemySubmit, alchemy_fault, alchemy_submit
from horde_worker.kinds.hand_out import HandOut, UnusableJob, giving_back_at_most, messages_of, skipped_of
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.maker_standing import OfMaker
from horde_worker.kinds.parcel import Parcel, Undeliverable, as_json, as_request
from horde_worker.kinds.pictures import encode_webp
from horde_worker.kinds.sources import SourceFailure, SourceFetcher
from horde_worker.settings import OperatorWishes
from horde_worker.steady_clock import Deadline

log = structlog.get_logger(__name__)

TILE_SIDE = 512
UPLOADED: Final = "R2"
"""What stands for a picture that was uploaded."""


class AlchemyKind(OfMaker):
    """Implements `Kind` for work on pictures."""

    def __init__(self, api: HordeApi, backend_name: str, maker: AlchemyMaker, wishes: OperatorWishes) -> None:
        self.backend_name = backend_name
        self._api = api
        self._maker: AlchemyMaker = maker
        self._wishes = wishes
        self._sources = SourceFetcher(api.places)
        self._proven: tuple[str, ...] = ()

    @property
    def _abilities(self) -> AlchemyAbilities:
        """Those of the backend, with the forms that have proven themselves."""
        return replace(self._maker.abilities, forms=self._proven)

    async def start(self) -> None:
        """Every form the operator wants is tried on a small picture; only what has a result is offered."""
        if self._wishes.named_only:
            raise BackendFailure("requests of alchemy cannot name a worker: --named-only leaves nothing to do")
        for form in self._maker.abilities.forms:
            if not is_known_form(form):
                log.warning("worker.form_not_offered", form=form, reason="the API has no form of this name")
        wanted = [str(form) for form in alchemy_offer(self._wishes.current(), self._maker.abilities).forms]
        self._proven = await proven_forms(self._maker, wanted)
        if not self._proven:
            raise BackendFailure("none of the wanted forms had a result in its self-test")

    def offer(self) -> AlchemyPopRequest:
        """The next pop."""
        return alchemy_offer(self._wishes.current(), self._abilities, self.slots)

    async def pop(self) -> HandOut[AlchemyJob]:
        offer = self.offer()
        popped = await self._api.pop(offer)
        answer = popped.answer
        with giving_back_at_most(offer.amount):
            job = read_alchemy_pop(answer)
            if job is not None:
                check_forms_offered(job, offer)
                refused = refused_forms(job.forms, offer)
                if len(refused) == len(job.forms):
                    raise UnusableJob(next(iter(refused.values())), job.ids)
                job = replace(job, forms=tuple(replace(form, refusal=refused.get(form.id, "")) for form in job.forms))
        return HandOut(job, skipped_of(answer), popped.held_s, messages_of(answer))

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        """A horde does not tell which forms wait."""
        return ()

    async def prepare(self, job: AlchemyJob) -> AlchemyJob:
        """With its sources, each fetched once however many forms it has; forms without one are given back."""
        places = list(dict.fromkeys(form.where for form in job.forms if not form.refusal))
        sources = dict(zip(places, await asyncio.gather(*map(self._sources.fetched, places)), strict=True))
        forms = [form if form.refusal else self._with_source(form, sources[form.where]) for form in job.forms]
        for form in forms:
            if form.refusal:
                await self._turn_down(form)
        return replace(job, forms=tuple(form for form in forms if not form.refusal))

    async def make(self, job: AlchemyJob, watch: Watch) -> AsyncGenerator[AlchemyResult | BackendFailure, None]:
        for place, form in enumerate(job.forms):
            yield await self._tried(place, form, watch)

    async def pack(self, job: AlchemyJob, place: int, result: AlchemyResult) -> Parcel:
        form, value = job.forms[place], result.value
        check_kind(form.name, result)  # a hook may have put another in its place
        if isinstance(value, Image.Image):
            webp = await asyncio.to_thread(encode_webp, value)
            return Parcel(form.id, as_json(alchemy_submit(form.id, form.name, UPLOADED)), webp, form.upload_url)
        return Parcel(form.id, as_json(alchemy_submit(form.id, form.name, value)))

    def stream(self, job: AlchemyJob, deadline: Deadline) -> None:
        """Forms are too short to tell of."""

    def pack_called_off(self, job: AlchemyJob, place: int, so_far: str) -> Parcel:
        return Parcel(job.forms[place].id, as_json(alchemy_fault(job.forms[place].id)))

    async def deliver(self, parcel: Parcel) -> float:
        if parcel.picture and not (
            parcel.upload_url and await self._api.places.upload(parcel.upload_url, parcel.picture)
        ):
            await self.give_back(parcel.job_id, "not uploaded")
            raise Undeliverable("the picture could not be uploaded; the form was given back")
        return await self._api.hand_in(as_request(parcel.submit, AlchemySubmit))

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.give_back(alchemy_fault(job_id))

    def effort(self, job: AlchemyJob) -> float:
        """Tiles, for every form."""
        return float(sum(tiles_of(form.source) if form.source is not None else 1 for form in job.forms))

    def wants_all(self, job: AlchemyJob) -> bool:
        """Sources are no larger than was offered."""
        return False

    def offer_less(self) -> str:
        """Half the tiles."""
        now = self.offer().max_tiles
        if now <= 1:
            return ""
        self._wishes = replace(self._wishes, max_tiles=now // 2)
        return f"sources of at most {now // 2} tiles"

    async def self_test(self) -> None:
        """All of it: forms that have no result any more are not offered."""
        await self.start()

    def _with_source(self, form: AlchemyForm, source: Image.Image | SourceFailure) -> AlchemyForm:
        """The form with its source, or with what is against it."""
        if isinstance(source, SourceFailure):
            return replace(form, refusal=f"the source image: {source.value}")
        if tiles_of(source) > self.offer().max_tiles or max(source.size) > self._abilities.max_side:
            return replace(form, refusal=f"a source of {source.width}×{source.height} is more than was offered")
        return replace(form, source=source)

    async def _turn_down(self, form: AlchemyForm) -> None:
        log.warning("worker.form_refused", form=form.name, reason=form.refusal)
        try:
            await self.give_back(form.id, form.refusal)
        except (Refused, Unreachable) as error:
            log.warning("worker.fault_not_delivered", job=form.id, reason=str(error))

    async def _tried(self, place: int, form: AlchemyForm, watch: Watch) -> AlchemyResult | BackendFailure:
        """One form. What goes wrong with it does not take the others along."""
        assert form.source is not None

        async def watch_form(event: Watched) -> None:
            await watch(replace(event, place=place))

        try:
            return await result_of(self._maker, form.name, form.source, form.payload, watch_form)
        except BackendFailure as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            return BackendFailure(f"{form.name}: {type(error).__name__}: {error}")


def tiles_of(picture: Image.Image) -> int:
    """Tiles of 512×512 pixels, as the horde counts them."""
    return math.ceil(picture.width / TILE_SIDE) * math.ceil(picture.height / TILE_SIDE)
