"""Which text requests need kudos in hand, and what is made of one without (requests.md §8.7)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from horde_server.requests.text.order import TextOrder
from horde_server.requests.upfront import Upfront

LEAST_TOKENS = 256
MOST_TOKENS = 512


class TextUpfront(StrEnum):
    """Why a text request needs kudos in hand."""

    FAST_WORKERS = "fast_workers"  # slow workers are refused
    LENGTH = "length"  # longer than the horde gives away right now
    WORKER_LIST = "worker_list"  # workers are named, and this horde charges for that

    @property
    def can_be_downgraded(self) -> bool:
        """Whether a smaller request would not need kudos."""
        return self is not TextUpfront.WORKER_LIST


def free_tokens(*, text_threads: int, queued_jobs: int) -> int:
    """The most tokens that are free of upfront kudos right now."""
    return min(max(512 + 5 * text_threads - round(0.9 * queued_jobs), LEAST_TOKENS), MOST_TOKENS)


def text_upfront(
    *, max_length: int, slow_workers: bool, names_workers: bool, most_tokens: int, on_worker_list: bool
) -> TextUpfront | None:
    """Why the request needs kudos in hand; None: it is taken whatever the balance. `most_tokens` is `free_tokens`'."""
    if not slow_workers:
        return TextUpfront.FAST_WORKERS
    if max_length > most_tokens:
        return TextUpfront.LENGTH
    if on_worker_list and names_workers:
        return TextUpfront.WORKER_LIST
    return None


def free_changes(*, max_length: int, slow_workers: bool, most_tokens: int, on_worker_list: bool) -> list[str]:
    """What to change of a request that needs kudos in hand, all of it together, so that it needs none.

    `on_worker_list`: whether workers are named, and this horde charges for that.
    """
    changes = {
        "set slow_workers to true": not slow_workers,
        f"set max_length to {most_tokens} or less": max_length > most_tokens,
        "name no workers": on_worker_list,
    }
    return [change for change, helps in changes.items() if helps]


def downgraded_length(max_length: int, most_tokens: int) -> int:
    """The length a payer gets who allowed a smaller request; slow workers then serve it too."""
    return min(max_length, most_tokens)


def upfront(
    order: TextOrder, *, text_threads: int, queued_jobs: int, on_worker_list: bool
) -> Upfront[TextOrder] | None:
    """Why the order needs kudos in hand, with what would do without; None: it is taken whatever the balance.

    `on_worker_list`: whether this horde charges for naming workers.
    """
    most_tokens = free_tokens(text_threads=text_threads, queued_jobs=queued_jobs)
    max_length, slow_workers, names_workers = order.max_length, order.slow_workers, bool(order.workers)
    reason = text_upfront(
        max_length=max_length,
        slow_workers=slow_workers,
        names_workers=names_workers,
        most_tokens=most_tokens,
        on_worker_list=on_worker_list,
    )
    if reason is None:
        return None
    return Upfront(
        reason=reason,
        smaller=(lambda: _smaller(order, most_tokens)) if reason.can_be_downgraded else None,
        changes=lambda: free_changes(
            max_length=max_length,
            slow_workers=slow_workers,
            most_tokens=most_tokens,
            on_worker_list=on_worker_list and names_workers,
        ),
        limits={"max_tokens": most_tokens},
    )


def _smaller(order: TextOrder, most_tokens: int) -> TextOrder:
    return msgspec.structs.replace(
        order, slow_workers=True, max_length=downgraded_length(order.max_length, most_tokens)
    )
