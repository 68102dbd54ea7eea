"""The horde's samplers in the library's loop: a processor of logits that draws the next token itself.

It leaves the drawn token as the only possible one, so that the library's greedy search takes it. Each text of a batch
has dice of its own, which makes it the same as alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.stations import GenerationStopped
from horde_worker.text_sampling import TextSampling, next_token_shares


class DrawingProcessor:
    """A `LogitsProcessor` by its form. `ends` are the tokens that end a text."""

    def __init__(
        self,
        sampling: TextSampling,
        seeds: Sequence[int],
        ends: Sequence[int],
        *,
        prompt_length: int,
        may_end: bool,
        should_stop: Callable[[], bool],
    ) -> None:
        self._sampling = sampling
        self._dice = [np.random.Generator(np.random.PCG64(seed % 2**64)) for seed in seeds]
        self._ends = tuple(ends)
        self._prompt_length = prompt_length
        self._may_end = may_end
        self._should_stop = should_stop

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores of minus infinity but for one token in each row. Raises `GenerationStopped` and `BackendFailure`."""
        import torch

        if self._should_stop():
            raise GenerationStopped(f"stopped after {input_ids.shape[1] - self._prompt_length} tokens")
        # A text has one token at least: whoever waits for one is not helped by none.
        is_end_banned = not self._may_end or input_ids.shape[1] == self._prompt_length
        rows = scores.detach().to("cpu", torch.float32).numpy()
        drawn = [
            self._draw(dice, row, read, self._ends if is_end_banned else ())
            for dice, row, read in zip(self._dice, rows, input_ids.tolist(), strict=True)
        ]
        only = torch.full_like(scores, -torch.inf)
        only[torch.arange(len(drawn)), drawn] = 0
        return only

    def _draw(self, dice: np.random.Generator, row: Any, read: list[int], banned: Sequence[int]) -> int:
        if np.isnan(row).any() or not np.isfinite(row.max()):
            raise BackendFailure("the model's scores are no numbers: its weights overflow in this dtype")
        shares = next_token_shares(row, read, self._sampling, banned=banned)
        return int(dice.choice(len(shares), p=shares))
