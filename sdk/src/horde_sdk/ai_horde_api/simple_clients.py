"""Simple clients of an AI Horde: one call, one result; polling, errors and clean-up are taken care of."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Unpack

from horde_sdk.ai_horde_api import image_downloads
from horde_sdk.ai_horde_api.apimodels.generate._async import (
    ImageGenerateAsyncDryRunResponse,
    ImageGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusResponse, ImageGeneration
from horde_sdk.ai_horde_api.base_clients import ClientOptions
from horde_sdk.ai_horde_api.consts import GENERATION_MAX_LIFE
from horde_sdk.ai_horde_api.fields import GenerationID, WorkerID
from horde_sdk.ai_horde_api.image_requests import (
    REASONABLE_MINIMUM_TIMEOUT_S,
    CheckCallback,
    ImageRequestRun,
    dry_run,
    expect,
    require_one_argument,
    valid_timeout_s,
)
from horde_sdk.ai_horde_api.manual_clients import AIHordeAPIAsyncClientSession, AIHordeAPIClientSession
from horde_sdk.generic_api.generic_clients import DEFAULT_TIMEOUT_S

if TYPE_CHECKING:
    import aiohttp
    from PIL.Image import Image

    from horde_sdk.ai_horde_api.apimodels.status import (
        AIHordeHeartbeatResponse,
        HordePerformanceResponse,
        HordeStatusModelsAllResponse,
        HordeStatusModelsSingleResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse
    from horde_sdk.ai_horde_api.apimodels.workers.workers import (
        AllWorkersDetailsResponse,
        SingleWorkerDetailsResponse,
    )
    from horde_sdk.generic_api.apimodels import HordeRequest
    from horde_sdk.generic_api.wire import ResponseT

POLL_INTERVAL_S = 4.0


class BaseAIHordeSimpleClient:
    """What both simple clients know."""

    reasonable_minimum_timeout = REASONABLE_MINIMUM_TIMEOUT_S
    """Seconds; less is rarely enough."""

    def __init__(self, *, poll_interval: float = POLL_INTERVAL_S) -> None:
        """Prepare a client.

        Args:
            poll_interval: Seconds between two looks at a request.
        """
        self._poll_interval_s = poll_interval
        self._clock: Callable[[], float] = time.monotonic

    def validate_timeout(self, timeout: int, log_message: bool = False) -> int:
        """Return the seconds to wait at most: none or too many become the longest life of a request."""
        return int(valid_timeout_s(timeout, log_message=log_message))

    def _run(
        self,
        request: ImageGenerateAsyncRequest,
        timeout: float,
        callback: CheckCallback | None,
        delay_s: float = 0.0,
    ) -> ImageRequestRun:
        require_one_argument(callback)
        return ImageRequestRun(
            request=request,
            timeout_s=valid_timeout_s(timeout, log_message=True),
            poll_interval_s=self._poll_interval_s,
            clock=self._clock,
            callback=callback,
            delay_s=delay_s,
        )


class AIHordeAPISimpleClient(BaseAIHordeSimpleClient):
    """The easiest way to ask a horde. Threads may share one."""

    def __init__(self, *, poll_interval: float = POLL_INTERVAL_S, **options: Unpack[ClientOptions]) -> None:
        """Prepare a client; nothing is sent.

        Args:
            poll_interval: Seconds between two looks at a request.
            **options: See `ClientOptions`.
        """
        from horde_sdk.generic_api.sync_transport import SyncTransport

        super().__init__(poll_interval=poll_interval)
        self._options = options
        self._transport = SyncTransport(timeout_s=options.get("timeout", DEFAULT_TIMEOUT_S))

    def image_generate_request(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: CheckCallback | None = None,
    ) -> tuple[ImageGenerateStatusResponse, GenerationID]:
        """Ask for images, wait for them and return them. Whatever cuts the wait short cancels the request.

        Args:
            image_gen_request: What to make.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
            ValueError: The callback takes no argument.
        """
        run = self._run(image_gen_request, timeout, check_callback)
        with self._session() as session:
            return self._transport.carry_out(run.steps(session._ask))

    def image_generate_request_dry_run(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
    ) -> ImageGenerateAsyncDryRunResponse:
        """Return what a request with `dry_run=True` would cost.

        Raises:
            RuntimeError: The request does not say `dry_run=True`.
            AIHordeRequestError: The server answered with an error.
        """
        with self._session() as session:
            return self._transport.carry_out(dry_run(session._ask, image_gen_request))

    def download_image_from_generation(self, generation: ImageGeneration) -> Image:
        """Return the picture of a generation.

        Raises:
            ValueError: It has none.
            requests.HTTPError: It could not be fetched.
        """
        return image_downloads.open_image(self.download_bytes_from_generation(generation))

    def download_bytes_from_generation(self, generation: ImageGeneration) -> bytes:
        """Return the image file of a generation as the worker made it."""
        return image_downloads.generation_bytes(generation, session=self._transport.session)

    def download_image_from_url(self, url: str) -> Image:
        """Return the picture at a URL.

        Raises:
            requests.HTTPError: It could not be fetched.
        """
        content = image_downloads.download_image_bytes(url, session=self._transport.session)
        return image_downloads.open_image(content.getvalue())

    def heartbeat_request(self) -> AIHordeHeartbeatResponse:
        """Return the horde's version; raises where it is not alive."""
        from horde_sdk.ai_horde_api.apimodels.status import AIHordeHeartbeatRequest, AIHordeHeartbeatResponse

        return self._fetch(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)

    def performance(self) -> HordePerformanceResponse:
        """Return how busy the horde is."""
        from horde_sdk.ai_horde_api.apimodels.status import HordePerformanceRequest, HordePerformanceResponse

        return self._fetch(HordePerformanceRequest(), HordePerformanceResponse)

    def image_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the models that workers serve."""
        from horde_sdk.ai_horde_api.apimodels.status import HordeStatusModelsAllRequest, HordeStatusModelsAllResponse

        return self._fetch(HordeStatusModelsAllRequest(), HordeStatusModelsAllResponse)

    def image_status_models_single(self, model_name: str) -> HordeStatusModelsSingleResponse:
        """Return one model."""
        from horde_sdk.ai_horde_api.apimodels.status import (
            HordeStatusModelsSingleRequest,
            HordeStatusModelsSingleResponse,
        )

        return self._fetch(HordeStatusModelsSingleRequest(model_name=model_name), HordeStatusModelsSingleResponse)

    def workers_all_details(
        self,
        worker_name: str | None = None,
        *,
        api_key: str | None = None,
    ) -> AllWorkersDetailsResponse:
        """Return the workers that were seen lately, or those of a name."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            AllWorkersDetailsRequest,
            AllWorkersDetailsResponse,
        )

        request = AllWorkersDetailsRequest.model_validate({"name": worker_name, **_key(api_key)})
        return self._fetch(request, AllWorkersDetailsResponse)

    def worker_details(
        self,
        worker_id: WorkerID | str,
        *,
        api_key: str | None = None,
    ) -> SingleWorkerDetailsResponse:
        """Return one worker."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            SingleWorkerDetailsRequest,
            SingleWorkerDetailsResponse,
        )

        request = SingleWorkerDetailsRequest.model_validate({"worker_id": worker_id, **_key(api_key)})
        return self._fetch(request, SingleWorkerDetailsResponse)

    def worker_details_by_name(self, worker_name: str, *, api_key: str | None = None) -> SingleWorkerDetailsResponse:
        """Return one worker, by name."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            SingleWorkerDetailsResponse,
            SingleWorkerNameDetailsRequest,
        )

        request = SingleWorkerNameDetailsRequest.model_validate({"worker_name": worker_name, **_key(api_key)})
        return self._fetch(request, SingleWorkerDetailsResponse)

    def find_user(self) -> UserDetailsResponse:
        """Return the owner of the client's key."""
        from horde_sdk.ai_horde_api.apimodels.find_user import FindUserRequest
        from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse

        return self._fetch(FindUserRequest(), UserDetailsResponse)

    def _fetch(self, request: HordeRequest, expected: type[ResponseT]) -> ResponseT:
        with self._session() as session:
            return self._transport.carry_out(expect(session._ask, request, expected))

    def _session(self) -> AIHordeAPIClientSession:
        return AIHordeAPIClientSession(transport=self._transport, **self._options)


