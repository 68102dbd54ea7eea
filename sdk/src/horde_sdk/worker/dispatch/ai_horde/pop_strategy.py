"""The pop strategy for image jobs of an AI Horde."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopRequest, ImageGenerateJobPopResponse
from horde_sdk.client_agent import default_bridge_agent_string
from horde_sdk.consts import KNOWN_DISPATCH_SOURCE, WORKER_TYPE
from horde_sdk.exceptions import AIHordeRequestError
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.worker.dispatch.ai_horde.bridge_data import ImageWorkerBridgeData
from horde_sdk.worker.dispatch.ai_horde.image.convert import (
    ImageConversionResult,
    convert_image_job_pop_response_to_parameters,
)
from horde_sdk.worker.dispatch.ai_horde.model_baselines import BaselineSource
from horde_sdk.worker.dispatch.pop_strategy import JobPopStrategyGeneric
from horde_sdk.worker.generations import ImageSingleGeneration
from horde_sdk.worker.jobs import ImageWorkerJob

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncClientSession, AIHordeAPIClientSession


class AIHordeImageWorkerJobPopStrategy(JobPopStrategyGeneric[ImageWorkerJob]):
    """Gets the image jobs that a worker's settings allow.

    Source images are fetched with the job, from wherever the horde says. Leaving the session's block gives back the
    jobs that nobody submitted.
    """

    def __init__(
        self,
        default_job_pop_time_spacing: float = 1.0,
        *,
        image_worker_bridge_data: ImageWorkerBridgeData,
        bridge_agent_string: str = default_bridge_agent_string,
        sync_client_session: AIHordeAPIClientSession | None = None,
        async_client_session: AIHordeAPIAsyncClientSession | None = None,
        model_reference_manager: BaselineSource,
    ) -> None:
        """Get jobs through one of the sessions.

        Args:
            default_job_pop_time_spacing: Seconds between one attempt and the next, at least.
            image_worker_bridge_data: The settings; instructions among the models must have been resolved.
            bridge_agent_string: The program, as `name:version:contact`.
            sync_client_session: For `pop_job`.
            async_client_session: For `async_pop_job`.
            model_reference_manager: What knows the baselines of models, see `find_baseline`.
        """
        super().__init__(default_job_pop_time_spacing)
        self._settings = image_worker_bridge_data
        self._bridge_agent = bridge_agent_string
        self._sync_session = sync_client_session
        self._async_session = async_client_session
        self._models = model_reference_manager
        self._conversions: WeakKeyDictionary[ImageWorkerJob, ImageConversionResult] = WeakKeyDictionary()

    def get_worker_type(self) -> WORKER_TYPE:
        return WORKER_TYPE.image

    def get_dispatch_source(self) -> KNOWN_DISPATCH_SOURCE:
        return KNOWN_DISPATCH_SOURCE.AI_HORDE_API_OFFICIAL

    def pop_request(self) -> ImageGenerateJobPopRequest:
        """Return what the horde is asked.

        Raises:
            ValueError: The settings name no model.
        """
        settings = self._settings
        models = [model for model in settings.image_models_to_load if model not in settings.image_models_to_skip]
        if not models:
            raise ValueError("the settings name no model; resolve meta_load_instructions into image_models_to_load")
        return ImageGenerateJobPopRequest(
            apikey=settings.api_key,
            name=settings.dreamer_worker_name,
            bridge_agent=self._bridge_agent,
            models=models,
            nsfw=settings.nsfw,
            amount=settings.max_batch,
            threads=settings.max_threads,
            max_pixels=settings.max_pixels,
            blacklist=settings.blacklist,
            priority_usernames=settings.priority_usernames,
            require_upfront_kudos=settings.require_upfront_kudos,
            allow_img2img=settings.allow_img2img,
            allow_painting=settings.allow_inpainting,
            allow_unsafe_ipaddr=settings.allow_unsafe_ip,
            allow_post_processing=settings.allow_post_processing,
            allow_controlnet=settings.allow_controlnet,
            allow_sdxl_controlnet=settings.allow_sdxl_controlnet,
            allow_lora=settings.allow_lora,
            extra_slow_worker=settings.extra_slow_worker,
            limit_max_steps=settings.limit_max_steps,
        )

    def conversion_of(self, job: ImageWorkerJob) -> ImageConversionResult:
        """Return what came with a job: where its images are uploaded to, and which faults are to be submitted.

        Raises:
            KeyError: The job is not from here.
        """
        return self._conversions[job]

    def pop_job(self) -> ImageWorkerJob | None:
        """Return a job, `None` if there is none. Waits for its turn.

        Raises:
            RuntimeError: There is no session for it.
            AIHordeRequestError: The horde refuses.
            ValueError: The settings name no model; or the job makes no sense, and was given back.
        """
        session = self._sync_session
        if session is None:
            raise RuntimeError("pop_job() wants a sync_client_session")
        request = self.pop_request()
        time.sleep(self.seconds_until_next_pop())
        self._note_pop()
        popped = _granted(session.submit_request(request, ImageGenerateJobPopResponse))
        if not popped.ids_present:
            return None
        if _names_urls(popped):
            asyncio.run(_fetch_sources(popped))
        try:
            return self._job(popped)
        except ValueError:
            for give_back in popped.get_follow_up_failure_cleanup_request():
                session.submit_request(give_back, give_back.get_default_success_response_type())
            raise

    async def async_pop_job(self) -> ImageWorkerJob | None:
        """Return a job, `None` if there is none. Waits for its turn.

        Raises:
            RuntimeError: There is no session for it.
            AIHordeRequestError: The horde refuses.
            ValueError: The settings name no model; or the job makes no sense, and was given back.
        """
        session = self._async_session
        if session is None:
            raise RuntimeError("async_pop_job() wants an async_client_session")
        request = self.pop_request()
        await asyncio.sleep(self.seconds_until_next_pop())
        self._note_pop()
        popped = _granted(await session.submit_request(request, ImageGenerateJobPopResponse))
        if not popped.ids_present:
            return None
        if _names_urls(popped):
            await _fetch_sources(popped)
        try:
            return self._job(popped)
        except ValueError:
            for give_back in popped.get_follow_up_failure_cleanup_request():
                await session.submit_request(give_back, give_back.get_default_success_response_type())
            raise

    def _job(self, popped: ImageGenerateJobPopResponse) -> ImageWorkerJob:
        conversion = convert_image_job_pop_response_to_parameters(popped, self._models)
        ids = [str(result_id) for result_id in conversion.dispatch_parameters.generation_ids]
        job = ImageWorkerJob(
            generation=ImageSingleGeneration(
                generation_parameters=conversion.generation_parameters, dispatch_result_ids=ids
            ),
            dispatch_job_id=ids[0],
        )
        self._conversions[job] = conversion
        return job


def _granted(answer: ImageGenerateJobPopResponse | RequestErrorResponse) -> ImageGenerateJobPopResponse:
    if isinstance(answer, RequestErrorResponse):
        raise AIHordeRequestError(answer)
    return answer


def _names_urls(popped: ImageGenerateJobPopResponse) -> bool:
    from horde_sdk.ai_horde_api.image_downloads import is_url

    images = [popped.source_image, popped.source_mask, *(entry.image for entry in popped.extra_source_images or ())]
    return any(image is not None and is_url(image) for image in images)


async def _fetch_sources(popped: ImageGenerateJobPopResponse) -> None:
    """Fetch what can be fetched; what cannot is noted as a fault when the job is converted."""
    import aiohttp

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(
            popped.async_download_source_image(session),
            popped.async_download_source_mask(session),
            popped.async_download_extra_source_images(session),
            return_exceptions=True,
        )
