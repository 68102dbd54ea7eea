"""Taking an image request: the checks of generation.md §2.3 in their order, then one statement that stores it.

What later releases add (source images, LoRAs, styles …) is refused here by name, never silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.order import order_key
from horde_server.dispatch.store import NewRequest
from horde_server.errors import (
    BadRequest,
    DeletedUser,
    HordeError,
    InvalidAPIKey,
    NotSupportedYet,
    WorkerNotFound,
)
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import request_tax, reserve
from horde_server.kudos.price_book import PriceBook
from horde_server.kudos.upfront import needs_upfront_kudos
from horde_server.requests.image.order import ImageOrder, encode_order
from horde_server.requests.image.schemas import GenerationParams, ImageRequest
from horde_server.requests.model_reference import baseline
from horde_server.settings import Settings
from horde_server.workers.directory import WorkerDirectory

MAX_PROMPT_WORDS = 7500
MAX_PROMPT_CHARACTERS = 100_000
"""Not the original's: it takes any word length, so one request could fill every worker's memory."""
TARGETED_WORKERS_KEPT = 5
SPECIAL_MODEL = "horde_special"
SAMPLE_CLIENT_AGENT = "My-Project:v0.0.1:My-Contact"


class TooManyPrompts(HordeError):
    """You have as many images waiting as your account may have: wait for some, or cancel some."""

    status, rc = 429, "TooManyPrompts"


class InvalidPromptSize(HordeError):
    """The prompt is too long: at most 7500 words and 100,000 characters."""

    rc = "InvalidPromptSize"


class BadCFGDecimals(HordeError):
    """cfg_scale has at most two decimals."""

    rc = "BadCFGDecimals"


class RequiresTrust(HordeError):
    """Only trusted accounts may disable batching for several images."""

    rc = "RequiresTrust"


class OnlyServiceAccountProxy(HordeError):
    """Only service accounts may send proxied_account."""

    rc = "OnlyServiceAccountProxy"


class HiResMismatch(HordeError):
    """hires_fix does not fit Flux, Qwen and Z-Image models: leave it out, or name other models."""

    rc = "HiResMismatch"


class UnexpectedModelName(HordeError):
    """A post-processor is no model: put it into params.post_processing."""

    rc = "UnexpectedModelName"


class SpecialModelNeedsSpecialUser(HordeError):
    """This model serves special accounts only: name another one."""

    status, rc = 403, "SpecialModelNeedsSpecialUser"


class BannedClientAgent(HordeError):
    """Your Client-Agent is the documentation's example: send your own project's name, version and contact."""

    status, rc = 403, "BannedClientAgent"


@dataclass(frozen=True, slots=True)
class Ticket:
    """An accepted request. `kudos` is the price of one image, as the API reports it."""

    id: UUID
    kudos: float
    is_possible: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from where, with which program."""

    account: Account | None
    address: str
    client_agent: str


