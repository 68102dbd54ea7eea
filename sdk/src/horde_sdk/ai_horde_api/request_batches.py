"""Batches: several requests, a few of them open at a time, for more results than one request may ask for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from horde_sdk.ai_horde_api.exceptions import (
    AIHordeTooManyRequestsError,
    HordeException,
)
from horde_sdk.ai_horde_api.request_runs import LookT, RequestRun, StatusT
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.steps import Pause, Steps

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.generate.async_ import ImageGenerateAsyncRequest
    from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import TextGenerateAsyncRequest

MOST_RESULTS_OF_A_REQUEST = 20
REQUESTS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[StatusT]):
    """What became of a batch.

    Attributes:
        statuses: Of the requests that brought something, in the order in which they were sent.
        failures: Why the others did not; each error's `request_id` says which it was. One without an id was refused,
            and nothing was sent after it.
    """

    statuses: list[StatusT]
    failures: list[HordeException]


def sizes_of(n: int, largest: int) -> list[int]:
    """Split a number of results over requests, as evenly as can be.

    Raises:
        ValueError: One of the numbers is less than 1, or `largest` more than a request may ask for.
    """
    if n < 1:
        raise ValueError("a batch needs at least one result")
    if not 1 <= largest <= MOST_RESULTS_OF_A_REQUEST:
        raise ValueError(f"a request may ask for 1 to {MOST_RESULTS_OF_A_REQUEST} results")
    requests = -(-n // largest)
    return [n // requests + (number < n % requests) for number in range(requests)]


def split_images(request: ImageGenerateAsyncRequest, n: int, largest: int) -> Iterator[ImageGenerateAsyncRequest]:
    """Yield requests for `n` images in all, each with seeds of its own where a seed was given.

    Raises:
        ValueError: See `sizes_of`.
    """
    from horde_sdk.ai_horde_api.apimodels.generate.async_ import ImageGenerationInputPayload

    params = request.params or ImageGenerationInputPayload()
    begun = 0
    for size in sizes_of(n, largest):
        changes: dict[str, object] = {"n": size}
        if params.seed:
            changes["seed"] = _seed_after(params.seed, begun * (params.seed_variation or 1))
        yield request.model_copy(update={"params": params.model_copy(update=changes)})
        begun += size


def split_texts(request: TextGenerateAsyncRequest, n: int, largest: int) -> Iterator[TextGenerateAsyncRequest]:
    """Yield requests for `n` texts in all.

    Raises:
        ValueError: See `sizes_of`.
    """
    from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import ModelGenerationInputKobold

    params = request.params or ModelGenerationInputKobold()
    for size in sizes_of(n, largest):
        yield request.model_copy(update={"params": params.model_copy(update={"n": size})})


def _seed_after(seed: str, distance: int) -> str:
    """Return the seed so far behind another; text stays text, as only the horde knows its number."""
    if distance == 0:
        return seed
    return str((int(seed) + distance) % 2**32) if seed.isdecimal() else f"{seed} {distance}"


@dataclass(slots=True)
class RequestBatch(Generic[LookT, StatusT]):
    """Several requests under way.

    Attributes:
        runs: One per request, in the order in which they are sent.
        at_once: How many may be open on the horde together.
    """

    runs: Sequence[RequestRun[LookT, StatusT]]
    at_once: int
    _statuses: dict[int, StatusT] = field(default_factory=dict, init=False)
    _failures: list[HordeException] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.at_once < 1:
            raise ValueError("at least one request must be open at once")

    def steps(self, ask: Ask) -> Steps[BatchResult[StatusT]]:
        """See all of them through.

        Raises:
            AIHordeRequestError: The horde refused a request before any was finished, or none brought anything.
            HordeConnectionError: The horde could not be reached, and no request brought anything.
        """
        unsent = deque(enumerate(self.runs))
        open_runs: dict[int, RequestRun[LookT, StatusT]] = {}
        while unsent or open_runs:
            while unsent and len(open_runs) < self.at_once:
                number, run = unsent[0]
                try:
                    yield from run.begin(ask)
                except HordeException as error:
                    if open_runs and isinstance(error, AIHordeTooManyRequestsError):
                        break
                    if not self._statuses:
                        raise
                    # What is finished is paid for, and kept; the others would fare no better.
                    self._failures.append(error)
                    unsent.clear()
                    break
                unsent.popleft()
                open_runs[number] = run
            for number, run in list(open_runs.items()):
                if (yield from self._is_settled(ask, number, run)):
                    del open_runs[number]
            if open_runs:
                yield Pause(min(run.pause_s for run in open_runs.values()))
        if self._failures and not self._statuses:
            raise self._failures[0]
        return BatchResult([self._statuses[number] for number in sorted(self._statuses)], self._failures)

    def _is_settled(self, ask: Ask, number: int, run: RequestRun[LookT, StatusT]) -> Steps[bool]:
        """Look at a request; keep its results, or the reason why there are none."""
        try:
            yield from run.look_now(ask)
            if not run.is_finished:
                yield from run.give_up_when_late(ask)
                return False
            self._statuses[number] = yield from run.finish(ask)
        except HordeException as error:
            self._failures.append(error)
        return True
