"""Manual clients and sessions of an AI Horde: each request is the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckRequest, ImageGenerateCheckResponse
from horde_sdk.ai_horde_api.apimodels.generate.status import (
    DeleteImageGenerateRequest,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.base_clients import BaseAIHordeClient, ClientOptions, SessionOptions, horde_options
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_runs import expect
from horde_sdk.generic_api.generic_clients import (
    GenericAsyncHordeAPIManualClient,
    GenericAsyncHordeAPISession,
    GenericHordeAPIManualClient,
    GenericHordeAPISession,
)

if TYPE_CHECKING:
    import ssl

    import aiohttp

    from horde_sdk.generic_api.sync_transport import SyncTransport


class AIHordeAPIManualClient(GenericHordeAPIManualClient, BaseAIHordeClient):
    """Sends requests and returns answers; polling and cleaning up are left to you."""

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Prepare a client; nothing is sent. See `ClientOptions`."""
        super().__init__(**horde_options(options, client=self))

    def get_generate_check(self, gen_id: GenerationID) -> ImageGenerateCheckResponse:
        """Return how far an image request is.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return self._transport.carry_out(
            expect(self._ask, ImageGenerateCheckRequest(id=gen_id), ImageGenerateCheckResponse)
        )

    def get_generate_status(self, gen_id: GenerationID) -> ImageGenerateStatusResponse:
        """Return the images of a request that are finished.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return self._transport.carry_out(
            expect(self._ask, ImageGenerateStatusRequest(id=gen_id), ImageGenerateStatusResponse)
        )

    def delete_pending_image(self, gen_id: GenerationID) -> ImageGenerateStatusResponse:
        """Cancel an image request and return what was finished.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return self._transport.carry_out(
            expect(self._ask, DeleteImageGenerateRequest(id=gen_id), ImageGenerateStatusResponse)
        )


class AIHordeAPIAsyncManualClient(GenericAsyncHordeAPIManualClient, BaseAIHordeClient):
    """Sends requests and returns answers; polling and cleaning up are left to you."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession,
        *,
        ssl_context: ssl.SSLContext | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Prepare a client; nothing is sent. See `ClientOptions`."""
        super().__init__(aiohttp_session, ssl_context=ssl_context, **horde_options(options, client=self))

    async def get_generate_check(self, gen_id: GenerationID) -> ImageGenerateCheckResponse:
        """Return how far an image request is.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return await self._transport.carry_out(
            expect(self._ask, ImageGenerateCheckRequest(id=gen_id), ImageGenerateCheckResponse)
        )

    async def get_generate_status(self, gen_id: GenerationID) -> ImageGenerateStatusResponse:
        """Return the images of a request that are finished.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return await self._transport.carry_out(
            expect(self._ask, ImageGenerateStatusRequest(id=gen_id), ImageGenerateStatusResponse)
        )

    async def delete_pending_image(self, gen_id: GenerationID) -> ImageGenerateStatusResponse:
        """Cancel an image request and return what was finished.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return await self._transport.carry_out(
            expect(self._ask, DeleteImageGenerateRequest(id=gen_id), ImageGenerateStatusResponse)
        )


class AIHordeAPIClientSession(GenericHordeAPISession, BaseAIHordeClient):
    """A client that, on leaving its `with` block, cancels whatever was not fetched."""

    def __init__(self, *, transport: SyncTransport | None = None, **options: Unpack[ClientOptions]) -> None:
        """Prepare a session; nothing is sent. See `ClientOptions`."""
        super().__init__(transport=transport, **horde_options(options, client=self))


class AIHordeAPIAsyncClientSession(GenericAsyncHordeAPISession, BaseAIHordeClient):
    """A client that, on leaving its `async with` block, cancels whatever was not fetched."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession,
        ssl_context: ssl.SSLContext | None = None,
        apikey: str | None = None,
        **options: Unpack[SessionOptions],
    ) -> None:
        """Prepare a session; nothing is sent. See `ClientOptions`."""
        given: ClientOptions = {**options, "apikey": apikey}
        super().__init__(aiohttp_session, ssl_context=ssl_context, **horde_options(given, client=self))
