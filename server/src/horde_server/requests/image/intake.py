"""Taking an image request: its checks in the API's order, its pictures, its price (requests.md §3–7)."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import SharedKeyTerms
from horde_server.kudos.price import Price
from horde_server.moderation.prompt_filters.doorkeeper import Doorkeeper
from horde_server.requests.admission import WORKERS_KEPT, Admission, Arrival
from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.image.checks import check_extra_source_images, check_wishes
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.prices.charges import most_job_hundredths, price
from horde_server.requests.image.upfront import upfront
from horde_server.requests.image.warnings import model_warnings
from horde_server.requests.payers import check_limit
from horde_server.requests.pictures.source_images import planned_sources
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.upfront import Upfront
from horde_server.settings import Settings
from horde_server.workers.directory import WorkerDirectory


class ImageIntake:
    """The `Intake` of images."""

    def __init__(
        self,
        *,
        settings: Settings,
        admission: Admission,
        doorkeeper: Doorkeeper,
        sources: SourceIntake,
        workers: WorkerDirectory,
        queue: LiveQueue,
    ) -> None:
        self._admission = admission
        self._doorkeeper = doorkeeper
        self._sources = sources
        self._workers = workers
        self._queue = queue
        self._charges_worker_lists = settings.upfront_kudos_on_workerlist
        self._matched_targeting = settings.require_matched_targeting
        self._can_share = settings.shared_blobs is not None

    async def check(
        self, asked: Asked[ImageOrder], account: Account, caller: Caller, arrival: Arrival | None
    ) -> ImageOrder:
        """The API's order: what needs the database or a filter stands between the cheap checks."""
        order, admission = asked.order, self._admission
        check_extra_source_images(asked.pictures, account)
        await admission.check_workers(order.workers)
        admission.check_batching(account, order.n, disable_batching=order.disable_batching)
        admission.check_concurrency(account, order.models, order.n, arrival)
        admission.check_address(caller)
        prompt = await self._doorkeeper.admit(
            order.prompt, order.models, account, caller.address, may_replace=asked.may_rewrite
        )
        if prompt is not order.prompt:
            order = msgspec.structs.replace(order, prompt=prompt)
        check_wishes(order, asked.pictures, account)
        await admission.check_reputation(account, caller)
        admission.check_client_agent(caller)
        return order

    def served(self, order: ImageOrder, request_id: RequestId, pictures: GivenPictures, account: Account) -> ImageOrder:
        """Education accounts get safe pictures of trusted workers only (workers.md §7.9); workflows are never batched.

        Shared is what nobody's picture went into, where this horde shares; never what pupils ask for
        (storage.md §5).
        """
        sources = planned_sources(request_id, pictures) if pictures is not NO_PICTURES else None
        return msgspec.structs.replace(
            order,
            models=tuple(dict.fromkeys(order.models)),
            nsfw=order.nsfw and not account.education,
            censor_nsfw=order.censor_nsfw or account.education,
            trusted_workers=order.trusted_workers or account.education,
            workers=order.workers[:WORKERS_KEPT],
            shared=order.shared and self._can_share and sources is None and not account.education,
            disable_batching=order.disable_batching or order.workflow is not None,
            sources=sources,
        )

    def price(self, order: ImageOrder) -> Price:
        """By size, steps and what is added."""
        return price(order, matched_targeting=self._matched_targeting)

    def most_job_hundredths(self, order: ImageOrder, price: Price) -> int:
        """By the dearest of the models it names, or of all."""
        return most_job_hundredths(price.base_hundredths, order)

    def check_terms(self, order: ImageOrder, terms: SharedKeyTerms) -> None:
        """By pixels and steps of one image."""
        check_limit("pixels", order.width * order.height, terms.max_image_pixels)
        check_limit("steps", order.steps, terms.max_image_steps)

    def upfront(self, order: ImageOrder) -> Upfront[ImageOrder] | None:
        """How much is free depends on the workers online and on what waits."""
        return upfront(
            order,
            image_threads=sum(worker.abilities.threads for worker in self._workers.online("image")),
            queued_jobs=self._queue.waiting_jobs,
            on_worker_list=self._charges_worker_lists,
        )

    async def keep_pictures(
        self, order: ImageOrder, request_id: RequestId, pictures: GivenPictures, requester: Hashable
    ) -> ImageOrder:
        """To paint into a picture needs a mask, or transparency."""
        if order.sources is None:
            return order
        needs_mask = order.source_processing == "inpainting"
        kept = await self._sources.keep(request_id, pictures, requester, needs_mask=needs_mask)
        return msgspec.structs.replace(order, sources=kept)

    async def discard_pictures(self, order: ImageOrder) -> None:
        """If there are any."""
        await self._sources.discard(order.sources)

    def warnings(self, order: ImageOrder) -> dict[str, str]:
        """Where the order differs from what its models work well with."""
        return model_warnings(order)
