"""Clients of any horde API: one set of rules, a synchronous and an asynchronous face."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from horde_sdk.client_agent import default_bridge_agent_string
from horde_sdk.consts import ANON_API_KEY
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generic_api.apimodels import HordeRequest, HordeResponseTypes, RequestErrorResponse
from horde_sdk.generic_api.argument_checks import (
    require_callable,
    require_request,
    require_response_type,
    require_seconds,
    require_session,
)
from horde_sdk.generic_api.asking import Procedure
from horde_sdk.generic_api.endpoints import url_with_path
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.metadata import GenericHeaderFields, GenericPathFields, GenericQueryFields
from horde_sdk.generic_api.pending import PendingFollowUp, PendingFollowUps, cleanup_or_none
from horde_sdk.generic_api.redirects import MOST_REDIRECTS, redirected
from horde_sdk.generic_api.retries import (
    DEFAULT_RETRY_STATUS_CODES,
    REPEATABLE_METHODS,
    Retry,
    RetryCallback,
    RetryConfiguration,
    was_turned_away,
)
from horde_sdk.generic_api.steps import Answer, Exchange, Pause, Steps, Streamed
from horde_sdk.generic_api.unknown_fields import warn_of_unknown_fields
from horde_sdk.generic_api.wire import Caller, ResponseT, to_exchange, to_response
from horde_sdk.horde_logging import logger

if TYPE_CHECKING:
    import ssl

    import aiohttp

    from horde_sdk.generic_api.async_transport import AsyncTransport
    from horde_sdk.generic_api.sync_transport import SyncTransport

__all__ = [
    "DEFAULT_RETRY_STATUS_CODES",
    "BaseHordeAPIClient",
    "GenericAsyncHordeAPIManualClient",
    "GenericAsyncHordeAPISession",
    "GenericHordeAPIManualClient",
    "GenericHordeAPISession",
    "RetryConfiguration",
]

# Names that programs know these by.
HordeRequestTypeVar = TypeVar("HordeRequestTypeVar", bound=HordeRequest)
HordeResponseTypeVar = TypeVar("HordeResponseTypeVar", bound=HordeResponseTypes)
_build_cleanup_requests_safely = cleanup_or_none

DEFAULT_TIMEOUT_S = 60.0
"""How long a silent server is waited for."""

CLEANUP_TIMEOUT_S = 15.0
"""How long a session's clean-up may take in all."""

T = TypeVar("T")


