"""Runs with a published horde_sdk: asks for alchemy as its documents show, and tells what it got as JSON.

Arguments: the analyses to ask for. `my_image.webp` lies in the folder.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path
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
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    AlchemyDeleteRequest,
)

try:
    from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
except ImportError:  # before 0.20 they lay elsewhere
    from horde_sdk.ai_horde_api.consts import KNOWN_ALCHEMY_TYPES


def wanted(*forms: KNOWN_ALCHEMY_TYPES) -> AlchemyAsyncRequest:
    """A request for work on the picture."""
    return AlchemyAsyncRequest(
        apikey=ANON_API_KEY,
        forms=[AlchemyAsyncRequestFormItem(name=form) for form in forms],
        source_image=base64.b64encode(Path("my_image.webp").read_bytes()).decode(),
    )


def analysed() -> dict[str, Any]:
    """The analyses, by the sync client, its progress watched."""
    seen: list[str] = []
    status, _ = AIHordeAPISimpleClient().alchemy_request(
        wanted(*map(KNOWN_ALCHEMY_TYPES, sys.argv[1:])),
        check_callback=lambda status: seen.append(str(status.state)),
    )
    assert seen, "no look reached the callback"
    return {
        "state": str(status.state),
        "captions": [one.caption for one in status.all_caption_results],
        "nsfw": [one.nsfw for one in status.all_nsfw_results],
        "tags": [[item.text for item in one.tags] for one in status.all_interrogation_results],
        "drawings": [one.vectorize for one in getattr(status, "all_vectorize_results", [])],
    }


async def upscaled() -> list[str]:
    """The picture, larger, by the async client; the files saved."""
    aiohttp_session = aiohttp.ClientSession()
    session = AIHordeAPIAsyncClientSession(aiohttp_session)
    async with aiohttp_session, session:
        client = AIHordeAPIAsyncSimpleClient(horde_client_session=session)
        status, request_id = await client.alchemy_request(wanted(KNOWN_ALCHEMY_TYPES.RealESRGAN_x2plus))
        saved = []
        for one in status.all_upscale_results:
            image = await client.download_image_from_url(one.url)
            image.save(f"{request_id}.webp")
            saved.append(f"{request_id}.webp")
        return saved


def answer(client: AIHordeAPIManualClient, request: Any) -> Any:
    """The parsed answer to any request of the SDK."""
    got = client.submit_request(request, request.get_default_success_response_type())
    assert not isinstance(got, RequestErrorResponse), got
    return got


def cancelled() -> list[str]:
    """States of a request that nobody serves, after its cancellation."""
    manual = AIHordeAPIManualClient()
    asked = answer(manual, wanted(KNOWN_ALCHEMY_TYPES.GFPGAN))
    status = answer(manual, AlchemyDeleteRequest(id=asked.id_))
    return [str(form.state) for form in status.forms]


def main() -> None:
    """Everything alchemy has for a requestor."""
    result = {"analysed": analysed(), "upscaled": asyncio.run(upscaled()), "cancelled": cancelled()}
    print(json.dumps(result))


main()
