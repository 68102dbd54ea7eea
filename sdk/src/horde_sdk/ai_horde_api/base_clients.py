"""What all clients of an AI Horde have in common."""

from __future__ import annotations

from typing import Any, TypedDict

from horde_sdk.ai_horde_api.endpoints import ai_horde_base_url, base_url_of
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.generic_api.retries import RetryConfiguration
from horde_sdk.generic_api.wire import Caller


class ClientOptions(TypedDict, total=False):
    """What may be said when a client is made. All of it is optional.

    Attributes:
        apikey: Used by requests that carry none; default `AI_HORDE_DEV_APIKEY`, else anonymous.
        base_url: The horde's URL; default `AI_HORDE_DEV_URL`, else `AI_HORDE_URL`, else the public horde.
        client_agent: Who asks, as `name:version:contact`.
        timeout: Seconds that a silent server is waited for.
        retry_config: How patient the client is.
    """

    apikey: str | None
    base_url: str | None
    client_agent: str
    timeout: float
    retry_config: RetryConfiguration | None


class SessionOptions(TypedDict, total=False):
    """`ClientOptions` of classes that take the key as an argument of its own."""

    base_url: str | None
    client_agent: str
    timeout: float
    retry_config: RetryConfiguration | None


def horde_options(options: ClientOptions | SessionOptions) -> dict[str, Any]:
    """Return the arguments for the generic clients; the environment is read now, not at import."""
    url = options.get("base_url")
    return {
        **options,
        "base_url": base_url_of(url) if url else ai_horde_base_url(),
        "path_fields": AIHordePathData,
        "query_fields": AIHordeQueryData,
    }


class BaseAIHordeClient:
    """A client of an AI Horde."""

    _caller: Caller

    @property
    def base_url(self) -> str:
        """The API's base URL, with a slash at its end."""
        return self._caller.base_url or ai_horde_base_url()
