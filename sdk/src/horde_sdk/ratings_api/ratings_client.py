"""Clients of the ratings API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from horde_sdk.generic_api.argument_checks import require_known_options
from horde_sdk.generic_api.generic_clients import GenericAsyncHordeAPIManualClient, GenericHordeAPIManualClient
from horde_sdk.generic_api.retries import RetryConfiguration
from horde_sdk.ratings_api.metadata import RatingsAPIPathFields, RatingsAPIQueryFields

if TYPE_CHECKING:
    import ssl

    import aiohttp

__all__ = ["RatingsAPIAsyncClient", "RatingsAPIClient"]


class RatingsClientOptions(TypedDict, total=False):
    """What may be said when a client is made. All of it is optional.

    Attributes:
        apikey: Used by requests that carry none; default `AI_HORDE_DEV_APIKEY`, else anonymous.
        base_url: The API's base URL; default `RATINGS_DEV_URL`, else `RATINGS_URL`, else the public service.
        client_agent: Who asks, as `name:version:contact`.
        timeout: Seconds that a silent server is waited for.
        retry_config: How patient the client is.
    """

    apikey: str | None
    base_url: str | None
    client_agent: str
    timeout: float
    retry_config: RetryConfiguration | None


def _with_fields(options: RatingsClientOptions, client: object) -> dict[str, Any]:
    require_known_options(options, RatingsClientOptions.__annotations__, type(client).__name__)
    return {**options, "path_fields": RatingsAPIPathFields, "query_fields": RatingsAPIQueryFields}


class RatingsAPIClient(GenericHordeAPIManualClient):
    """Sends ratings requests and returns the answers.

    Example:
        ```python
        client = RatingsAPIClient(apikey="…")
        request = UserCheckRequest(user_id="1", minutes=60, divergence=3)
        answer = client.submit_request(request, request.get_default_success_response_type())
        ```
    """

    def __init__(self, **options: Unpack[RatingsClientOptions]) -> None:
        """Prepare a client; nothing is sent. See `RatingsClientOptions`."""
        super().__init__(**_with_fields(options, self))


class RatingsAPIAsyncClient(GenericAsyncHordeAPIManualClient):
    """Sends ratings requests and returns the answers."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession,
        *,
        ssl_context: ssl.SSLContext | None = None,
        **options: Unpack[RatingsClientOptions],
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            aiohttp_session: Carries the requests; the caller opens and closes it.
            ssl_context: TLS settings; default: Mozilla's certificates.
            **options: See `RatingsClientOptions`.
        """
        super().__init__(aiohttp_session, ssl_context=ssl_context, **_with_fields(options, self))
