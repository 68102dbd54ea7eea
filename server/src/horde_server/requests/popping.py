"""A worker's pop, whatever its kind: jobs for it now, or as soon as there are some."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from horde_server.dispatch.dispatcher import Dispatcher, HandOut
from horde_server.dispatch.kind import Order
from horde_server.requests.waiting import Patience, Pop, Waiting
from horde_server.workers.directory import OnlineWorker

OrderT = TypeVar("OrderT", bound=Order)


async def jobs_for(
    worker: OnlineWorker,
    dispatcher: Dispatcher[OrderT],
    amount: int,
    waiting: Waiting,
    patience: Patience,
    loaded: Collection[str] = (),
) -> HandOut[OrderT] | None:
    """The best jobs of one request for a worker, at most so many; None where there are none within its patience.

    `loaded`: models that it has in memory.
    """
    view = dispatcher.queue.view(worker.offer)
    threads = worker.abilities.threads
    reward_percent = dispatcher.kind.reward_percent(worker.abilities)
    warm = frozenset(loaded)

    async def take() -> HandOut[OrderT] | None:
        return await dispatcher.hand_out(view, amount, threads=threads, reward_percent=reward_percent, loaded=warm)

    if not patience:  # most, and often
        return await take()

    return await waiting.for_work(
        Pop(
            queue=dispatcher.queue,
            view=view,
            threads=threads,
            take=take,
            hand_back=dispatcher.hand_back,
            may_wait=lambda: not worker.maintenance and dispatcher.may_hold_more(worker.id, threads),
        ),
        patience,
    )
