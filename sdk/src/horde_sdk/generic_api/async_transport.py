"""The transport of asynchronous clients: carries out steps on asyncio over an `aiohttp` session."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from horde_sdk.exceptions import HordeConnectionError, HordeTimeoutError
from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.connection_failures import connection_error
from horde_sdk.generic_api.steps import Answer, Exchange, Pause, Step, Steps, Streamed, Tell
from horde_sdk.horde_logging import logger

if TYPE_CHECKING:
    import ssl

    import aiohttp

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0
PIECE_BYTES = 2**16

ANSWER_AFTER_CANCEL_S = 5.0
"""How long a cancelled task waits for the answer to a POST that is already under way."""


class AsyncTransport:
    """A borrowed aiohttp session and a way to wait."""

    def __init__(
        self,
        aiohttp_session: aiohttp.ClientSession,
        *,
        ssl_context: ssl.SSLContext | None,
        timeout_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        largest_answer_bytes: int | None = None,
        longest_answer_s: float | None = None,
        answer_after_cancel_s: float = ANSWER_AFTER_CANCEL_S,
    ) -> None:
        """Prepare.

        Args:
            aiohttp_session: Opened and closed by the caller.
            ssl_context: TLS settings; default: Mozilla's certificates.
            timeout_s: Seconds that a silent server is waited for.
            sleep: How to wait.
            largest_answer_bytes: What is larger is no answer; default: `bounds.LARGEST_ANSWER_BYTES`.
            longest_answer_s: From the question to the last byte, unless `timeout_s` is longer; default:
                `bounds.LONGEST_ANSWER_S`.
            answer_after_cancel_s: How long a cancelled task waits for the answer to a POST that is under way.
        """
        self.aiohttp_session = aiohttp_session
        self._ssl_context = ssl_context
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._largest_answer_bytes = largest_answer_bytes
        self._longest_answer_s = longest_answer_s
        self._answer_after_cancel_s = answer_after_cancel_s
        self.has_answered = False
        """Whether any request was answered so far."""

    @property
    def timeout_s(self) -> float:
        """Seconds that a silent server is waited for."""
        return self._timeout_s

    def tls_for(self, url: str) -> ssl.SSLContext | bool:
        """Return the TLS settings for a URL; plain HTTP needs none, and making them takes time."""
        if not url.startswith("https:"):
            return True
        if self._ssl_context is None:
            from horde_sdk.tls import default_ssl_context

            self._ssl_context = default_ssl_context()
        return self._ssl_context

    async def carry_out(self, steps: Steps[T]) -> T:
        """Run a procedure to its end and return its result."""
        outcome: object = None
        failure: Exception | None = None
        try:
            while True:
                step = steps.throw(failure) if failure else steps.send(outcome)
                outcome, failure = None, None
                try:
                    if isinstance(step, Exchange) and step.method == "POST":
                        outcome = await self._send_to_the_end(step, steps)
                    else:
                        outcome = await self._do(step)
                except Exception as error:  # noqa: BLE001 it is thrown into the procedure
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()

    async def _send_to_the_end(self, exchange: Exchange, steps: Steps[T]) -> Answer:
        """Send a POST; when the task is cancelled meanwhile, the procedure still learns of the answer.

        Otherwise nobody would know the id of a request that the server just accepted, and it could not be cancelled.
        """
        sending = asyncio.ensure_future(self._send(exchange))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            with suppress(asyncio.CancelledError):  # who cancels twice waits no longer, but leaves no request behind
                waiting = asyncio.ensure_future(asyncio.wait([sending], timeout=self._answer_after_cancel_s))
                await finish_despite_cancellation(waiting)
            if not sending.done():
                sending.cancel()
            elif not sending.cancelled() and sending.exception() is None:
                with suppress(StopIteration, Exception):
                    steps.send(sending.result())
            raise

    async def carry_out_shielded(self, procedures: Sequence[Steps[None]], *, timeout_s: float) -> None:
        """Run procedures at once, to their end although the calling task is cancelled, but not beyond a time."""
        if not procedures:
            return

        async def all_of_them() -> None:
            try:
                async with asyncio.timeout(timeout_s), asyncio.TaskGroup() as group:
                    for steps in procedures:
                        group.create_task(self.carry_out(steps))
            except TimeoutError:
                logger.critical("clean-up took longer than %s s and was given up", timeout_s)

        await finish_despite_cancellation(asyncio.ensure_future(all_of_them()))

    async def _do(self, step: Step) -> object:
        match step:
            case Exchange():
                return await self._send(step)
            case Pause():
                await self._sleep(step.seconds)
                return None
            case Tell():
                said = step.callback(step.news)
                return await said if inspect.isawaitable(said) else said

    async def _send(self, exchange: Exchange) -> Answer:
        import aiohttp

        longest_s = max(self._longest_answer_s or bounds.LONGEST_ANSWER_S, self._timeout_s)
        timeout = aiohttp.ClientTimeout(longest_s, sock_read=self._timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        collected = bounds.Collected(self._largest_answer_bytes or bounds.LARGEST_ANSWER_BYTES, longest_s)
        try:
            async with self.aiohttp_session.request(
                exchange.method,
                exchange.url,
                headers=dict(exchange.headers),
                params=dict(exchange.query),
                data=exchange.body,
                allow_redirects=False,
                ssl=self.tls_for(exchange.url),
                timeout=timeout,
            ) as answer:
                body = await collected.read_async(answer.content.iter_chunked(PIECE_BYTES))
                self.has_answered = True
                return Answer(status=answer.status, headers=dict(answer.headers), body=body)
        except bounds.AnswerOutOfBoundsError as error:
            raise HordeConnectionError(f"{exchange.shown_url}: {error}") from None
        except TimeoutError as error:
            raise HordeTimeoutError(
                f"{exchange.shown_url} did not answer in time ({type(error).__name__})"
            ) from exchange.cause(error)
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(exchange, error) from exchange.cause(error)

    @asynccontextmanager
    async def stream(self, exchange: Exchange) -> AsyncIterator[Streamed[AsyncIterator[bytes]]]:
        """Send a request and read its answer as it comes; leaving the block closes the connection.

        Raises:
            HordeConnectionError: The horde could not be reached, or the connection broke.
        """
        import aiohttp

        timeout = aiohttp.ClientTimeout(None, sock_read=self._timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        try:
            async with self.aiohttp_session.request(
                exchange.method,
                exchange.url,
                headers=dict(exchange.headers),
                params=dict(exchange.query),
                data=exchange.body,
                allow_redirects=False,
                ssl=self.tls_for(exchange.url),
                timeout=timeout,
            ) as answer:
                self.has_answered = True
                yield Streamed(answer.status, dict(answer.headers), answer.content.iter_any())
        except bounds.AnswerOutOfBoundsError as error:
            raise HordeConnectionError(f"{exchange.shown_url}: {error}") from None
        except TimeoutError as error:
            raise HordeTimeoutError(f"{exchange.shown_url} did not answer in time") from exchange.cause(error)
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(exchange, error) from exchange.cause(error)


async def finish_despite_cancellation(work: asyncio.Future[T]) -> T:
    """Wait for `work`; a cancellation of the calling task takes effect once it is finished."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError as error:
            if work.cancelled():
                raise
            cancelled = error
        except Exception:  # noqa: BLE001 `result` raises it again
            break
    if cancelled is not None:
        work.exception()
        raise cancelled
    return work.result()
