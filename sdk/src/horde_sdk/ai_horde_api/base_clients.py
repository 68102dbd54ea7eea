"""The options of all clients of an AI Horde: key, URL, patience."""

from __future__ import annotations

import os
from typing import Any, TypedDict

from horde_sdk.ai_horde_api.endpoints import ai_horde_base_url, base_url_of
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.generic_api.argument_checks import require_known_options
from horde_sdk.generic_api.retries import RetryCallback, RetryConfiguration
from horde_sdk.generic_api.wire import Caller


class ClientOptions(TypedDict, total=False):
    """What may be said when a client is made. All of it is optional.

    Attributes:
        apikey: Used by requests that carry none; default: see `apikey_of_environment`.
        base_url: The horde's URL; default `AI_HORDE_DEV_URL`, else `AI_HORDE_URL`, else the public horde.
        client_agent: Who asks, as `name:version:contact`.
        timeout: Seconds that a silent server is waited for.
        retry_config: How patient the client is.
        on_retry: Told before a call is tried again; what it raises ends the call.
    """

    apikey: str | None
    base_url: str | None
    client_agent: str
    timeout: float
    retry_config: RetryConfiguration | None
    on_retry: RetryCallback | None


class SessionOptions(TypedDict, total=False):
    """`ClientOptions` of classes that take the key as an argument of its own."""

    base_url: str | None
    client_agent: str
    timeout: float
    retry_config: RetryConfiguration | None
    on_retry: RetryCallback | None


def apikey_of_environment() -> str | None:
    """Return the key that the environment names: `AI_HORDE_DEV_APIKEY`, else `AI_HORDE_API_KEY`, else `HORDE_API_KEY`.

    The first is the name that the published library knows, the others are those of the command line.
    """
    names = ("AI_HORDE_DEV_APIKEY", "AI_HORDE_API_KEY", "HORDE_API_KEY")
    return next((key for name in names if (key := os.environ.get(name))), None)


def horde_options(options: ClientOptions | SessionOptions, *, client: object) -> dict[str, Any]:
    """Return the arguments for the generic clients; the environment is read now, not at import.

    Raises:
        TypeError: There is an option that clients do not have.
        ValueError: The base URL is none.
    """
    known = ClientOptions.__annotations__ | {"transport": None}
    require_known_options(options, known, type(client).__name__)
    url = options.get("base_url")
    return {
        **options,
        "apikey": options.get("apikey") or apikey_of_environment(),
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