class BaseHordeAPIClient:
    """What every client knows and decides, whichever way it waits."""

    _transport: SyncTransport | AsyncTransport

    def __init__(
        self,
        *,
        apikey: str | None = None,
        base_url: str | None = None,
        client_agent: str = default_bridge_agent_string,
        header_fields: type[GenericHeaderFields] = GenericHeaderFields,
        path_fields: type[GenericPathFields] = GenericPathFields,
        query_fields: type[GenericQueryFields] = GenericQueryFields,
        retry_config: RetryConfiguration | None = None,
        on_retry: RetryCallback | None = None,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            apikey: Used by requests that carry none; default `AI_HORDE_DEV_APIKEY`, else anonymous.
            base_url: The API's base URL; default: what the request class says.
            client_agent: Who asks, as `name:version:contact`.
            header_fields: Which fields are headers.
            path_fields: Which fields fill the path.
            query_fields: Which fields go into the query.
            retry_config: How patient the client is.
            on_retry: Told before a call is tried again; what it raises ends the call.

        Raises:
            TypeError: An argument is of a wrong type.
        """
        for name, value, kind in (
            ("header_fields", header_fields, GenericHeaderFields),
            ("path_fields", path_fields, GenericPathFields),
            ("query_fields", query_fields, GenericQueryFields),
        ):
            if not (isinstance(value, type) and issubclass(value, kind)):
                raise TypeError(f"{name} must be {kind.__name__} or a class derived from it")
        if retry_config is not None and not isinstance(retry_config, RetryConfiguration):
            raise TypeError("retry_config must be a RetryConfiguration")
        require_callable(on_retry, "on_retry")
        self._on_retry = on_retry
        self.retry_config = retry_config or RetryConfiguration()
        self._caller = Caller(
            apikey=apikey or os.environ.get("AI_HORDE_DEV_APIKEY") or ANON_API_KEY,
            base_url=base_url,
            client_agent=client_agent,
            header_fields=header_fields,
            path_fields=path_fields,
            query_fields=query_fields,
        )
        self._chance: Callable[[], float] = random.random

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def should_retry(self, status_code: int, current_error_count: int, retry_after: float = 0.0) -> bool:
        """Tell whether a repeatable call is tried again after this status."""
        return current_error_count <= self.retry_config.max_retries and (
            status_code in self.retry_config.retry_status_codes or status_code >= 500
        )

    def exchange_for_events(
        self, path: str, query: Mapping[str, str], last_id: str = "", *, with_key: bool = False
    ) -> Exchange:
        """Return what asks for server-sent events.

        Args:
            path: Below the API's base URL.
            query: Of the URL.
            last_id: Of the last event that was heard.
            with_key: Whether the key is sent.
        """
        headers = {"Accept": "text/event-stream", "Client-Agent": self._caller.client_agent}
        if last_id:
            headers["Last-Event-ID"] = last_id
        if with_key:
            headers["apikey"] = (self._caller.apikey or "").strip() or ANON_API_KEY
        return Exchange("GET", url_with_path(base_url=self._caller.base_url or "", path=path), headers, query, None)

    def _ask(
        self,
        request: HordeRequest,
        expected: type[ResponseT],
        long_poll: LongPoll | None = None,
    ) -> Steps[ResponseT | RequestErrorResponse]:
        """Send a request, again where that is safe, and return the answer."""
        require_request(request, HordeRequest)
        require_response_type(expected)
        warn_of_unknown_fields(request)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s %s", type(request).__name__, request.log_safe_model_dump({"prompt"}))
        exchange = to_exchange(request, self._caller)
        if long_poll is not None:
            exchange = replace(exchange, headers={**exchange.headers, **long_poll.header()})
        answer: Answer = yield from self._send(exchange)
        if long_poll is not None:
            long_poll.note(answer.header("Preference-Applied"))
        response = to_response(answer, expected)
        # looked for in the class: whatever the server sent is an attribute of the answer
        note_origin = getattr(type(response), "note_origin", None)
        if note_origin is not None:
            note_origin(response, exchange.url)
        return response

    def _send(self, exchange: Exchange) -> Steps[Answer]:
        for _ in range(MOST_REDIRECTS):
            answer = yield from self._send_patiently(exchange)
            moved = redirected(exchange, answer)
            if moved is None:
                break
            exchange = moved
        return answer

    def _send_patiently(self, exchange: Exchange) -> Steps[Answer]:
        failures = 0
        repeatable = exchange.method in REPEATABLE_METHODS
        while True:
            try:
                answer: Answer = yield exchange
            except HordeConnectionError as error:
                failures += 1
                patient = repeatable and self.retry_config.retry_on_connection_errors
                if not patient or failures > self.retry_config.max_retries:
                    raise
                yield self._pause(exchange, error, self.retry_config.delay_s(failures, chance=self._chance))
                continue
            failures += 1
            may_repeat = repeatable or was_turned_away(answer)
            if not may_repeat or not self.should_retry(answer.status, failures):
                return answer
            delay_s = self.retry_config.delay_s(failures, answer.header("Retry-After"), chance=self._chance)
            yield self._pause(exchange, answer, delay_s)

    def _pause(self, exchange: Exchange, failure: Answer | HordeConnectionError, delay_s: float) -> Pause:
        """Return the pause before a call is tried again, having told of it."""
        reason = f"HTTP {failure.status}" if isinstance(failure, Answer) else failure
        logger.info("%s %s: %s, trying again in %.1f s", exchange.method, exchange.shown_url, reason, delay_s)
        if self._on_retry is not None:
            has_answered = self._transport.has_answered
            self._on_retry(Retry(exchange.method, exchange.shown_url, failure, delay_s, has_answered))
        return Pause(delay_s)

    def _clean_up(self, entry: PendingFollowUp) -> Steps[None]:
        """Tell the server that nobody will follow up; failures are logged, never raised."""
        for request in entry.cleanup:
            try:
                response = yield from self._ask(request, request.get_default_success_response_type())
            except Exception as error:  # noqa: BLE001 say an HTTP session that the program has closed already
                logger.critical("clean-up %s failed: %s", type(request).__name__, error)
                continue
            if isinstance(response, RequestErrorResponse):
                logger.critical("clean-up %s failed: %s", type(request).__name__, response.message)


class GenericHordeAPIManualClient(BaseHordeAPIClient):
    """Sends requests and returns answers; the caller polls and cleans up."""

    def __init__(
        self,
        *,
        timeout: float = DEFAULT_TIMEOUT_S,
        transport: SyncTransport | None = None,
        **kwargs: Any,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            timeout: Seconds that a silent server is waited for.
            transport: Carries out the steps; clients may share one.
            **kwargs: See `BaseHordeAPIClient`.
        """
        from horde_sdk.generic_api.sync_transport import SyncTransport

        require_seconds(timeout, "timeout")
        super().__init__(**kwargs)
        self._transport: SyncTransport = transport or SyncTransport(timeout_s=timeout)

    def carry_out(self, procedure: Procedure[T]) -> T:
        """Run a procedure that asks by this client, and return its result."""
        return self._transport.carry_out(procedure(self._ask))

    def stream(self, exchange: Exchange) -> AbstractContextManager[Streamed[Iterator[bytes]]]:
        """Send a request and read its answer as it comes; leaving the block closes the connection.

        Raises:
            HordeConnectionError: The horde could not be reached, or the connection broke.
        """
        return self._transport.stream(exchange)

    def submit_request(
        self,
        api_request: HordeRequest,
        expected_response_type: type[ResponseT],
    ) -> ResponseT | RequestErrorResponse:
        """Send a request and return the answer, or the server's error.

        Raises:
            PayloadValidationError: The server lists what is wrong with the payload.
            HordeConnectionError: The horde could not be reached.
            TypeError: Something else was given than a request and the class of its answer.
        """
        return self._transport.carry_out(self._ask(api_request, expected_response_type))


class GenericHordeAPISession(GenericHordeAPIManualClient):
    """A client that, on leaving its `with` block, cancels whatever was not fetched."""

    def __init__(self, **kwargs: Any) -> None:
        """Prepare a session, see `GenericHordeAPIManualClient`."""
        super().__init__(**kwargs)
        self._pending = PendingFollowUps()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: object) -> None:
        self._cancel_on_server(self._pending.take())

    def cancel_unfetched(self, answers: Iterable[object]) -> None:
        """Cancel on the server what these answers began and nobody fetched."""
        self._cancel_on_server(self._pending.take_those_of(answers))

    def _cancel_on_server(self, entries: list[PendingFollowUp]) -> None:
        self._transport.deadline_in(CLEANUP_TIMEOUT_S)
        try:
            for entry in entries:
                self._transport.carry_out(self._clean_up(entry))
        finally:
            self._transport.deadline_in(None)

    def _ask(
        self, request: HordeRequest, expected: type[ResponseT], long_poll: LongPoll | None = None
    ) -> Steps[ResponseT | RequestErrorResponse]:
        response = yield from super()._ask(request, expected, long_poll)
        self._pending.note(request, response)
        return response


