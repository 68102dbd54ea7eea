"""A program that uses the library: it is only type-checked (`make lint`), strictly, as its users check theirs."""

from __future__ import annotations

import asyncio

import aiohttp

from horde_sdk import ANON_API_KEY, RequestErrorResponse
from horde_sdk.ai_horde_api import AIHordeAPIManualClient
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AllWorkersDetailsRequest,
    CreateTeamRequest,
    DeleteTeamRequest,
    FiltersListRequest,
    ImageGenerateAsyncRequest,
    ImageGenerateCheckRequest,
    ImageGenerateCheckResponse,
    ImageGenerationInputPayload,
    LorasPayloadEntry,
    NewsResponse,
    TextGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import KNOWN_SERVICE, ServiceInfo, get_known_service_info
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS


def progress(check: ImageGenerateCheckResponse) -> None:
    print(check.queue_position)


client = AIHordeAPISimpleClient()
status, job_id = client.image_generate_request(
    ImageGenerateAsyncRequest(
        apikey=ANON_API_KEY,
        prompt="a cat",
        models=["Deliberate"],
        params=ImageGenerationInputPayload(
            width=512, height=512, sampler_name=KNOWN_IMAGE_SAMPLERS.k_euler, loras=[LorasPayloadEntry(name="x")]
        ),
    ),
    check_callback=progress,
)
for generation in status.generations:
    image = client.download_image_from_generation(generation)
    image.save("x.webp")

manual = AIHordeAPIManualClient()
answer = manual.submit_request(DeleteTeamRequest(team_id="x"), DeleteTeamRequest.get_default_success_response_type())
if isinstance(answer, RequestErrorResponse):
    raise RuntimeError(answer.message)
reveal = answer.deleted_name
made = manual.submit_request(CreateTeamRequest(name="n"), CreateTeamRequest.get_default_success_response_type())
news: NewsResponse = client.get_news()
for piece in news:
    print(piece.title)
info: ServiceInfo = get_known_service_info(KNOWN_SERVICE.AI_HORDE)
filters = manual.submit_request(
    FiltersListRequest(filter_type=10), FiltersListRequest.get_default_success_response_type()
)
check = ImageGenerateCheckRequest(id=GenerationID("00000000-0000-0000-0000-000000000000"))


async def main() -> None:
    async with aiohttp.ClientSession() as web:
        simple = AIHordeAPIAsyncSimpleClient(aiohttp_session=web)
        text, text_id = await simple.text_generate_request(TextGenerateAsyncRequest(prompt="p", models=[]))
        print(text.generations[0].text, text_id, await simple.get_news())


with AIHordeAPIClientSession() as session:
    session.submit_request(AllWorkersDetailsRequest(), AllWorkersDetailsRequest.get_default_success_response_type())
asyncio.run(main())
