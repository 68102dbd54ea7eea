"""Texts of one job, written side by side: pieces are told as they come, and each text ends for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from horde_worker.backends.events import Piece, Progress
from horde_worker.backends.text import TextEvent, TextResult
from horde_worker.backends.transformers.decoding import GrowingText
from horde_worker.stop_sequences import end_of_stop


class Writing:
    """One text: its tokens so far, and whether it has ended."""

    def __init__(
        self, place: int, seed: int, text: GrowingText, stops: Sequence[str], tell: Callable[[TextEvent], None]
    ) -> None:
        self._place, self._seed = place, seed
        self._growing = text
        self._stops = stops
        self._tell = tell
        self._text = ""
        self._tokens = 0
        self.has_ended = False

    def add(self, token: int, *, is_end: bool, most: int) -> None:
        """The next token; a token of the end is counted, and not shown."""
        if self.has_ended:
            return
        self._tokens += 1
        self._show(self._growing.end() if is_end else self._growing.add(token))
        self.has_ended = self.has_ended or is_end
        self._tell(Progress(self._place, self._tokens, most))

    def result(self) -> TextResult:
        """The whole text, with whatever bytes still waited."""
        reason = "stop" if self.has_ended else "length"
        if not self.has_ended:
            self._show(self._growing.end())
        return TextResult(self._text, self._seed, self._tokens, finish_reason=reason)

    def _show(self, piece: str) -> None:
        """Up to and with the first stop sequence."""
        before = len(self._text)
        self._text += piece
        end = end_of_stop(self._text, len(piece), self._stops)
        if end is not None:
            self._text = self._text[:end]
            self.has_ended = True
        if len(self._text) > before:
            self._tell(Piece(self._place, self._text[before:]))


class EachEnds:
    """A `StoppingCriteria` by its form: it shows each writing its new token, and says which have ended."""

    def __init__(self, writings: Sequence[Writing], ends: Sequence[int], most: int) -> None:
        self._writings = writings
        self._ends = frozenset(ends)
        self._most = most

    def __call__(self, input_ids: Any, scores: Any, **_kwargs: object) -> Any:
        """A flag for each row."""
        import torch

        for writing, token in zip(self._writings, input_ids[:, -1].tolist(), strict=True):
            writing.add(token, is_end=token in self._ends, most=self._most)
        return torch.tensor([one.has_ended for one in self._writings], device=input_ids.device)
