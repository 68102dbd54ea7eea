"""The run of a request of any kind, as steps for both kinds of client: submit, poll, fetch, cancel."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

from horde_sdk.ai_horde_api.consts import GENERATION_MAX_LIFE, RC, WarningCode
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeGenerationTimedOutError,
    AIHordeImpossibleError,
    AIHordeServerException,
    HordeException,
    request_error,
)
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.argument_checks import require_callable, require_seconds
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Pause, Steps, Tell
from horde_sdk.generic_api.visible_warnings import warn_visibly
from horde_sdk.generic_api.wire import ResponseT
from horde_sdk.horde_logging import logger

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.base import SingleWarningEntry
    from horde_sdk.ai_horde_api.exceptions import StatusResponse

REASONABLE_MINIMUM_TIMEOUT_S = 20

PAUSE_AFTER_LONG_POLL_S = 0.25
"""A server that answers with the news needs no pause; one that only says so is not to be flooded."""


FIRST_PAUSES_S = (0.5, 1.0, 2.0)
"""Between the first looks, where the client's interval is longer: much is done in a second or two."""

LONGEST_REASON_CHARACTERS = 1000


class Look(Protocol):
    """A poll's answer."""

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""

    @property
    def faulted(self) -> bool:
        """Whether the horde gave up."""

    def is_job_possible(self) -> bool:
        """Tell whether a worker that could do it was seen lately."""


LookT = TypeVar("LookT", bound=Look)
StatusT = TypeVar("StatusT", bound="StatusResponse")


def expect(
    ask: Ask, request: HordeRequest, expected: type[ResponseT], long_poll: LongPoll | None = None
) -> Steps[ResponseT]:
    """Send a request; an error answer is raised.

    Raises:
        AIHordeRequestError: The server answered with an error.
    """
    response = yield from ask(request, expected, long_poll)
    if isinstance(response, RequestErrorResponse):
        raise request_error(response)
    return response


def valid_timeout_s(timeout: float, *, log_message: bool = False) -> float:
    """Return the seconds to wait at most: none or too many become the longest life of a request.

    Raises:
        TypeError: It is no number.
    """
    require_seconds(timeout, "timeout")
    if timeout <= 0:
        return GENERATION_MAX_LIFE
    if timeout > GENERATION_MAX_LIFE:
        if log_message:
            logger.warning("a timeout of %s s is cut to %s s, a request's longest life", timeout, GENERATION_MAX_LIFE)
        return GENERATION_MAX_LIFE
    if timeout < REASONABLE_MINIMUM_TIMEOUT_S and log_message:
        logger.warning("a timeout of %s s is rarely enough", timeout)
    return timeout


