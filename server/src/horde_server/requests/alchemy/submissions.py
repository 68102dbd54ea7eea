"""Alchemists bring forms back (alchemy.md §7); a cancelled form is settled without (§5.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from horde_server.database.pool import Pool
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.ids import JobId
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.submission import Credit, DuplicateGen, InvalidJobID, Kept, Results, Submissions
from horde_server.moderation.suspects import Suspects
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.results import CANCELLED_RESULT
from horde_server.workers.directory import WorkerDirectory


@dataclass(frozen=True, slots=True)
class FormSubmit:
    """A submit of a form as a `Submit`: `generation` is the result as JSON; any state but `faulted` is success."""

    id: str
    generation: str
    state: str
    seed: int = 0
    gen_metadata: Sequence[Metadata] = ()


class FormSubmissions(Submissions[FormOrder]):
    """Takes the results of forms."""

    def __init__(
        self,
        pool: Pool,
        dispatcher: Dispatcher[FormOrder],
        workers: WorkerDirectory,
        results: Results,
        suspects: Suspects,
        clock: Callable[[], float],
        *,
        lifetime_s: int,
    ) -> None:
        super().__init__(pool, dispatcher, workers.changed, results, suspects, clock, lifetime_s=lifetime_s)
        self._workers = workers

    def _late(self, job: HeldJob[FormOrder], *, is_fault: bool) -> Credit:
        """A late fault changes nothing; a late result is refused, but not to a worker that is in maintenance."""
        worker = self._workers.known(job.worker_id)
        if is_fault or (worker is not None and worker.maintenance):
            return Credit(0)
        raise DuplicateGen(f"Processing Job with ID {job.id} was already submitted, or is not processed any more.")

    async def settle_cancelled(self, job_id: JobId, *, owner_trusted: bool) -> None:
        """Pay for a form that was cancelled while it was processed; once, whoever was first."""
        try:
            job = await self._find(str(job_id))
            await self._settle(job, 0, Kept(CANCELLED_RESULT), (), owner_trusted=owner_trusted, censored=False)
        except (InvalidJobID, DuplicateGen):  # delivered, aborted or expired at this very moment
            return
