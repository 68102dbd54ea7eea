"""Which text requests need kudos in hand, and what is made of one without (requests.md §8.7)."""

from __future__ import annotations

from enum import StrEnum

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
