"""Carries out a client's steps by blocking; `requests` is imported with the first request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from horde_sdk.exceptions import HordeConnectionError, HordeTimeoutError
from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.steps import Answer, Exchange, Pause, Step, Steps, Tell

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0


class SyncTransport:
    """A pool of connections and a way to wait."""

    def __init__(self, *, timeout_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Prepare; connections are opened when needed.

        Args:
            timeout_s: Seconds that a silent server is waited for.
            sleep: How to wait.
        """
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._session: requests.Session | None = None
        self._deadline: float | None = None

    @property
    def timeout_s(self) -> float:
        """Seconds that a silent server is waited for."""
        return self._timeout_s

    @property
    def session(self) -> requests.Session:
        """The pool of connections."""
        if self._session is None:
            import requests

            self._session = requests.Session()
        return self._session

    def close(self) -> None:
        """Close idle connections; the next request opens new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def deadline_in(self, seconds: float | None) -> None:
        """Let no request that starts from now last beyond a moment; `None` lifts that."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def carry_out(self, steps: Steps[T]) -> T:
        """Run a procedure to its end and return its result."""
        outcome: object = None
        failure: Exception | None = None
        try:
            while True:
                step = steps.throw(failure) if failure else steps.send(outcome)
                outcome, failure = None, None
                try:
                    outcome = self._do(step)
                except Exception as error:
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()

    def _do(self, step: Step) -> object:
        match step:
            case Exchange():
                return self._send(step)
            case Pause():
                return self._sleep(step.seconds)
            case Tell():
                return step.callback(step.news)

    def _send(self, exchange: Exchange) -> Answer:
        import requests

        left_s = math.inf if self._deadline is None else self._deadline - time.monotonic()
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
            raise HordeConnectionError(f"{exchange.url}: {error}") from None
        except requests.Timeout as error:
            raise HordeTimeoutError(f"{exchange.url} did not answer in time ({type(error).__name__})") from error
        except requests.RequestException as error:
            raise HordeConnectionError(f"{exchange.url} could not be reached ({type(error).__name__})") from error
        return Answer(status=answer.status_code, headers=dict(answer.headers), body=body)
