"""Concerns beside the work, each one class: logging, metrics, a safety check, streaming.

A hook overrides what it wants to hear of. The worker calls all hooks in their order and waits for each, for a limited
time; they must not block the event loop.

`before_job` and `on_result` decide: when one fails or takes too long, the job, or that result, is given back as
faulted, so that nothing goes out unchecked. The others only listen: when one fails, that is logged, the work goes on,
and the hook hears no more of this event until the next job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, TypeAlias, TypeVar

import structlog

from horde_worker.backends.alchemy import AlchemyResult
from horde_worker.backends.embedding import EmbeddingResult
from horde_worker.backends.events import BackendFailure, Delta, Piece, Preview, Progress, Watched
from horde_worker.backends.image import ImageResult
from horde_worker.backends.text import TextResult

log = structlog.get_logger(__name__)

DECISION_LIMIT_S: Final = 60.0
"""A safety model on a processor takes some seconds, and some more for its first picture."""
LISTENING_LIMIT_S: Final = 5.0

_T = TypeVar("_T")
AnyResult: TypeAlias = ImageResult | TextResult | AlchemyResult | EmbeddingResult


class Job(Protocol):
    """What is known of a job of any kind: one id per result, seconds to live from the pop."""

    @property
    def ids(self) -> tuple[str, ...]: ...

    @property
    def model(self) -> str: ...

    @property
    def ttl_s(self) -> float: ...

    def log_fields(self) -> Mapping[str, Any]:
        """What a log may tell of it: sizes, no prompts."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A result that the horde took."""

    place: int  # of the job's results, from 0
    seconds: float  # since the job was begun
    kudos: float


class Hook:
    """Hears of everything and does nothing."""

    only_looks: ClassVar[bool] = False
    """Says of a hook with `on_result` that it lets every result pass as it is. Else nothing of a job goes out before
    its results were seen: there are no pieces and previews."""

    async def before_job(self, job: Job) -> None:
        """A job is about to be made. Raise to have it given back."""

    async def on_progress(self, job: Job, progress: Progress | Preview) -> None:
        """A step is done, or there is a preview."""

    async def on_piece(self, job: Job, piece: Piece) -> None:
        """A text goes on. What a request wishes of the text's form is done to the whole only, when it is there."""

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        """A result is there, not packed yet. Return it, or another of its class; raise to have it given back."""
        return result

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        """The horde took a result."""

    async def on_fault(self, job: Job, ids: Sequence[str], error: Exception) -> None:
        """Results of a job could not be made; they are given back next."""

    async def on_lost(self, job: Job, place: int, reason: str) -> None:
        """A result was made, and the horde will not have it: it came too late, or the request is gone."""

    async def after_job(self, job: Job) -> None:
        """Nothing of a job is in the making any more, however it ended."""

    async def on_gate(self, reason: str) -> None:
        """No work is asked for from now on, for this reason; or it is again, where there is none."""


class Hooks:
    """The hooks of one worker, in their order, for one job at a time: several jobs have one of these each."""

    def __init__(
        self,
        hooks: Sequence[Hook],
        *,
        decision_limit_s: float = DECISION_LIMIT_S,
        listening_limit_s: float = LISTENING_LIMIT_S,
    ) -> None:
        self._hooks = tuple(hooks)
        self._decision_limit_s = decision_limit_s
        self._listening_limit_s = listening_limit_s
        self._deaf: set[tuple[str, Hook]] = set()

    async def before_job(self, job: Job) -> None:
        """Ask whether a job may be made. Raises `BackendFailure` when a hook is against it."""
        self._deaf.clear()
        for hook in self._that_have("before_job"):
            await self._decided(hook, "before_job", hook.before_job(job))

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        """What is to be delivered in this place. Raises `BackendFailure` when a hook is against it."""
        for hook in self._that_have("on_result"):
            found = await self._decided(hook, "on_result", hook.on_result(job, place, result))
            if type(found) is not type(result):
                raise BackendFailure(f"{_name(hook)} put a {type(found).__name__} for a {type(result).__name__}")
            result = found
        return result

    async def watch(self, job: Job, event: Watched) -> None:
        """Tell of what comes before a result."""
        if isinstance(event, Delta):
            return  # its text comes as a piece besides
        if isinstance(event, Piece):
            await self._tell("on_piece", lambda hook: hook.on_piece(job, event))
        else:
            await self._tell("on_progress", lambda hook: hook.on_progress(job, event))

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        """Tell of a result that the horde took."""
        await self._tell("on_delivered", lambda hook: hook.on_delivered(job, delivery))

    async def on_fault(self, job: Job, ids: Sequence[str], error: Exception) -> None:
        """Tell of results that could not be made."""
        await self._tell("on_fault", lambda hook: hook.on_fault(job, ids, error))

    async def on_lost(self, job: Job, place: int, reason: str) -> None:
        """Tell of a result that the horde will not have."""
        await self._tell("on_lost", lambda hook: hook.on_lost(job, place, reason))

    async def on_gate(self, reason: str) -> None:
        """Tell that no work is asked for, or that it is again."""
        await self._tell("on_gate", lambda hook: hook.on_gate(reason))

    async def after_job(self, job: Job) -> None:
        """Tell that a job is over."""
        await self._tell("after_job", lambda hook: hook.after_job(job))

    @property
    def decide_on_results(self) -> bool:
        """Whether a result may be changed or held back here, so that nothing of it may go out before."""
        return any(not hook.only_looks for hook in self._that_have("on_result"))

    def _that_have(self, event: str) -> Iterator[Hook]:
        """Those that want to hear of this event: there may be one for every token."""
        return (hook for hook in self._hooks if getattr(type(hook), event) is not getattr(Hook, event))

    async def _decided(self, hook: Hook, event: str, decision: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._decision_limit_s):
                return await decision
        except BackendFailure:
            raise
        except Exception as error:
            _log_failure(hook, event, error)
            raise BackendFailure(f"{_name(hook)} could not decide: {_reason(error)}") from error

    async def _tell(self, event: str, call: Callable[[Hook], Awaitable[None]]) -> None:
        for hook in self._that_have(event):
            if (event, hook) in self._deaf:
                continue
            try:
                async with asyncio.timeout(self._listening_limit_s):
                    await call(hook)
            except Exception as error:  # noqa: BLE001 - whatever a listener does wrong, the work goes on
                self._deaf.add((event, hook))
                _log_failure(hook, event, error)


def _log_failure(hook: Hook, event: str, error: Exception) -> None:
    """Without a traceback: some show the values of variables, and a job has a prompt."""
    log.error("worker.hook_failed", hook=_name(hook), at=event, reason=_reason(error), kind=type(error).__name__)


def _reason(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _name(hook: Hook) -> str:
    return type(hook).__name__
