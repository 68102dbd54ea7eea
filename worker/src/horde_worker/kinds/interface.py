"""The seam between the loop and the kinds of work: what a kind pops, makes and submits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar

from horde_worker.backends.events import BackendFailure, Watched
from horde_worker.hooks import AnyResult, Job
from horde_worker.kinds.hand_out import HandOut
from horde_worker.kinds.parcel import Parcel
from horde_worker.steady_clock import Deadline
from horde_worker.streams.job_stream import JobStream

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT", bound=AnyResult)

Watch: TypeAlias = Callable[[Watched], Awaitable[None]]
"""Told of progress, previews and pieces while a job is made."""


class Kind(Protocol[JobT, ResultT]):
    """One kind of work for one horde with one maker. Calls to the horde raise `Refused` or `Unreachable`."""

    may_stream: bool
    """Whether anything of a job may be told before its results are there; the loop says so."""

    @property
    def backend_name(self) -> str:
        """What the operator calls the backend."""

    @property
    def unready(self) -> str:
        """Why no job may be asked for now; empty when one may."""

    @property
    def slots(self) -> int:
        """How many jobs the maker works on at a time."""

    @property
    def is_used_by_others(self) -> bool:
        """Whether somebody else has the maker at work."""

    async def start(self) -> None:
        """See whether there is anything to offer. Raises `BackendFailure`."""

    async def pop(self) -> HandOut[JobT]:
        """Ask the horde for a job within what is offered. Raises `UnusableJob`, with the ids to be given back."""

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        """The models that requests wait for and nobody offers here, the most wanted first, each with its jobs."""

    async def prepare(self, job: JobT) -> JobT:
        """Fetch what the job needs besides the pop's answer. Never fails for what is missing there.

        Ids that nothing can be made for without it are given back at once, and are not in the job that is returned.
        """

    def make(self, job: JobT, watch: Watch) -> AsyncGenerator[ResultT | BackendFailure, None]:
        """One result per id in their order, each as soon as it is there, or why this one could not be made.

        Raises `BackendFailure` when no more can, and whatever else the backend raises.
        """

    def stream(self, job: JobT, deadline: Deadline) -> JobStream | None:
        """What tells the horde of a job that is about to be made; None where it wants to hear nothing of it."""

    async def pack(self, job: JobT, place: int, result: ResultT) -> Parcel:
        """The result for the id at this place as it is delivered. Raises whatever is wrong with it."""

    def pack_called_off(self, job: JobT, place: int, so_far: str) -> Parcel:
        """What is handed in for an id that nobody waits for any more; `so_far` is what there is of its text."""

    async def deliver(self, parcel: Parcel) -> float:
        """Hand over what was packed, by this process or one before; the reward in kudos. Raises `Undeliverable` too."""

    async def give_back(self, job_id: str, reason: str) -> None:
        """Tell the horde that this job failed, so that another worker can have it at once."""

    def effort(self, job: JobT) -> float:
        """How much work a job is, in any unit: jobs of one model take time in proportion to it."""

    def wants_all(self, job: JobT) -> bool:
        """Whether a job is so heavy that nothing else should run beside it."""

    def offer_less(self) -> str:
        """Offer smaller jobs from now on, as these came too late; what is offered now, or "" where nothing is left."""

    async def self_test(self) -> None:
        """Have the maker prove itself. Raises `BackendFailure`."""

    async def unload(self) -> None:
        """Have the maker let go of memory until the next job."""
