"""The transport of synchronous clients: carries out steps by blocking. `requests` is imported with the first one."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from horde_sdk.exceptions import HordeConnectionError, HordeTimeoutError
from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.connection_failures import connection_error
from horde_sdk.generic_api.steps import Answer, Exchange, Pause, Step, Steps, Streamed, Tell

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0

ANSWER_AFTER_INTERRUPT_S = 5.0
"""How long an interrupted program waits for the answer to a POST that is already under way."""


class _OfThread(threading.local):
    """What each thread decides for itself."""

    deadline: float | None = None


class SyncTransport:
    """A pool of connections and a way to wait. Threads may share one."""

    def __init__(self, *, timeout_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Prepare; connections are opened when needed.

        Args:
            timeout_s: Seconds that a silent server is waited for.
            sleep: How to wait.
        """
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._session: requests.Session | None = None
        self._outside: requests.Session | None = None
        self._opening = threading.Lock()
        self._of_thread = _OfThread()
        self.has_answered = False
        """Whether any request was answered so far."""

    @property
    def timeout_s(self) -> float:
        """Seconds that a silent server is waited for."""
        return self._timeout_s

    @property
    def session(self) -> requests.Session:
        """The pool of connections."""
        if self._session is None:
            import requests

            with self._opening:
                self._session = self._session or requests.Session()
        return self._session

    @property
    def outside(self) -> requests.Session:
        """The pool of connections to where the horde points. Raises `ValueError` for a wrong HORDE_PRIVATE_NETWORKS."""
        if self._outside is None:
            from horde_sdk.guarded_requests import guarded_session
            from horde_sdk.reach import outside_as_configured

            with self._opening:
                self._outside = self._outside or guarded_session(outside_as_configured())
        return self._outside

    def close(self) -> None:
        """Close idle connections; the next request opens new ones."""
        for session in (self._session, self._outside):
            if session is not None:
                session.close()
        self._session = self._outside = None

    def deadline_in(self, seconds: float | None) -> None:
        """Let no request or pause of this thread that starts from now last beyond a moment; `None` lifts that."""
        self._of_thread.deadline = None if seconds is None else time.monotonic() + seconds

    def carry_out(self, steps: Steps[T]) -> T:
        """Run a procedure to its end and return its result."""
        outcome: object = None
        failure: Exception | None = None
        try:
            while True:
                step = steps.throw(failure) if failure else steps.send(outcome)
                outcome, failure = None, None
                try:
                    if isinstance(step, Exchange) and step.method == "POST" and _may_be_interrupted():
                        outcome = self._send_to_the_end(step, steps)
                    else:
                        outcome = self._do(step)
                except Exception as error:  # noqa: BLE001 it is thrown into the procedure
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()

    def _send_to_the_end(self, exchange: Exchange, steps: Steps[T]) -> Answer:
        """Send a POST; when Ctrl-C is pressed meanwhile, the procedure still learns of the answer.

        Otherwise nobody would know the id of a request that the server just accepted, and it could not be cancelled.
        """
        deadline = self._of_thread.deadline
        outcomes: list[Answer | Exception] = []
        is_over = threading.Event()

        def send() -> None:
            self._of_thread.deadline = deadline
            try:
                outcomes.append(self._send(exchange))
            except Exception as error:  # noqa: BLE001 the calling thread raises it
                outcomes.append(error)
            finally:
                is_over.set()

        threading.Thread(target=send, name="horde_sdk POST", daemon=True).start()
        try:
            is_over.wait()
        except KeyboardInterrupt:
            is_over.wait(ANSWER_AFTER_INTERRUPT_S)
            if outcomes and isinstance(outcomes[0], Answer):
                with suppress(StopIteration, Exception):
                    steps.send(outcomes[0])
            raise
        (outcome,) = outcomes
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _do(self, step: Step) -> object:
        match step:
            case Exchange():
                return self._send(step)
            case Pause():
                return self._sleep(min(step.seconds, max(0.0, self._left_s())))
            case Tell():
                return step.callback(step.news)

    def _left_s(self) -> float:
        deadline = self._of_thread.deadline
        return math.inf if deadline is None else deadline - time.monotonic()

    def _send(self, exchange: Exchange) -> Answer:
        import requests

        left_s = self._left_s()
        if left_s <= 0:
            raise HordeTimeoutError("there was no time left to ask the horde")
        collected = bounds.Collected(
            bounds.LARGEST_ANSWER_BYTES,
            min(left_s, max(bounds.LONGEST_ANSWER_S, self._timeout_s)),
        )
        try:
            with self.session.request(
                exchange.method,
                exchange.url,
                headers=dict(exchange.headers),
                params=dict(exchange.query),
                data=exchange.body,
                allow_redirects=False,
                timeout=(min(CONNECT_TIMEOUT_S, left_s), min(self._timeout_s, left_s)),
                stream=True,
            ) as answer:
                body = collected.read(bounds.pieces_of(answer))
        except bounds.AnswerOutOfBoundsError as error:
            raise HordeConnectionError(f"{exchange.shown_url}: {error}") from None
        except requests.Timeout as error:
            raise HordeTimeoutError(
                f"{exchange.shown_url} did not answer in time ({type(error).__name__})"
            ) from exchange.cause(error)
        except requests.RequestException as error:
            raise connection_error(exchange, error) from exchange.cause(error)
        self.has_answered = True
        return Answer(status=answer.status_code, headers=dict(answer.headers), body=body)

    @contextmanager
    def stream(self, exchange: Exchange) -> Iterator[Streamed[Iterator[bytes]]]:
        """Send a request and read its answer as it comes; leaving the block closes the connection.

        Raises:
            HordeConnectionError: The horde could not be reached, or the connection broke.
        """
        import requests

        try:
            with self.session.request(
                exchange.method,
                exchange.url,
                headers=dict(exchange.headers),
                params=dict(exchange.query),
                data=exchange.body,
                allow_redirects=False,
                timeout=(CONNECT_TIMEOUT_S, self._timeout_s),
                stream=True,
            ) as answer:
                self.has_answered = True
                yield Streamed(answer.status_code, dict(answer.headers), bounds.pieces_of(answer))
        except bounds.AnswerOutOfBoundsError as error:
            raise HordeConnectionError(f"{exchange.shown_url}: {error}") from None
        except requests.Timeout as error:
            raise HordeTimeoutError(f"{exchange.shown_url} did not answer in time") from exchange.cause(error)
        except requests.RequestException as error:
            raise connection_error(exchange, error) from exchange.cause(error)


def _may_be_interrupted() -> bool:
    """Tell whether Ctrl-C would hit this thread."""
    return threading.current_thread() is threading.main_thread()
