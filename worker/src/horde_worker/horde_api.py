"""What the worker says to a horde, through the SDK's client, and how it takes the answers (workers.md §8)."""

from __future__ import annotations

import asyncio
import random
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from horde_sdk.ai_horde_api.apimodels.base import JobSubmitResponse
from horde_sdk.ai_horde_api.consts import MODEL_TYPE
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.client_agent import create_bridge_agent_string
from horde_sdk.exceptions import HordeConnectionError, PayloadValidationError
from horde_sdk.generation_pieces import GenerationPiecesRequest, GenerationPiecesResponse
from horde_sdk.generic_api.apimodels import HordeRequest, HordeResponseRootModel, RequestErrorResponse
from horde_sdk.generic_api.async_transport import AsyncTransport
from horde_sdk.generic_api.generic_clients import GenericAsyncHordeAPIManualClient
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.retries import RetryConfiguration
from horde_sdk.generic_api.wire import ResponseT
from horde_sdk.reach import Reach
from horde_worker import VERSION
from horde_worker.connection_failures import in_words
from horde_worker.named_places import NamedPlaces, Sleep
from horde_worker.tolerance import MAX_MODEL_CHARACTERS, Tolerant

ANSWER_LIMIT_BYTES: Final = 64 * 1024 * 1024  # two source pictures of 20 MiB in base64, and a margin
ANSWER_LIMIT_S: Final = 40.0
POP_WAIT_S: Final = 30.0
SUBMIT_TRIES: Final = 10
FAULT_TRIES: Final = 3  # the horde will notice by the job's time anyway
RETRY_AFTER_LIMIT_S: Final = 600.0
MOST_WANTED: Final = 50
_MOST_ERRORS: Final = 20
_RETRIED: Final = frozenset({408, 429})  # and everything from 500 on


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The horde said no. Decide on `rc` first, on the status second, never on the text."""

    status: int
    rc: str
    message: str
    retry_after_s: float | None = None
    next: int | None = None
    """Of pieces that do not follow on those before: how many bytes of the text the horde has."""
    next_delta: int | None = None
    """The same of deltas."""

    def __str__(self) -> str:
        return f"{self.message} ({self.rc or self.status})"


class Unreachable(Exception):
    """No answer, or none that can be read; worth another try."""


class JsonObject(HordeResponseRootModel[dict[str, Any]]):
    """An answer that is read by the worker itself: whatever is in it, it is an answer."""


class Reward(JobSubmitResponse, Tolerant):
    """What a result earned; a horde that does not say so took it all the same."""

    reward: float = 0.0


class PiecesTaken(GenerationPiecesResponse, Tolerant):
    """How a horde goes on with pieces: what makes no sense in it counts as not said."""


@dataclass(frozen=True, slots=True)
class Popped:
    """The answer to a pop. `held_s`: how long a horde that holds answers back held it; of others 0."""

    answer: Mapping[str, Any]
    held_s: float


class HordeApi:
    """One horde, one key. `places` are those that the horde names by URL, where the key never goes."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str,
        sleep: Sleep = asyncio.sleep,
        reach: Reach | None = None,
        source_proxy: str = "",
    ) -> None:
        self.url = re.sub(r"/api(/v2)?$", "", url.rstrip("/"))
        self.places = NamedPlaces(session, self.url, sleep, reach, source_proxy)
        self._sleep = sleep
        self._client = GenericAsyncHordeAPIManualClient(
            session,
            apikey=api_key.strip(),
            base_url=f"{self.url}/api/",
            client_agent=create_bridge_agent_string("OpenHorde Worker", VERSION, "openhorde"),
            path_fields=AIHordePathData,
            query_fields=AIHordeQueryData,
            # Whether a pop or a submit is tried again, and when, is decided here and in the loop.
            retry_config=RetryConfiguration(max_retries=0),
            transport=AsyncTransport(
                session,
                # The certificates of this machine: a horde at home may have one of its owner's.
                ssl_context=ssl.create_default_context() if self.url.startswith("https:") else None,
                timeout_s=ANSWER_LIMIT_S,
                longest_answer_s=ANSWER_LIMIT_S,
                largest_answer_bytes=ANSWER_LIMIT_BYTES,
                answer_after_cancel_s=0,
            ),
        )

    async def aclose(self) -> None:
        """Close the connections to elsewhere; those to the horde are the caller's."""
        await self.places.aclose()

    async def pop(self, offer: HordeRequest) -> Popped:
        """Ask for jobs, and to be answered when there are some; hordes that hold no answers back answer at once.

        Raises `Refused` or `Unreachable`; trying again is the caller's decision.
        """
        patience = LongPoll(POP_WAIT_S)
        began = time.monotonic()
        answer = await self.ask(offer, JsonObject, patience)
        return Popped(answer.root, time.monotonic() - began if patience.is_granted else 0.0)

    async def hand_in(self, result: HordeRequest, *, tries: int = SUBMIT_TRIES) -> float:
        """Deliver a job or its fault; the reward. Retries what may pass; raises `Refused` for what will not."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return (await self.ask(result, Reward)).reward
            except Unreachable:
                if attempt >= tries:
                    raise
                pause_s = backoff_s(attempt)
            except Refused as refusal:
                if refusal.rc == "DuplicateGen" and attempt > 1:
                    return 0.0  # an earlier try arrived; what it earned was in the answer that got lost
                if refusal.status not in _RETRIED or attempt >= tries:
                    raise
                pause_s = refusal.retry_after_s or backoff_s(attempt)
            await self._sleep(pause_s)

    async def give_back(self, fault: HordeRequest) -> None:
        """Deliver a fault, with fewer tries."""
        await self.hand_in(fault, tries=FAULT_TRIES)

    async def send_pieces(self, pieces: GenerationPiecesRequest) -> GenerationPiecesResponse:
        """Tell what is there of a job. Raises `Refused` or `Unreachable`; trying again is the caller's decision."""
        return await self.ask(pieces, PiecesTaken)

    async def wanted_models(self, kind: MODEL_TYPE) -> list[tuple[str, int]]:
        """The models that requests of a kind wait for, the most wanted first, each with its jobs; some, at most."""
        # A worker that is busy never asks this.
        from horde_sdk.ai_horde_api.apimodels.status import HordeStatusModelsAllRequest, HordeStatusModelsAllResponse

        answer = await self.ask(HordeStatusModelsAllRequest(type=kind), HordeStatusModelsAllResponse)
        wanted = [
            (row.name, int(row.jobs))
            for row in answer
            if row.name and len(row.name) <= MAX_MODEL_CHARACTERS and row.jobs is not None and row.jobs >= 1
        ]
        return sorted(wanted, key=lambda one: -one[1])[:MOST_WANTED]

    async def ask(
        self, request: HordeRequest, expected: type[ResponseT], patience: LongPoll | None = None
    ) -> ResponseT:
        """The answer to any request of the SDK's. Raises `Refused` or `Unreachable`."""
        try:
            answer: ResponseT | RequestErrorResponse = await self._client.carry_out(
                lambda ask: ask(request, expected, patience)
            )
        except PayloadValidationError as refusal:
            raise _refusal(refusal.error_response, refusal.errors) from None
        except HordeConnectionError as error:
            cause = error.__cause__
            raise Unreachable(
                in_words(cause, _shown(self.url)) if isinstance(cause, Exception) else str(error)
            ) from error
        if isinstance(answer, RequestErrorResponse):
            raise _refusal(answer, {})
        return answer