class GenericAsyncHordeAPIManualClient(BaseHordeAPIClient):
    """Sends requests and returns answers; the caller polls and cleans up."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession,
        *,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        transport: AsyncTransport | None = None,
        **kwargs: Any,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            aiohttp_session: Carries the requests; the caller opens and closes it.
            ssl_context: TLS settings; default: Mozilla's certificates.
            timeout: Seconds that a silent server is waited for.
            transport: Carries out the steps, by default over `aiohttp_session`.
            **kwargs: See `BaseHordeAPIClient`.
        """
        from horde_sdk.generic_api.async_transport import AsyncTransport

        require_seconds(timeout, "timeout")
        require_session(aiohttp_session)
        super().__init__(**kwargs)
        self._aiohttp_session = aiohttp_session
        self._transport: AsyncTransport = transport or AsyncTransport(
            aiohttp_session, ssl_context=ssl_context, timeout_s=timeout
        )

    @property
    def transport(self) -> AsyncTransport:
        """What carries out this client's steps; others may work over it too."""
        return self._transport

    async def carry_out(self, procedure: Procedure[T]) -> T:
        """Run a procedure that asks by this client, and return its result."""
        return await self._transport.carry_out(procedure(self._ask))

    def stream(self, exchange: Exchange) -> AbstractAsyncContextManager[Streamed[AsyncIterator[bytes]]]:
        """Send a request and read its answer as it comes; leaving the block closes the connection.

        Raises:
            HordeConnectionError: The horde could not be reached, or the connection broke.
        """
        return self._transport.stream(exchange)

    async def submit_request(
        self,
        api_request: HordeRequest,
        expected_response_type: type[ResponseT],
    ) -> ResponseT | RequestErrorResponse:
        """Send a request and return the answer, or the server's error.

        Raises:
            PayloadValidationError: The server lists what is wrong with the payload.
            HordeConnectionError: The horde could not be reached.
            TypeError: Something else was given than a request and the class of its answer.
        """
        return await self._transport.carry_out(self._ask(api_request, expected_response_type))


class GenericAsyncHordeAPISession(GenericAsyncHordeAPIManualClient):
    """A client that, on leaving its `async with` block, cancels whatever was not fetched."""

    def __init__(self, aiohttp_session: aiohttp.ClientSession, **kwargs: Any) -> None:
        """Prepare a session, see `GenericAsyncHordeAPIManualClient`."""
        super().__init__(aiohttp_session, **kwargs)
        self._pending = PendingFollowUps()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: object,
    ) -> None:
        await self._cancel_on_server(self._pending.take())

    async def cancel_unfetched(self, answers: Iterable[object]) -> None:
        """Cancel on the server what these answers began and nobody fetched."""
        await self._cancel_on_server(self._pending.take_those_of(answers))

    async def _cancel_on_server(self, entries: list[PendingFollowUp]) -> None:
        await self._transport.carry_out_shielded(
            [self._clean_up(entry) for entry in entries],
            timeout_s=CLEANUP_TIMEOUT_S,
        )

    def _ask(
        self, request: HordeRequest, expected: type[ResponseT], long_poll: LongPoll | None = None
    ) -> Steps[ResponseT | RequestErrorResponse]:
        response = yield from super()._ask(request, expected, long_poll)
        self._pending.note(request, response)
        return response
