"""The seam between the loop and the kinds of work: what a kind pops, makes and submits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol, TypeVar

from horde_worker.backends.interface import BackendFailure


class HandOut(Protocol):
    """What the loop must know of a job of any kind: one id per result, seconds to live from the pop."""

    @property
    def ids(self) -> tuple[str, ...]: ...

    @property
    def model(self) -> str: ...

    @property
    def ttl_s(self) -> float: ...


JobT = TypeVar("JobT", bound=HandOut)
MadeT = TypeVar("MadeT")


class Kind(Protocol[JobT, MadeT]):
    """One kind of work for one horde with one backend. Calls to the horde raise `Refused` or `Unreachable`."""

    @property
    def backend_name(self) -> str:
        """What the operator calls the backend."""

    async def start(self) -> None:
        """Get the backend ready. Raises `BackendFailure`."""

    def offer(self) -> dict[str, Any]:
        """The body of the next pop."""

    async def pop(self, offer: dict[str, Any]) -> dict[str, Any]:
        """Ask the horde for jobs."""

    def read(self, answer: dict[str, Any], offer: dict[str, Any]) -> JobT | None:
        """The job in the answer to this offer, if there is one. Raises `UnusableJob`."""

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        """The models that requests wait for, the most wanted first, each with its jobs."""

    async def prepare(self, job: JobT) -> JobT:
        """Fetch what the job needs besides the pop's answer. Never fails for what is missing there.

        Ids that nothing can be made for without it are given back at once, and are not in the job that is returned.
        """

    def make(self, job: JobT) -> AsyncGenerator[MadeT | BackendFailure, None]:
        """One thing per id in their order, each as soon as it can be delivered, or why this one could not be made.

        Raises `BackendFailure` when no more can, and whatever else the backend raises.
        """

    async def deliver(self, job: JobT, place: int, made: MadeT) -> float:
        """Hand over the thing for the id at this place; the reward in kudos."""

    async def give_back(self, job_id: str, reason: str) -> None:
        """Tell the horde that this job failed, so that another worker can have it at once."""

    def describe(self, job: JobT) -> dict[str, Any]:
        """Fields for the log: sizes, no prompts."""
