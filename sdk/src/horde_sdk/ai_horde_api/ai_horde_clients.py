"""The clients of an AI Horde, under the path that programs import them from."""

from horde_sdk.ai_horde_api.async_simple_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.base_clients import BaseAIHordeClient
from horde_sdk.ai_horde_api.base_simple_client import BaseAIHordeSimpleClient
from horde_sdk.ai_horde_api.image_downloads import (
    download_image_bytes,
    download_image_from_generation,
    download_image_from_url,
)
from horde_sdk.ai_horde_api.manual_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncManualClient,
    AIHordeAPIClientSession,
    AIHordeAPIManualClient,
)
from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

__all__ = [
    "AIHordeAPIAsyncClientSession",
    "AIHordeAPIAsyncManualClient",
    "AIHordeAPIAsyncSimpleClient",
    "AIHordeAPIClientSession",
    "AIHordeAPIManualClient",
    "AIHordeAPISimpleClient",
    "BaseAIHordeClient",
    "BaseAIHordeSimpleClient",
    "download_image_bytes",
    "download_image_from_generation",
    "download_image_from_url",
]
