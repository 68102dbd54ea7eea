"""How many jobs each account has open: what limits how many more it may ask for."""

from __future__ import annotations


class AccountCounts:
    """Counts of one kind's mirrored requests."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[frozenset[str], int]] = {}  # by the models that requests name
        self._processing: dict[int, int] = {}

    def count(self, account_id: int, models: frozenset[str], waiting: int, processing: int) -> None:
        """So many jobs more, or less, wait and are processed of a request that names these models."""
        if waiting:
            counts = self._waiting.get(account_id)
            if counts is None:
                counts = self._waiting[account_id] = {}
            if total := counts.get(models, 0) + waiting:
                counts[models] = total
            else:
                del counts[models]
                if not counts:
                    del self._waiting[account_id]
        if processing:
            if total := self._processing.get(account_id, 0) + processing:
                self._processing[account_id] = total
            else:
                del self._processing[account_id]

    def waiting(self, account_id: int, models: frozenset[str] = frozenset()) -> int:
        """Jobs of an account that still wait; with `models`, only of requests that name one of them.

        O(distinct model lists of the account).
        """
        counts = self._waiting.get(account_id)
        if not counts:
            return 0
        return sum(waiting for named, waiting in counts.items() if not models or models & named)

    def open(self, account_id: int) -> int:
        """Jobs of an account that wait or are processed."""
        return self.waiting(account_id) + self._processing.get(account_id, 0)