class ImageIntake:
    """Validates, prices and stores image requests."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher[ImageOrder],
        workers: WorkerDirectory,
        prices: PriceBook,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._dispatcher = dispatcher
        self._workers = workers
        self._prices = prices
        self._clock = clock

    async def quote(self, body: ImageRequest, caller: Caller) -> int:
        """What the whole request would cost, in kudos (dry run): validated and admitted, nothing stored or charged."""
        account = self._account(caller)
        order = await self._validate(body, account, caller)
        held = self._upfront_hundredths(order)
        if held:
            async with self._pool.connection() as conn, conn.transaction():
                await reserve(conn, account.id, held)
        return round(self._prices.estimate_hundredths(order) / 100)

    async def submit(self, body: ImageRequest, caller: Caller) -> Ticket:
        """Store the request and charge its tax. Raises the refusals of §2.3."""
        account = self._account(caller)
        order = await self._validate(body, account, caller)
        price = self._prices.base_hundredths(order)
        held = self._upfront_hundredths(order)
        new = NewRequest(
            id=uuid4(),
            kind=self._dispatcher.kind.name,
            account_id=account.id,
            jobs=order.n,
            order_key=order_key(
                self._clock(),
                account.balance_hundredths,
                head_start_cap_s=self._settings.priority_head_start_s,
                flagged=account.flagged,
            ),
            price_hundredths=price,
            held_hundredths=held,
            payer_covered=account.trusted or account.balance_hundredths - max(account.floor_hundredths, 0) >= price,
            client_agent=caller.client_agent,
            address=caller.address,
            lifetime_s=self._settings.request_lifetime_s,
            request_order=encode_order(order).decode(),
        )
        entry = await self._dispatcher.accept(new, order, request_tax(account.id, new.id))
        return Ticket(new.id, round(price / 100), self._dispatcher.queue.is_possible(entry))

    @staticmethod
    def _account(caller: Caller) -> Account:
        if caller.account is None:
            raise InvalidAPIKey
        return caller.account

    async def _validate(self, body: ImageRequest, account: Account, caller: Caller) -> ImageOrder:
        params = body.params
        if "webhook" in body.model_fields_set and not body.webhook.startswith("https://"):
            raise BadRequest("A webhook must start with https://.")
        if body.proxied_account and not account.service:
            raise OnlyServiceAccountProxy
        if account.deleted:
            raise DeletedUser
        await self._check_workers(body.workers)
        if params.n > 1 and body.disable_batching and not account.trusted:
            raise RequiresTrust
        self._check_concurrency(account, body.models, params.n)
        if params.hires_fix and not _WITHOUT_HIRES_FIX.isdisjoint(map(baseline, body.models)):
            raise HiResMismatch
        if (
            len(body.prompt) > MAX_PROMPT_CHARACTERS
            or len(body.prompt.split(None, MAX_PROMPT_WORDS)) > MAX_PROMPT_WORDS
        ):
            raise InvalidPromptSize
        if not _POST_PROCESSORS.isdisjoint(body.models):
            raise UnexpectedModelName
        if round(params.cfg_scale, 2) != params.cfg_scale:
            raise BadCFGDecimals
        if any(SPECIAL_MODEL in model for model in body.models):
            if not account.special:
                raise SpecialModelNeedsSpecialUser
            raise NotSupportedYet(f"`models` named {SPECIAL_MODEL} are not supported by this server yet.")
        refuse_unsupported(body, params)
        if caller.client_agent == SAMPLE_CLIENT_AGENT:
            raise BannedClientAgent
        return make_order(body, education=account.education)

    async def _check_workers(self, named: Iterable[str]) -> None:
        """Every named worker must exist, also beyond the five that are kept (§2.3 step 14)."""
        ids = []
        for text in named:
            try:
                ids.append(UUID(text))
            except ValueError:
                raise WorkerNotFound(f"There is no worker with the id {text[:40]!r}.") from None
        if not ids:
            return
        async with self._pool.connection() as conn:
            cursor = await conn.execute("SELECT id FROM worker WHERE id = ANY(%s)", (ids,))
            found = {row[0] for row in await cursor.fetchall()}
        for worker_id in ids:
            if worker_id not in found:
                raise WorkerNotFound(f"There is no worker with the id {worker_id}.")

    def _check_concurrency(self, account: Account, models: list[str], n: int) -> None:
        """Images still waiting plus those asked for may not exceed the account's concurrency (§2.3 step 16).

        For Anonymous, which is everybody's account, only requests for one of the same models count.
        """
        counted_models = frozenset(models) if account.id == 0 else frozenset()
        waiting = self._dispatcher.queue.waiting_of(account.id, counted_models)
        if waiting + n > account.concurrency:
            raise TooManyPrompts(
                f"You have {waiting} images waiting and asked for {n} more, but your account may have "
                f"{account.concurrency} at a time: wait for some, or cancel some."
            )

    def _upfront_hundredths(self, order: ImageOrder) -> int:
        """Kudos to reserve before the request is taken; 0 when none are needed (§2.7)."""
        needed = needs_upfront_kudos(
            order,
            image_threads=sum(worker.abilities.threads for worker in self._workers.online()),
            queued_jobs=self._dispatcher.queue.waiting_jobs,
            profile=self._settings.profile,
            upfront_on_worker_list=self._settings.upfront_kudos_on_workerlist,
        )
        return self._prices.estimate_hundredths(order) if needed else 0


_WITHOUT_HIRES_FIX = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
_POST_PROCESSORS = frozenset(
    [
        "GFPGAN",
        "RealESRGAN_x4plus",
        "RealESRGAN_x2plus",
        "RealESRGAN_x4plus_anime_6B",
        "NMKD_Siax",
        "4x_AnimeSharp",
        "CodeFormers",
        "strip_background",
        "4xNomos8kSC",
        "4xLSDIRplus",
        "4xNomosWebPhoto_RealPLKSR",
        "4xNomos2_realplksr_dysample",
        "4xNomos2_hq_dat2",
        "2xModernSpanimationV1",
        "GFPGANv1.3",
        "RestoreFormer",
    ]
)


def refuse_unsupported(body: ImageRequest, params: GenerationParams) -> None:
    """Refuse what this release cannot do yet, naming the field. Empty values and `false` ask for nothing."""
    for name in ("source_image", "source_mask", "extra_source_images", "style", "webhook", "proxied_account"):
        if getattr(body, name):
            raise NotSupportedYet(f"`{name}` is not supported by this server yet: leave it out.")
    if body.source_processing != "img2img":
        raise NotSupportedYet("`source_processing` needs a source image, which this server does not support yet.")
    for name in (
        "loras", "tis", "post_processing", "extra_texts", "special", "transparent", "image_is_control",
        "return_control_map",
    ):  # fmt: skip
        if getattr(params, name):
            raise NotSupportedYet(f"`params.{name}` is not supported by this server yet: leave it out.")
    for name in ("control_type", "workflow", "facefixer_strength"):
        if name in params.model_fields_set:
            raise NotSupportedYet(f"`params.{name}` is not supported by this server yet: leave it out.")


def make_order(body: ImageRequest, *, education: bool) -> ImageOrder:
    """The normalised order. Education accounts get safe pictures from trusted workers only (§3.6)."""
    params = body.params
    given = params.model_fields_set
    return ImageOrder(
        prompt=body.prompt,
        models=tuple(dict.fromkeys(body.models)),
        width=params.width,
        height=params.height,
        steps=params.steps,
        cfg_scale=params.cfg_scale,
        sampler_name=params.sampler_name,
        karras=params.karras,
        hires_fix=params.hires_fix,
        tiling=params.tiling,
        clip_skip=params.clip_skip if "clip_skip" in given else None,
        denoising_strength=params.denoising_strength if "denoising_strength" in given else None,
        hires_fix_denoising_strength=(
            params.hires_fix_denoising_strength if "hires_fix_denoising_strength" in given else None
        ),
        seed=params.seed or None,
        seed_variation=params.seed_variation if "seed_variation" in given else None,
        n=params.n,
        nsfw=body.nsfw and not education,
        censor_nsfw=body.censor_nsfw or education,
        trusted_workers=body.trusted_workers or education,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers[:TARGETED_WORKERS_KEPT]),
        worker_blacklist=body.worker_blacklist,
        r2=body.r2,
        disable_batching=body.disable_batching,
    )