def require_one_argument(callback: Callable[..., object] | None) -> None:
    """Refuse a callback that could not be told anything.

    Raises:
        TypeError: It cannot be called at all.
        ValueError: It takes no positional argument.
    """
    if callback is None:
        return
    require_callable(callback, "check_callback")
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        return
    takes_one = {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
    if not any(parameter.kind in takes_one for parameter in parameters):
        raise ValueError("Callback must take at least one argument")


class Accepted(Protocol):
    """The server's first answer to a request that it took."""

    @property
    def id_(self) -> GenerationID:
        """The request's id."""

    @property
    def message(self) -> str:
        """What the server has to say about it."""

    @property
    def warnings(self) -> Sequence[SingleWarningEntry] | None:
        """What the server thinks odd about it."""


@dataclass(slots=True)
class RunOptions:
    """The patience of a client with a request.

    Attributes:
        timeout_s: Waiting longer than this ends in an error.
        poll_interval_s: Between two looks.
        clock: Seconds since whenever.
        callback: Told every look; the asynchronous client awaits what it returns, if that can be awaited.
        delay_s: Wait before the request is sent.
        long_poll_s: How long a look may be held back by a server that waits for news; 0: do not ask for it.
        fail_fast: Whether a request that nobody can do is given up at once.
    """

    timeout_s: float
    poll_interval_s: float
    clock: Callable[[], float]
    callback: Callable[[Any], object] | None = None
    delay_s: float = 0.0
    long_poll_s: float = 0.0
    fail_fast: bool = False


@dataclass(slots=True)
class RequestRun(ABC, Generic[LookT, StatusT]):
    """One request under way.

    Attributes:
        wanted: How many results were asked for.
        options: How to wait.
        accepted: The server's first answer, as soon as it is known: what must be cleaned up if the run is cut short.
        last_look: What the server said last about the request.
    """

    events_path: ClassVar[str]
    """Where a horde that can tells what happens to such a request."""
    _late_error: ClassVar[type[AIHordeGenerationTimedOutError]]

    wanted: int
    options: RunOptions
    accepted: Accepted | None = field(default=None, init=False)
    last_look: LookT | None = field(default=None, init=False)
    _deadline: float = field(default=0.0, init=False)
    _looks: int = field(default=0, init=False)
    _doubts: list[str] = field(default_factory=list, init=False)
    _is_doubted: bool = field(default=False, init=False)
    _long_poll: LongPoll = field(default_factory=LongPoll, init=False)

    @abstractmethod
    def submit(self, ask: Ask) -> Steps[Accepted]:
        """Send the request."""

    @abstractmethod
    def look(self, ask: Ask, job_id: GenerationID, long_poll: LongPoll | None) -> Steps[LookT]:
        """Ask how far it is."""

    @abstractmethod
    def fetch(self, ask: Ask, last_look: LookT, job_id: GenerationID) -> Steps[StatusT]:
        """Return the results of a request that is over."""

    @abstractmethod
    def cancel(self, ask: Ask, job_id: GenerationID) -> Steps[StatusT | RequestErrorResponse]:
        """Cancel the request; the answer holds what was finished."""

    @abstractmethod
    def finished(self, status: StatusT) -> int:
        """Return how many results there are."""

    @abstractmethod
    def result(self, told: object) -> Any:
        """Return one result, as an event tells it."""

    @abstractmethod
    def results(self, status: StatusT) -> Sequence[Any]:
        """Return the results of a status."""

    def is_over(self, look: LookT) -> bool:
        """Tell whether nothing more will come."""
        return look.done or look.faulted

    @property
    def id_(self) -> GenerationID:
        """The request's id.

        Raises:
            RuntimeError: The server has not accepted it yet.
        """
        if self.accepted is None:
            raise RuntimeError("the request was not sent yet")
        return self.accepted.id_

    @property
    def pause_s(self) -> float:
        """How long to wait before the next look."""
        first = self._looks - 1
        interval_s = self.options.poll_interval_s
        return min(FIRST_PAUSES_S[first], interval_s) if 0 <= first < len(FIRST_PAUSES_S) else interval_s

    @property
    def is_finished(self) -> bool:
        """Whether the last look said that nothing more will come."""
        return self.last_look is not None and self.is_over(self.last_look)

    def steps(self, ask: Ask) -> Steps[tuple[StatusT, GenerationID]]:
        """Submit, poll until done, fetch.

        Raises:
            AIHordeRequestError: The server refused the request or a poll, or gave up on it.
            AIHordeGenerationTimedOutError: It took too long; it was cancelled, and what was finished is attached.
            AIHordeImpossibleError: Nobody can do it, and `fail_fast` was said; it was cancelled.
        """
        yield from self.begin(ask)
        while not self.is_finished:
            yield from self.next_look(ask)
        return (yield from self.finish(ask)), self.id_

    def begin(self, ask: Ask) -> Steps[None]:
        """Send the request.

        Raises:
            AIHordeRequestError: The server refused it.
            AIHordeImpossibleError: The server says that nobody can do it, and `fail_fast` was said.
        """
        if self.options.delay_s > 0:
            yield Pause(self.options.delay_s)
        self.accepted = yield from self.submit(ask)
        self._deadline = self.options.clock() + self.options.timeout_s
        warnings = list(self.accepted.warnings or ())
        for said in (self.accepted.message, *(one.message for one in warnings)):
            doubt = said.removeprefix("Warning: ")
            if doubt and not any(doubt in known for known in self._doubts):
                self._doubts.append(doubt)
        self._is_doubted = any(one.code == WarningCode.NoAvailableWorker for one in warnings)
        if self._doubts:
            warn_visibly(f"Request {self.id_}: {self._reasons()}")
        if self._is_doubted:
            yield from self._give_up_if_told_to(ask)

    def next_look(self, ask: Ask) -> Steps[LookT]:
        """Wait until it is time for the next look, and look.

        Raises:
            AIHordeRequestError: The server refused the poll.
            AIHordeGenerationTimedOutError: See `steps`.
        """
        if self.last_look is not None:
            yield from self.give_up_when_late(ask)
            pause_s = PAUSE_AFTER_LONG_POLL_S if self._long_poll.is_granted else self.pause_s
            yield Pause(min(pause_s, self._left_s()))
        self._long_poll.wait_s = min(self.options.long_poll_s, self._left_s())
        return (yield from self.look_now(ask, self._long_poll))

    def look_now(self, ask: Ask, long_poll: LongPoll | None = None) -> Steps[LookT]:
        """Look without a pause.

        Raises:
            AIHordeRequestError: The server refused the poll.
            AIHordeImpossibleError: Nobody can do it any more, and `fail_fast` was said.
        """
        with self._named():
            look = yield from self.look(ask, self.id_, long_poll)
        self.last_look = look
        self._looks += 1
        if not look.is_job_possible() and not self.is_over(look):
            if not self._is_doubted:
                self._doubts.append("No worker that could do it was seen lately.")
                self._is_doubted = True
                warn_visibly(f"Request {self.id_}: {self._doubts[-1]}")
            yield from self._give_up_if_told_to(ask)
        if self.options.callback is not None:
            yield Tell(self.options.callback, look)
        return look

    def finish(self, ask: Ask) -> Steps[StatusT]:
        """Return the results of a request that is over.

        Raises:
            AIHordeServerException: There are none: the horde gave up on it.
        """
        if self.last_look is None:
            raise RuntimeError("nobody has looked at the request yet")
        with self._named():
            status = yield from self.fetch(ask, self.last_look, self.id_)
            if status.faulted and not self.finished(status):
                message = f"The horde gave up on request {self.id_}: every attempt failed."
                raise AIHordeServerException(error_response=RequestErrorResponse(message=message))
        return status

    def give_up_when_late(self, ask: Ask) -> Steps[None]:
        """Cancel a request that is not over in time.

        Raises:
            AIHordeGenerationTimedOutError: It was late.
        """
        if self._left_s() <= 0:
            with self._named():
                yield from self._give_up(ask)

    def _left_s(self) -> float:
        return self._deadline - self.options.clock()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Let an error say which request it is about."""
        try:
            yield
        except HordeException as error:
            error.request_id = error.request_id or str(self.id_)
            raise

    def _give_up(self, ask: Ask) -> Steps[NoReturn]:
        partial, end = yield from self._ended(ask)
        sentence = f"Request {self.id_} was not complete after {self.options.timeout_s:g} s and {end}."
        reasons = f" The horde had warned: {self._reasons()}" if self._doubts else ""
        raise self._late_error(RequestErrorResponse(message=f"{sentence}{reasons}"), partial=partial)

    def _give_up_if_told_to(self, ask: Ask) -> Steps[None]:
        """Cancel a request that nobody can do, where `fail_fast` was said.

        Raises:
            AIHordeImpossibleError: It was.
        """
        if not self.options.fail_fast:
            return
        with self._named():
            _, end = yield from self._ended(ask)
            sentence = f"Nobody can do request {self.id_}, which {end}. The horde says: {self._reasons()}"
            raise AIHordeImpossibleError(RequestErrorResponse(message=sentence, rc=RC.NoValidWorkers))

    def _ended(self, ask: Ask) -> Steps[tuple[StatusT | None, str]]:
        """Cancel the request; return what was finished, and how its cancellation went."""
        try:
            cancelled = yield from self.cancel(ask, self.id_)
        except HordeException as error:
            logger.warning("request %s could not be cancelled: %s", self.id_, error)
            return None, "could not be cancelled"
        if isinstance(cancelled, RequestErrorResponse):
            return None, "could not be cancelled"
        return cancelled, f"was cancelled; {self.finished(cancelled)} of {self.wanted} results were finished"

    def _reasons(self) -> str:
        return " ".join(self._doubts)[:LONGEST_REASON_CHARACTERS]
