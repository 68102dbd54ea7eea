"""A worker brings a job back (generation.md §3.7): verified first, then settled and paid in one statement."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import structlog
from psycopg_pool import AsyncConnectionPool

from horde_server.blobs.images import UnusableImage, as_webp, looks_like_image
from horde_server.blobs.store import BlobStore
from horde_server.dispatch import store
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.schemas import ImageSubmit, Metadata
from horde_server.dispatch.store import HeldJob
from horde_server.errors import BadRequest, HordeError, InvalidAPIKey
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import settlement, split_reward
from horde_server.kudos.price_book import PriceBook
from horde_server.moderation.suspects import Suspects
from horde_server.moderation.suspicion import FASTEST_IMAGE_SPEED, Suspicion
from horde_server.requests.image.order import decode_order
from horde_server.workers.abilities import decode_abilities
from horde_server.workers.capabilities import reward_multiplier_percent
from horde_server.workers.check_in import WrongCredentials
from horde_server.workers.directory import WorkerDirectory

log = structlog.get_logger(__name__)

MAX_METADATA = 50


class InvalidJobID(HordeError):
    """Processing Job with this ID does not exist."""

    status, rc = 404, "InvalidJobID"


class DuplicateGen(HordeError):
    """This job was already submitted."""

    rc = "DuplicateGen"


class AbortedGen(HordeError):
    """This job was aborted, as it took too long. Please check your worker speed, or lower max_power."""

    rc = "AbortedGen"


@dataclass(frozen=True, slots=True)
class Credit:
    """What a submit earned, in hundredths of kudos: `escrowed` is the part held back until the owner is trusted."""

    reward_hundredths: int
    escrowed_hundredths: int = 0

    def to_json(self) -> bytes:
        """The body of the answer: `reward` is what is really credited."""
        body: dict[str, float] = {"reward": self.reward_hundredths / 100}
        if self.escrowed_hundredths:
            body["escrowed"] = self.escrowed_hundredths / 100
        return msgspec.json.encode(body)


class Submissions:
    """Takes results of image jobs."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher,
        workers: WorkerDirectory,
        prices: PriceBook,
        blobs: BlobStore,
        suspects: Suspects,
        clock: Callable[[], float],
        *,
        lifetime_s: int,
    ) -> None:
        self._pool = pool
        self._dispatcher = dispatcher
        self._workers = workers
        self._prices = prices
        self._blobs = blobs
        self._suspects = suspects
        self._clock = clock
        self._lifetime_s = lifetime_s

    async def submit(self, body: ImageSubmit, account: Account | None) -> Credit:
        """Settle a job; what it earned. Raises the refusals of §3.7."""
        if len(body.gen_metadata) > MAX_METADATA:
            raise BadRequest(f"A generation has at most {MAX_METADATA} metadata entries.")
        job = await self._find(body.id)
        if account is None:
            raise InvalidAPIKey
        if job.owner_id != account.id:
            raise WrongCredentials("Wrong credentials: this job belongs to another account's worker.")
        self._refuse_settled(job, body)
        if job.state == "faulted":
            return Credit(0)
        censored = any(remark.type == "censorship" for remark in body.gen_metadata)
        if body.state == "faulted" and not censored:
            return await self._fault(job, body)
        result = await self._keep_image(job.id, body.generation)
        if result is None:
            await self._fault(job, body)
            raise BadRequest(
                "The image of this job is missing or unreadable, so the job went back into the queue: upload it to "
                "the address of the job before submitting, or send it as base64."
            )
        return await self._settle(job, body, account, result, censored=censored)

    async def _find(self, text: str) -> HeldJob:
        try:
            job_id = UUID(text)
        except ValueError:
            raise InvalidJobID(f"Processing Job with ID {text[:64]} does not exist") from None
        async with self._pool.connection() as conn:
            job = await store.find_job(conn, job_id)
        if job is None:
            raise InvalidJobID(f"Processing Job with ID {text} does not exist")
        return job

    @staticmethod
    def _refuse_settled(job: HeldJob, body: ImageSubmit) -> None:
        if job.state == "done":
            raise DuplicateGen(f"Processing Job with ID {job.id} already submitted.")
        if job.state == "faulted" and body.state != "faulted":
            raise AbortedGen(
                f"Processing Job with ID {job.id} took too long to process and has been aborted! "
                "Please check your worker speed, or offer fewer pixels."
            )

    async def _keep_image(self, job_id: UUID, generation: str) -> str | None:
        """The key under which the verified image is kept; None when there is no readable image (D13)."""
        key = f"{job_id}.webp"
        if generation == "R2":
            beginning = await self._blobs.beginning(key)
            return key if beginning is not None and looks_like_image(beginning) else None
        try:
            data = base64.b64decode(generation.encode("ascii"), validate=False)
            await self._blobs.put(key, data, prepare=as_webp)
        except (UnicodeEncodeError, binascii.Error, UnusableImage):
            return None
        return key

    async def _settle(
        self, job: HeldJob, body: ImageSubmit, account: Account, result: str, *, censored: bool
    ) -> Credit:
        order = decode_order(job.request_order)
        abilities = decode_abilities(job.worker_abilities)
        percent = reward_multiplier_percent(job.bridge_agent, declares_capabilities=abilities.capabilities is not None)
        reward = self._prices.reward_hundredths(job.price_hundredths, order, job.model)
        paid = reward * percent // 100
        debit = self._prices.debit_hundredths(0 if censored else reward, order)
        seconds = max(self._clock() - job.started_at.timestamp(), 0.001)
        movements = settlement(
            request_id=job.request_id,
            job_id=job.id,
            requester_id=job.requester_id,
            owner_id=job.owner_id,
            owner_trusted=account.trusted,
            worker_id=job.worker_id,
            paid_hundredths=paid,
            debit_hundredths=debit,
            domain="image",
            things=order.things,
            speed=round(order.things / seconds, 1),
        )
        async with self._pool.connection() as conn:
            state = await store.settle_done(
                conn,
                job_id=job.id,
                seed=body.seed,
                result=result,
                gen_metadata=_metadata(body.gen_metadata),
                censored=censored,
                reward_hundredths=paid,
                debit_hundredths=debit,
                movements=movements,
                lifetime_s=self._lifetime_s,
            )
        if state is None:  # settled by somebody else between our look and our statement
            self._refuse_settled(await self._find(str(job.id)), body)
            raise DuplicateGen(f"Processing Job with ID {job.id} already submitted.")
        self._dispatcher.changed(state)
        if not account.trusted and order.things / seconds > FASTEST_IMAGE_SPEED:
            await self._suspects.note(job.worker_id, Suspicion.UNREASONABLY_FAST)
        return Credit(paid, split_reward(paid, trusted=account.trusted)[1])

    async def _fault(self, job: HeldJob, body: ImageSubmit) -> Credit:
        async with self._pool.connection() as conn:
            state = await store.settle_fault(conn, job.id, _metadata(body.gen_metadata))
        if state is not None:
            self._dispatcher.queue.note_fault(job.request_id, job.worker_id)
            self._dispatcher.changed(state)
            await self._workers.reload([job.worker_id])
            log.info("dispatch.job_faulted", job=str(job.id), worker=str(job.worker_id))
        return Credit(0)


def _metadata(remarks: list[Metadata]) -> str:
    return msgspec.json.encode(
        [
            {"type": remark.type, "value": remark.value, **({"ref": remark.ref} if remark.ref else {})}
            for remark in remarks
        ]
    ).decode()