def _shown(url: str) -> str:
    """Host and port of the horde."""
    return urlsplit(url).netloc.rpartition("@")[2]


def backoff_s(attempt: int) -> float:
    """Seconds to wait after the n-th failure in a row: 2, 4, 8 … 60, ± 20 %."""
    return float(min(2.0 ** min(attempt, 6), 60.0) * random.uniform(0.8, 1.2))


def _refusal(error: RequestErrorResponse, faults: Mapping[str, object]) -> Exception:
    """What an error answer means for the worker."""
    status = error.http_status or 0
    if status >= 500:
        return Unreachable(f"the horde answered {status}")
    if status < 300:
        return Unreachable("the answer is not what the API says")
    if status < 400:
        location = error.object_data.get("location") if isinstance(error.object_data, dict) else None
        return Unreachable(
            f"the horde answers {status} and points to {location!r}: not followed, the key would go along. "
            "If your horde has moved, give that address by --horde"
        )
    message = error.message
    if faults:
        told = islice(faults.items(), _MOST_ERRORS)
        message += ": " + "; ".join(f"{name[:100]}: {str(text)[:200]}" for name, text in told)
    seconds = min(error.retry_after_s, RETRY_AFTER_LIMIT_S)
    return Refused(
        status,
        "" if error.rc == "RC_MISSING" else error.rc[:100],
        message[:1000],
        seconds or None,
        next=_count_in(error, "next"),
        next_delta=_count_in(error, "next_delta"),
    )


def _count_in(error: RequestErrorResponse, name: str) -> int | None:
    found = (error.model_extra or {}).get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
