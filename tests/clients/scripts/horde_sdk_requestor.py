"""Runs with a published horde_sdk: asks for pictures as its documents show, and tells what it got as JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from horde_sdk import ANON_API_KEY, RequestErrorResponse
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    FindUserRequest,
    HordePerformanceRequest,
    ImageGenerateAsyncRequest,
    ImageGenerationInputPayload,
)

try:
    from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS as SAMPLERS
except ImportError:  # before 0.20 they lay elsewhere
    from horde_sdk.ai_horde_api.consts import KNOWN_SAMPLERS as SAMPLERS


def wanted(n: int, **more: bool) -> ImageGenerateAsyncRequest:
    """A request for `n` pictures."""
    return ImageGenerateAsyncRequest(
        apikey=ANON_API_KEY,
        prompt="A cat in a hat",
        models=["Deliberate"],
        params=ImageGenerationInputPayload(width=512, height=512, sampler_name=SAMPLERS.k_euler, n=n),
        **more,
    )


def sync_pictures() -> list[str]:
    """One picture by the sync client, its progress watched; the files saved."""
    client = AIHordeAPISimpleClient()
    seen: list[bool] = []
    status, _ = client.image_generate_request(wanted(1), check_callback=lambda check: seen.append(check.done))
    assert seen, "no check reached the callback"
    return [save(client.download_image_from_generation(each), f"sync-{each.id_}") for each in status.generations]


async def async_pictures() -> list[str]:
    """Two pictures of one request by the async client; the files saved."""
    aiohttp_session = aiohttp.ClientSession()
    session = AIHordeAPIAsyncClientSession(aiohttp_session)
    async with aiohttp_session, session:
        client = AIHordeAPIAsyncSimpleClient(horde_client_session=session)
        status, _ = await client.image_generate_request(wanted(2))
        return [
            save((await client.download_image_from_generation(each))[0], f"async-{each.id_}")
            for each in status.generations
        ]


def answer(client: AIHordeAPIManualClient, request: Any) -> Any:
    """The parsed answer to any request of the SDK."""
    got = client.submit_request(request, request.get_default_success_response_type())
    assert not isinstance(got, RequestErrorResponse), got
    return got


def save(image: Any, name: str) -> str:
    """Save a Pillow image here; its file name."""
    image.save(f"{name}.webp")
    return f"{name}.webp"


def main() -> None:
    """Everything a requestor does, in the order of the documents."""
    client = AIHordeAPISimpleClient()
    manual = AIHordeAPIManualClient()
    workers = {worker.name: worker.id_ for worker in client.workers_all_details().root}
    result = {
        "sync": sync_pictures(),
        "async": asyncio.run(async_pictures()),
        "dry_run_kudos": client.image_generate_request_dry_run(wanted(1, dry_run=True)).kudos,
        "heartbeat": client.heartbeat_request().message,
        "models": [model.name for model in client.image_status_models_all().root],
        "workers": list(workers),
        "worker": client.worker_details(workers["household-demo"]).name,
        "user": answer(manual, FindUserRequest(apikey=ANON_API_KEY)).username,
        "image_workers": answer(manual, HordePerformanceRequest()).worker_count,
    }
    print(json.dumps(result))


main()