class AIHordeAPIAsyncSimpleClient(BaseAIHordeSimpleClient):
    """The easiest way to ask a horde from asyncio. Any number of calls may run at once."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession | None = None,
        horde_client_session: AIHordeAPIAsyncClientSession | None = None,
        apikey: str | None = None,
        *,
        poll_interval: float = POLL_INTERVAL_S,
    ) -> None:
        """Prepare a client on one of the two sessions; nothing is sent.

        Args:
            aiohttp_session: Carries the requests; the caller opens and closes it.
            horde_client_session: A session to work through; it decides about key and URL.
            apikey: Used with `aiohttp_session`.
            poll_interval: Seconds between two looks at a request.

        Raises:
            RuntimeError: Neither session was given, or two that do not belong together.
        """
        super().__init__(poll_interval=poll_interval)
        if horde_client_session is None:
            if aiohttp_session is None:
                raise RuntimeError("give the client an aiohttp_session or a horde_client_session")
            horde_client_session = AIHordeAPIAsyncClientSession(aiohttp_session, apikey=apikey)
        elif aiohttp_session is not None and horde_client_session._aiohttp_session is not aiohttp_session:
            raise RuntimeError("horde_client_session works over another aiohttp_session than the one given")
        self._session = horde_client_session
        self._transport = horde_client_session._transport

    async def image_generate_request(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: CheckCallback | None = None,
        delay: float = 0.0,
    ) -> tuple[ImageGenerateStatusResponse, GenerationID]:
        """Ask for images, wait for them and return them. Whatever cuts the wait short cancels the request.

        Args:
            image_gen_request: What to make.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer; may be a coroutine function.
            delay: Seconds to wait first.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
            ValueError: The callback takes no argument.
        """
        run = self._run(image_gen_request, timeout, check_callback, delay)
        try:
            return await self._transport.carry_out(run.steps(self._session._ask))
        except BaseException:
            if run.accepted is not None:
                await self._session._cancel_on_server(self._session._pending.take(run.accepted))
            raise

    async def image_generate_request_dry_run(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
    ) -> ImageGenerateAsyncDryRunResponse:
        """Return what a request with `dry_run=True` would cost.

        Raises:
            RuntimeError: The request does not say `dry_run=True`.
            AIHordeRequestError: The server answered with an error.
        """
        return await self._transport.carry_out(dry_run(self._session._ask, image_gen_request))

    async def download_image_from_generation(self, generation: ImageGeneration) -> tuple[Image, GenerationID]:
        """Return the picture of a generation, and its id.

        Raises:
            ValueError: It has none.
            aiohttp.ClientResponseError: It could not be fetched.
        """
        if generation.img and image_downloads.is_url(generation.img):
            return await self.download_image_from_url(generation.img), generation.id_
        return image_downloads.open_image(image_downloads.bytes_of_base64(generation.img)), generation.id_

    async def download_image_from_url(self, url: str) -> Image:
        """Return the picture at a URL.

        Raises:
            aiohttp.ClientResponseError: It could not be fetched.
        """
        return image_downloads.open_image(await image_downloads.fetch_image_bytes(url, self._transport))

    async def heartbeat_request(self) -> AIHordeHeartbeatResponse:
        """Return the horde's version; raises where it is not alive."""
        from horde_sdk.ai_horde_api.apimodels.status import AIHordeHeartbeatRequest, AIHordeHeartbeatResponse

        return await self._fetch(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)

    async def performance(self) -> HordePerformanceResponse:
        """Return how busy the horde is."""
        from horde_sdk.ai_horde_api.apimodels.status import HordePerformanceRequest, HordePerformanceResponse

        return await self._fetch(HordePerformanceRequest(), HordePerformanceResponse)

    async def image_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the models that workers serve."""
        from horde_sdk.ai_horde_api.apimodels.status import HordeStatusModelsAllRequest, HordeStatusModelsAllResponse

        return await self._fetch(HordeStatusModelsAllRequest(), HordeStatusModelsAllResponse)

    async def image_status_models_single(self, model_name: str) -> HordeStatusModelsSingleResponse:
        """Return one model."""
        from horde_sdk.ai_horde_api.apimodels.status import (
            HordeStatusModelsSingleRequest,
            HordeStatusModelsSingleResponse,
        )

        return await self._fetch(HordeStatusModelsSingleRequest(model_name=model_name), HordeStatusModelsSingleResponse)

    async def workers_all_details(
        self,
        worker_name: str | None = None,
        *,
        api_key: str | None = None,
    ) -> AllWorkersDetailsResponse:
        """Return the workers that were seen lately, or those of a name."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            AllWorkersDetailsRequest,
            AllWorkersDetailsResponse,
        )

        request = AllWorkersDetailsRequest.model_validate({"name": worker_name, **_key(api_key)})
        return await self._fetch(request, AllWorkersDetailsResponse)

    async def worker_details(
        self,
        worker_id: WorkerID | str,
        *,
        api_key: str | None = None,
    ) -> SingleWorkerDetailsResponse:
        """Return one worker."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            SingleWorkerDetailsRequest,
            SingleWorkerDetailsResponse,
        )

        request = SingleWorkerDetailsRequest.model_validate({"worker_id": worker_id, **_key(api_key)})
        return await self._fetch(request, SingleWorkerDetailsResponse)

    async def worker_details_by_name(
        self,
        worker_name: str,
        *,
        api_key: str | None = None,
    ) -> SingleWorkerDetailsResponse:
        """Return one worker, by name."""
        from horde_sdk.ai_horde_api.apimodels.workers.workers import (
            SingleWorkerDetailsResponse,
            SingleWorkerNameDetailsRequest,
        )

        request = SingleWorkerNameDetailsRequest.model_validate({"worker_name": worker_name, **_key(api_key)})
        return await self._fetch(request, SingleWorkerDetailsResponse)

    async def find_user(self) -> UserDetailsResponse:
        """Return the owner of the client's key."""
        from horde_sdk.ai_horde_api.apimodels.find_user import FindUserRequest
        from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse

        return await self._fetch(FindUserRequest(), UserDetailsResponse)

    async def _fetch(self, request: HordeRequest, expected: type[ResponseT]) -> ResponseT:
        return await self._transport.carry_out(expect(self._session._ask, request, expected))


def _key(api_key: str | None) -> dict[str, str]:
    """Leave the key out where none is given, so that the client's own is used."""
    return {} if api_key is None else {"apikey": api_key}
